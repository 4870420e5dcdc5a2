/** Says the same in another way, as systems do: a message that was right stays so. */
import type { Random } from '../../../domain/kit/random.ts';

type Change = (segments: string[], random: Random) => string[];

/** Changes one field of the first segment of a name, where the message has one. */
const inField =
  (name: string, field: number, change: (text: string, random: Random) => string): Change =>
  (segments, random) => {
    const at = segments.findIndex((segment) => segment.startsWith(`${name}|`));
    if (at < 0) return segments;
    const fields = (segments[at] ?? '').split('|');
    // In MSH the separator itself is field 1.
    const place = name === 'MSH' ? field - 1 : field;
    while (fields.length <= place) fields.push('');
    fields[place] = change(fields[place] ?? '', random);
    return segments.with(at, fields.join('|'));
  };

const texts = [
  '血压 \\T\\ 血糖均高',
  '一\\.br\\二\\.sp+2\\三',
  '\\H\\重点\\N\\：头晕',
  '\\X41\\型',
  '第一条~第二条',
  '𠮷野 · naïve',
  '1\\S\\2\\F\\3',
];

const before =
  (name: string, segment: string): Change =>
  (segments) => {
    const at = segments.findIndex((each) => each.startsWith(name));
    return at < 0 ? [...segments, segment] : segments.toSpliced(at, 0, segment);
  };

const changes: readonly Change[] = [
  inField('MSH', 12, (_, random) => random.pick(['2.3', '2.3.1', '2.4', '2.5', '2.6', '2.7', '2.8', '2.5.1^CHN'])),
  inField('MSH', 7, (_, random) => random.pick(['20261130', '202611300800', '20261130080000.1234+0800', ''])),
  inField('MSH', 15, (_, random) => random.pick(['', 'AL', 'NE', 'SU', 'ER'])),
  inField('MSH', 3, (_, random) => random.pick(['EMR', 'HIS^1.2.3^ISO', '医院信息系统'])),
  inField('MSH', 19, (_, random) => random.pick(['', 'en', 'zh-CN'])),
  inField('PID', 3, (text, random) => `${text}~${random.integer(1, 9_999)}^^^&1.2.156.1&ISO^MR`),
  inField('PID', 11, () => '青石路 1 号^^深圳^广东^518000^CHN'),
  inField('PID', 5, (text, random) => text || random.pick(['', '^^^^^^L'])),
  inField('ORC', 9, () => '20261130080000+0800'),
  inField('ORC', 12, (_, random) => random.pick(['D1^王^医生', '^李^^^^^^&1.2.3&ISO', ''])),
  inField('OBR', 31, (text, random) => (text === '' ? text : `${text}~I10^${random.pick(texts).replaceAll('~', '')}^ICD10`)),
  inField('TQ1', 9, (text, random) => (text === '' ? text : random.pick(['R', 'A', 'S', 'R^常规^HL70485']))),
  (segments, random) => [...segments, random.pick(['ZPD|1|金卡', 'ZZZ', 'ZIN|医保^310|x~y'])],
  before('OBX', 'NTE|1||既往史：高血压 10 年'),
  (segments, random) => before('OBX', `NTE|2|L|${random.pick(texts)}`)(segments, random),
  (segments) => [...segments, 'OBX|7|NM|8480-6^收缩压^LN||182|mm[Hg]|90-140|H|||F|||20261129'],
  (segments) => [...segments, 'OBX|8|SN|15074-8^血糖^LN||>^33.3|mmol/L|||||F'],
  (segments) => [...segments, 'DG1|1||I10^高血压^ICD10|||W', 'AL1|1|DA|^青霉素||皮疹~水肿'],
  before('ORC', 'PV1|1|O'),
  before('ORC', 'NK1|1|家属^^^^^^L|SPO'),
  (segments, random) => segments.map((segment, at) => (at === 0 ? segment : `${segment}${'|'.repeat(random.integer(0, 6))}`)),
];

const lineEnds = ['\r', '\r', '\r', '\r\n', '\n'];

/** None to three changes. */
export function varyMessage(message: string, random: Random): string {
  let segments = message.split('\r').filter(Boolean);
  for (let left = random.integer(0, 3); left > 0; left -= 1) segments = random.pick(changes)(segments, random);
  const end = random.pick(lineEnds);
  return segments.map((segment) => `${segment}${end}`).join('');
}
