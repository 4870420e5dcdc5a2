/**
 * Reads a dose as doctors write it, such as `每次1片 每日2次 口服` or `10mg qd`. The grammar is closed: what it does not know, what is left over and what can
 * be read in two ways is not guessed; somebody reads the order instead.
 */
import { dividedBy, type Fraction, fraction, fractionOf, isEqual, isMore, plus, times } from './fraction.ts';
import { type DoseUnit, doseUnits } from './medicine-units.ts';

/** How much of a medicine is taken. */
export interface Dose {
  unit: DoseUnit;
  /** The amount of all of a day's times, in the unit. A range counts with its upper end. */
  perDay: Fraction;
}

/** A medicine that is taken when it is needed has no end of its supply. */
export type ReadDose = { asNeeded: false; dose: Dose } | { asNeeded: true };

/** What a token of the text says. Where one says nothing, it is a word that may stand there. */
interface Said {
  amount?: Fraction;
  unit?: DoseUnit;
  timesPerDay?: Fraction;
  /** An amount at a time of the day, of which several make up the dose. */
  atTime?: { time: string; amount: Fraction; unit: DoseUnit };
  asNeeded?: true;
}

/** Returns undefined for a text that cannot be read, or in more than one way. */
export function readDose(text: string): ReadDose | undefined {
  const readings = readTokens(normalise(text)).flatMap((said) => combine(said) ?? []);
  const [first, ...others] = readings;
  return first && others.every((other) => isSame(first, other)) ? first : undefined;
}

const isSame = (a: ReadDose, b: ReadDose): boolean =>
  a.asNeeded || b.asNeeded ? a.asNeeded === b.asNeeded : a.dose.unit === b.dose.unit && isEqual(a.dose.perDay, b.dose.perDay);

/** A blank or comma between two numbers separates them, and separates nothing elsewhere. */
const SEPARATOR = '|';

function normalise(text: string): string {
  const narrow = [...text].map(toNarrow).join('').toLowerCase().trim();
  return narrow.replace(new RegExp(`(?<=[${NUMERAL}])[\\s,、]+(?=[${NUMERAL}])`, 'g'), SEPARATOR).replace(/[\s,、]+/g, '');
}

/** Full-width letters, digits and signs have their narrow ones at a fixed distance. Nothing else is made equal: ½ must not become 1/2 beside a 1. */
function toNarrow(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCodePoint(code - 0xfee0);
  return character === '\u00b5' ? 'μ' : character;
}

const NUMERAL = '\\d.半两一二三四五六七八九十';
const ONE_NUMBER = '(?:\\d+/\\d+|\\d+(?:\\.\\d+)?|[半两一二三四五六七八九十])';
const CHINESE = '一二三四五六七八九十';

/** Returns undefined for 0 and for a part of nothing. */
function readNumber(text: string): Fraction | undefined {
  const value = readValue(text);
  return value && value.numerator > 0n ? value : undefined;
}

function readValue(text: string): Fraction | undefined {
  if (text === '半') return fraction(1n, 2n);
  if (text === '两') return fraction(2n);
  if (CHINESE.includes(text)) return fraction(BigInt(CHINESE.indexOf(text) + 1));
  const [above = '', below] = text.split('/');
  if (below === undefined) return fractionOf(above);
  return BigInt(below) === 0n ? undefined : fraction(BigInt(above), BigInt(below));
}

/** A range counts with its upper end. One that falls is no range. */
function readAmount(text: string): Fraction | undefined {
  const [low = '', high] = text.split(/[-~]/);
  const [from, to] = [readNumber(low), high === undefined ? undefined : readNumber(high)];
  if (high === undefined) return from;
  return from && to && isMore(to, from) ? to : undefined;
}

const perDayWords: Readonly<Record<string, readonly [bigint, bigint]>> = {
  qd: [1n, 1n],
  qn: [1n, 1n],
  qm: [1n, 1n],
  hs: [1n, 1n],
  每晚: [1n, 1n],
  bid: [2n, 1n],
  q12h: [2n, 1n],
  tid: [3n, 1n],
  q8h: [3n, 1n],
  qid: [4n, 1n],
  q6h: [4n, 1n],
  q4h: [6n, 1n],
  qod: [1n, 2n],
  '隔日(?:[1一]次)?': [1n, 2n],
  qw: [1n, 7n],
  biw: [2n, 7n],
  tiw: [3n, 7n],
};

/** Words that may stand in a dose and say nothing of how much. */
const IGNORED = ['每次', '一次', '口服', 'po', '皮下', '吸入', 'ac', 'pc', '饭前', '饭后'];

interface Token {
  pattern: RegExp;
  /** Returns undefined where the text is no such token after all. */
  say: (groups: readonly string[]) => Said | undefined;
}

/** Never a part of a longer number: 十二 is not read as 十 and 二. */
const AMOUNT = `(?<![${NUMERAL}/~|-])${ONE_NUMBER}(?:[-~]${ONE_NUMBER})?(?![${NUMERAL}/~|-])`;
const UNIT = Object.keys(doseUnits).join('|');
const unitOf = (written: string): DoseUnit | undefined => Object.entries(doseUnits).find(([form]) => form === written)?.[1];
const sticky = (source: string): RegExp => new RegExp(source, 'y');
const saysTimes = (source: string, perDay: (n: Fraction) => Fraction): Token => ({
  pattern: sticky(source),
  say: ([n = '']) => {
    const value = readNumber(n);
    return value && { timesPerDay: perDay(value) };
  },
});

const tokens: readonly Token[] = [
  ...IGNORED.map((word): Token => ({ pattern: sticky(word), say: () => ({}) })),
  {
    pattern: sticky(`(${AMOUNT})`),
    say: ([written = '']) => {
      const amount = readAmount(written);
      return amount && { amount };
    },
  },
  ...Object.entries(doseUnits).map(([written, unit]): Token => ({ pattern: sticky(written), say: () => ({ unit }) })),
  ...Object.entries(perDayWords).map(
    ([source, [above, below]]): Token => ({ pattern: sticky(source), say: () => ({ timesPerDay: fraction(above, below) }) }),
  ),
  saysTimes(`(?:每日|一日|每天)(${ONE_NUMBER})次`, (n) => n),
  saysTimes(`(${ONE_NUMBER})次/日`, (n) => n),
  saysTimes(`每(${ONE_NUMBER})小时`, (n) => dividedBy(fraction(24n), n)),
  saysTimes(`每周(${ONE_NUMBER})次`, (n) => dividedBy(n, fraction(7n))),
  { pattern: sticky('prn|必要时'), say: () => ({ asNeeded: true }) },
  {
    pattern: sticky(`([早中晚])(${AMOUNT})(${UNIT})`),
    say: ([time = '', written = '', form = '']) => {
      const [amount, unit] = [readAmount(written), unitOf(form)];
      return amount && unit && { atTime: { time, amount, unit } };
    },
  },
];

/** No dose of a prescription is longer; whoever sends more gets no answer later than others. */
const LONGEST_TEXT = 60;

/** Returns every way in which the whole text can be read as tokens. */
function readTokens(text: string): Said[][] {
  if (text.length > LONGEST_TEXT) return [];
  const waysFrom = new Map<number, Said[][]>([[text.length, [[]]]]);
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const ways = tokens.flatMap(({ pattern, say }) => {
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      const said = found && say(found.slice(1));
      return said ? (waysFrom.get(at + (found?.[0].length ?? 0)) ?? []).map((rest) => [said, ...rest]) : [];
    });
    waysFrom.set(at, distinct(ways));
  }
  return text === '' ? [] : (waysFrom.get(0) ?? []);
}

/** Two ways that say the same are one, so that their number does not grow with the length of the text. */
const distinct = (ways: readonly Said[][]): Said[][] => [...new Map(ways.map((way) => [keyOf(way), way])).values()].slice(0, 64);
const keyOf = (way: readonly Said[]): string =>
  JSON.stringify(
    way.filter((said) => Object.keys(said).length > 0),
    (_, value) => (typeof value === 'bigint' ? String(value) : value),
  );

/** Each of amount, unit and frequency stands there once, or the amounts of the times of the day do. */
function combine(said: readonly Said[]): ReadDose | undefined {
  const amounts = said.flatMap(({ amount }) => amount ?? []);
  const units = said.flatMap(({ unit }) => unit ?? []);
  const frequencies = said.flatMap(({ timesPerDay }) => timesPerDay ?? []);
  const byTime = said.flatMap(({ atTime }) => atTime ?? []);
  const asNeeded = said.filter((each) => each.asNeeded).length;
  if ([amounts, units, frequencies].some(({ length }) => length > 1) || asNeeded > 1) return undefined;
  if (byTime.length > 0) {
    if (amounts.length + units.length + frequencies.length + asNeeded > 0) return undefined;
    const [{ unit } = { unit: undefined }] = byTime;
    const isOnce = new Set(byTime.map(({ time }) => time)).size === byTime.length;
    if (!unit || !isOnce || byTime.some((each) => each.unit !== unit)) return undefined;
    return { asNeeded: false, dose: { unit, perDay: byTime.map(({ amount }) => amount).reduce(plus) } };
  }
  if (asNeeded === 1) return amounts.length === units.length ? { asNeeded: true } : undefined;
  const [amount, unit, frequency] = [amounts[0], units[0], frequencies[0]];
  return amount && unit && frequency ? { asNeeded: false, dose: { unit, perDay: times(amount, frequency) } } : undefined;
}
