/** A dose as doctors write it, in words that everybody understands: 1片bid → 每次1片，每天2次. What is not known stays as it was written. */

const frequencies: Readonly<Record<string, string>> = {
  qd: '每天1次',
  bid: '每天2次',
  tid: '每天3次',
  qid: '每天4次',
  qn: '每晚1次',
  hs: '每晚睡前1次',
  qm: '每天早上1次',
  q12h: '每12小时1次',
  q8h: '每8小时1次',
  q6h: '每6小时1次',
  q4h: '每4小时1次',
  qod: '隔天1次',
  qw: '每周1次',
  biw: '每周2次',
  tiw: '每周3次',
};
const manners: Readonly<Record<string, string>> = { po: '口服', ac: '饭前', pc: '饭后', prn: '需要时用' };
const units: Readonly<Record<string, string>> = { mg: '毫克', ug: '微克', μg: '微克', ml: '毫升', iu: '单位', g: '克', u: '单位' };

const words = [...Object.keys(frequencies), ...Object.keys(manners)].toSorted((a, b) => b.length - a.length).join('|');
const wordPattern = new RegExp(`(?<![a-zμ])(?:${words})(?![a-z0-9])`, 'gi');
const unitPattern = /(\d|半)\s*(mg|ug|μg|ml|iu|g|u)(?=$|[^a-z]|(?:qd|bid|tid|qid|qn|hs|qm|q\d+h|qod|qw|biw|tiw|po|ac|pc|prn)(?![a-z]))/gi;

export function toPlainDose(written: string): string {
  const text = written.normalize('NFKC').replaceAll('µ', 'μ');
  const withUnits = text.replaceAll(unitPattern, (_, amount: string, unit: string) => `${amount}${units[unit.toLowerCase()] ?? unit}`);
  const plain = withUnits
    .replaceAll(wordPattern, (word) => `，${frequencies[word.toLowerCase()] ?? manners[word.toLowerCase()] ?? word}，`)
    .replaceAll(/[\s,，、;；]*，[\s,，、;；]*/g, '，')
    .replaceAll(/^，|，$/g, '');
  return amountAlone.test(plain) ? `每次${plain}` : plain;
}

/** An amount that stands first and before how often it is taken. */
const amountAlone = /^(?:[\d./~-]+|[半一两二三四五六七八九十])\s*(?:毫克|微克|毫升|克|单位|[片粒丸袋支滴吸喷揿贴])，/;
