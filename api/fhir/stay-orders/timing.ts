/** How often a Timing says: exactly, or not at all. */
import { readDose } from '../../../domain/discharge/dose-text.ts';
import { dividedBy, type Fraction, fraction, fractionOf, isEqual, times } from '../../../domain/discharge/fraction.ts';
import type { Concept, Repeat, Timing } from './schemas.ts';

/** Of http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation, as times a day. */
const abbreviations: Readonly<Record<string, readonly [bigint, bigint]>> = {
  QD: [1n, 1n],
  AM: [1n, 1n],
  PM: [1n, 1n],
  BED: [1n, 1n],
  BID: [2n, 1n],
  TID: [3n, 1n],
  QID: [4n, 1n],
  QOD: [1n, 2n],
  Q1H: [24n, 1n],
  Q2H: [12n, 1n],
  Q3H: [8n, 1n],
  Q4H: [6n, 1n],
  Q6H: [4n, 1n],
  Q8H: [3n, 1n],
  WK: [1n, 7n],
};

/** What of a repeat is read; what is only how long one dose takes does not say how often. */
const understood = [
  'boundsPeriod',
  'boundsDuration',
  'frequency',
  'frequencyMax',
  'period',
  'periodMax',
  'periodUnit',
  'dayOfWeek',
  'timeOfDay',
  'when',
  'duration',
  'durationMax',
  'durationUnit',
  'id',
  'extension',
];
/** These say that it is taken with meals, not at which of them. */
const meals = ['AC', 'PC', 'C'];

/** Times a day; undefined where that is not said, in two ways, or by something that is not understood. Of a range the upper end counts, as in a text. */
export function timesPerDay({ event, repeat, code }: Timing): Fraction | undefined {
  if (event && event.length > 0) return undefined;
  const ofCode = code && ofConcept(code);
  const saysHowOften =
    repeat !== undefined && Object.keys(repeat).some((name) => !['boundsPeriod', 'boundsDuration', 'id', 'extension'].includes(name));
  if (!saysHowOften) return repeat && !isUnderstood(repeat) ? undefined : ofCode;
  const ofRepeat = ofRepeated(repeat);
  if (!ofRepeat || (code && (!ofCode || !isEqual(ofCode, ofRepeat)))) return undefined;
  return ofRepeat;
}

const isUnderstood = (repeat: Repeat): boolean => Object.keys(repeat).every((name) => understood.includes(name));

/** Every code and word of it has to say the same. */
function ofConcept({ text, coding = [] }: Concept): Fraction | undefined {
  const said = [text, ...coding.map(({ code, display }) => code ?? display)].flatMap((each) => (each === undefined ? [] : [ofWord(each)]));
  const [first] = said;
  return first && said.every((other) => other && isEqual(other, first)) ? first : undefined;
}

function ofWord(word: string): Fraction | undefined {
  const plain = word.trim();
  const known = abbreviations[plain.toUpperCase()];
  if (known) return fraction(...known);
  // The grammar of doses knows how often as doctors write it.
  const read = readDose(`1片${plain}`);
  return read && !read.asNeeded && read.dose.unit === '片' ? read.dose.perDay : undefined;
}

const perDay = (frequency: Fraction, period: Fraction, unit: string): Fraction | undefined => {
  const often = dividedBy(frequency, period);
  if (unit === 'h') return times(often, fraction(24n));
  if (unit === 'd') return often;
  return unit === 'wk' ? times(often, fraction(1n, 7n)) : undefined;
};

const isWhole = (value: number | undefined): value is number => value !== undefined && Number.isInteger(value) && value > 0;

function ofRepeated(repeat: Repeat): Fraction | undefined {
  const { frequency, frequencyMax, period, periodMax, periodUnit = '', dayOfWeek = [], timeOfDay = [], when = [] } = repeat;
  if (!isUnderstood(repeat) || !isWhole(frequency) || period === undefined || period <= 0) return undefined;
  if (frequencyMax !== undefined && (!isWhole(frequencyMax) || frequencyMax < frequency)) return undefined;
  if (periodMax !== undefined && periodMax < period) return undefined;
  const isDaily = period === 1 && periodUnit === 'd';
  const isWeekly = period === 1 && periodUnit === 'wk';
  const ofDay = [timeOfDay, when.filter((one) => !meals.includes(one))].filter(({ length }) => length > 0);
  // The hours and days that are named beside have to be as many.
  if (ofDay.some(({ length }) => !isDaily || length !== frequency)) return undefined;
  if (dayOfWeek.length > 0 && (!isWeekly || dayOfWeek.length !== frequency || new Set(dayOfWeek).size !== frequency)) return undefined;
  const [often, long] = [fractionOf(frequencyMax ?? frequency), fractionOf(period)];
  return often && long && perDay(often, long, periodUnit);
}
