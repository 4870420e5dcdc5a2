/** Quantities with a unit in UCUM, in the words of FHIR or in Chinese. A unit that is not known, or is said in two ways, is nobody's to guess. */
import { type DoseUnit, doseUnits } from '../../../domain/discharge/medicine-units.ts';
import type { Quantity } from './schemas.ts';

const UCUM = 'http://unitsofmeasure.org';

/** Beside those of `doseUnits`: of UCUM with its annotations, of v3-orderableDrugForm, and English words. In lower case. */
const forms: Readonly<Record<string, DoseUnit>> = {
  '[iu]': 'u',
  unit: 'u',
  units: 'u',
  mcg: 'μg',
  tab: '片',
  tbl: '片',
  tablet: '片',
  tablets: '片',
  cap: '粒',
  capsule: '粒',
  capsules: '粒',
  drop: '滴',
  drops: '滴',
  '[drp]': '滴',
  puff: '吸',
  puffs: '吸',
  actuat: '吸',
  actuation: '吸',
  patch: '贴',
  patches: '贴',
  sachet: '袋',
  bag: '袋',
  ampule: '支',
  vial: '支',
};

function readUnit(written: string): DoseUnit | undefined {
  const plain = written
    .trim()
    .normalize('NFKC')
    .toLowerCase()
    .replace('µ', 'μ')
    .replace(/^\{(.*)\}$/, '$1');
  return forms[plain] ?? Object.entries(doseUnits).find(([form]) => form === plain)?.[1];
}

/** Undefined where the unit is missing, unknown, or its code and its words say two things. */
export function unitOf({ unit, code, system }: Quantity): DoseUnit | undefined {
  const ofWords = unit === undefined || unit.trim() === '' ? undefined : readUnit(unit);
  // UCUM's 1 counts things and says nothing of what they are; an annotation in braces is a 1 with words.
  const saysNothing = code === undefined || code === '1' || (readUnit(code) === undefined && (system !== UCUM || /^\{.*\}$/.test(code)));
  if (saysNothing) return ofWords;
  const ofCode = readUnit(code);
  if (ofCode === undefined || (unit !== undefined && unit.trim() !== '' && ofWords !== ofCode)) return undefined;
  return ofCode;
}

/** Of a quantity with a comparator nobody knows how much it is. */
export const isExact = ({ value, comparator }: Quantity): boolean => value !== undefined && value > 0 && comparator === undefined;

const daysIn: Readonly<Record<string, number>> = { d: 1, day: 1, days: 1, 天: 1, 日: 1, wk: 7, week: 7, weeks: 7, 周: 7, 星期: 7 };

/** Whole days; undefined for a month, which has no number of days, and for anything else. */
export function daysOf(duration: Quantity): number | undefined {
  const { value = 0, unit, code } = duration;
  const said = [unit, code].flatMap((text) => (text === undefined ? [] : [daysIn[text.trim().toLowerCase()]]));
  const [factor] = said;
  if (!isExact(duration) || factor === undefined || said.some((other) => other !== factor)) return undefined;
  const days = Math.floor(value * factor);
  return days < 1 ? undefined : days;
}
