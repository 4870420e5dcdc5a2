/** Whatever stands in a message is kept, refused with its place, or named in the answer: gone through position by position, by the functions alone. */
import { expect, test } from 'vitest';
import { Hl7Error, type Place } from '../../interop/hl7v2/kit/hl7-error.ts';
import { parseMessage } from '../../interop/hl7v2/kit/message.ts';
import { listUnread } from '../../interop/hl7v2/kit/unread.ts';
import { readReferral } from '../../interop/hl7v2/referral/read-referral.ts';

const CONSENT = 'OBX|1|CE|59284-0^Consent^LN||Y^Yes^HL70136||||||F|||20260301';
const msh = (type: string) => `MSH|^~\\&|HIS|inst-h1|CAREPATH|inst-h2|20260301080000||${type}|M1|P|2.5.1`;
const PID = 'PID|1||T1^^^CAREPATH^PI||王秀英||19510308|F';
const sch = `SCH|1|2|||||^停诊${'|'.repeat(19)}R1`;

/** Valid messages, each with segments that a sender may add to it. */
const messages: Record<string, string[]> = {
  request: [msh('OMG^O19'), PID, 'PV1|1|O', 'ORC|NW|R1', 'TQ1|1||||||||R', `OBR|1|R1||57133-1^^LN${'|'.repeat(27)}^高血压`, CONSENT],
  'request with findings': [
    msh('OMG^O19'),
    PID,
    'ORC|NW|R1',
    'OBR|1|R1||57133-1^^LN',
    'NTE|1||摘要',
    CONSENT,
    'OBX|2|NM|8867-4^心率^LN||72|/min||||F',
    'DG1|1||I10^高血压^ICD10',
    'AL1|1|DA|^青霉素',
    'IAM|1|DA|^花生',
    'ZPD|1|金卡',
    'NK1|1|王大强',
  ],
  outcome: [
    msh('OMG^O19'),
    PID,
    'ORC|RE|R1|||CM',
    'OBR|1',
    'OBX|1|TX|11488-4^^LN||血压平稳||||||F',
    'OBX|2|CWE|72166-2^吸烟^LN||1^从不^SCT||||||F',
    'NTE|1||复诊',
    'DG1|1||I10',
  ],
  decline: [msh('OSU^O51'), PID, `ORC|UA|R1|||CA${'|'.repeat(11)}^已满`, 'NTE|1||请致电'],
  acceptance: [msh('OSU^O51'), PID, 'ORC|OK|R1|||IP', 'NTE|1||带好病历'],
  cancellation: [msh('SIU^S15'), sch, PID, 'RGS|1|D'],
  appointment: [
    msh('SIU^S12'),
    sch,
    'TQ1|1||||||20270101090000|20270101093000',
    PID,
    'RGS|1|A',
    'AIS|1|A|CARD^门诊|20270101090000',
    'AIL|1|A|三楼',
    'NTE|1||空腹',
  ],
};

/** Numbers, times of the transaction, who has entered it, and what carries the meaning of the message itself. */
const technical: Record<string, number[]> = {
  ORC: [1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 17, 18, 19, 21],
  OBR: [1, 2, 3, 4, 6, 7, 8, 14, 16, 18, 22, 25],
  OBX: [1, 2, 3, 4, 11, 14, 16, 23],
  SCH: [1, 2, 6, 12, 16, 20, 25, 26, 27],
  TQ1: [1],
  NTE: [1, 2, 4],
  PV1: [1, 2],
  DG1: [1],
  AL1: [1],
  IAM: [1],
  AIS: [1, 2],
};
const MARK = '要紧的话';

/** The message with the mark in one field, as its value or as one more repetition. */
function withMark(segments: readonly string[], at: number, field: number, asRepetition: boolean): string {
  const changed = segments.map((segment, index) => {
    if (index !== at) return segment;
    const fields = segment.split('|');
    while (fields.length <= field) fields.push('');
    fields[field] = asRepetition && fields[field] !== '' ? `${fields[field]}~${MARK}` : MARK;
    return fields.join('|');
  });
  return `${changed.join('\r')}\r`;
}

/** How the mark fared; undefined where it was dropped in silence. */
function fateOf(text: string, name: string, sequence: number, field: number): string | undefined {
  const isThere = (place: Place | null) =>
    place?.segment === name && place.sequence === sequence && (place.field === undefined || place.field === field);
  try {
    const message = parseMessage(text);
    const { body, departmentCode } = readReferral(message);
    if (JSON.stringify([body, departmentCode]).includes(MARK)) return 'kept';
    return listUnread(message).some(({ place }) => isThere(place)) ? 'named' : undefined;
  } catch (error) {
    if (!(error instanceof Hl7Error)) throw error;
    return error.complaints.some(({ place }) => isThere(place)) ? 'refused' : undefined;
  }
}

test.each(Object.keys(messages))('a %s: every field and every repetition of it', (kind) => {
  const segments = messages[kind] as string[];
  const dropped: string[] = [];
  const fates = new Map<string, number>();
  for (const [at, segment] of segments.entries()) {
    const name = segment.slice(0, 3);
    if (['MSH', 'PID', 'RGS'].includes(name)) continue;
    const sequence = segments.slice(0, at + 1).filter((each) => each.startsWith(name)).length;
    for (let field = 1; field <= 45; field += 1)
      for (const asRepetition of [false, true]) {
        if (technical[name]?.includes(field)) continue;
        // The consent is read by its own rules, and another value than yes is no consent.
        if (segment === CONSENT && field === 5) continue;
        const fate = fateOf(withMark(segments, at, field, asRepetition), name, sequence, field);
        if (fate === undefined) dropped.push(`${name}-${field}${asRepetition ? ' repeated' : ''}`);
        else fates.set(fate, (fates.get(fate) ?? 0) + 1);
      }
  }
  expect(dropped).toEqual([]);
  expect(fates.get('named')).toBeGreaterThan(0);
});

test('what is plain gives no notice', () => {
  const unnoticed = { request: [], decline: [], cancellation: [], outcome: [] };
  for (const kind of Object.keys(unnoticed)) {
    const message = parseMessage(`${(messages[kind] as string[]).join('\r')}\r`);
    readReferral(message);
    expect(listUnread(message), kind).toEqual([]);
  }
});

test('a death in an order is news', () => {
  const text = `${(messages.request as string[]).join('\r')}\r`.replace(PID, `${PID}${'|'.repeat(21)}20260301|Y`);
  const message = parseMessage(text);
  readReferral(message);
  expect(listUnread(message).map(({ place }) => [place?.segment, place?.field])).toEqual([
    ['PID', 29],
    ['PID', 30],
  ]);
});

test('a message with more to say than an answer holds says so at its end', () => {
  const many = Array.from({ length: 60 }, (_, index) => `ZPD|${index}|x`);
  const message = parseMessage(`${[...(messages.request as string[]), ...many].join('\r')}\r`);
  readReferral(message);
  expect(listUnread(message)).toHaveLength(41);
  expect(listUnread(message).at(-1)?.place).toBeNull();
});

test.each([
  ['20260228073000', '心率：72 /min (测于 2026-02-28 07:30)'],
  ['20260228', '心率：72 /min (测于 2026-02-28)'],
  ['上周', '心率：72 /min (测于 上周)'],
  ['', '心率：72 /min'],
])('a value says when it was observed: %s', (written, text) => {
  const lines = [...(messages['request with findings'] ?? [])].map((line) =>
    line.startsWith('OBX|2') ? `OBX|2|NM|8867-4^心率^LN||72|/min|||||F|||${written}` : line,
  );
  expect(JSON.stringify(readReferral(parseMessage(lines.join('\r'))))).toContain(text);
});
