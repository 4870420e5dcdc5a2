/**
 * What meters show instead of a number. HI and LO say that the value lies beyond the range of the meter, wherever that ends; what is certain is that it lies
 * beyond the threshold of a crisis, because the range of every meter reaches further than that.
 */
import { comparators, type ReadingKind } from './reading.ts';
import { isCrisisRule, type ReadingProtocol } from './reading-protocol.ts';

export type MeterMark = 'high' | 'low';

/** Words such as high stand in too many other places to be marks. */
const marks: Readonly<Record<string, MeterMark>> = {
  hi: 'high',
  hhh: 'high',
  'positive-infinity': 'high',
  lo: 'low',
  lll: 'low',
  'negative-infinity': 'low',
};

/** Returns undefined for a text that is no mark of a meter. */
export const findMeterMark = (text: string): MeterMark | undefined => {
  const key = text.trim().toLowerCase();
  return Object.hasOwn(marks, key) ? marks[key] : undefined;
};

export interface WrittenNumber {
  value: number;
  comparator?: (typeof comparators)[number];
}

/** Reads a number that was sent as a text, with what stands before it: `226`, `>33.3`, `≥ 33.3`. */
export function readWrittenNumber(text: string): WrittenNumber | undefined {
  const [, sign = '', digits] = /^\s*([<>≤≥]?=?)\s*(\d{1,10}(?:\.\d{1,6})?)\s*$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const written = sign.replace('≤', '<=').replace('≥', '>=');
  const comparator = comparators.find((each) => each === written);
  return { value: Number(digits), ...(comparator && { comparator }) };
}

/** The value that lies beyond this one, in mmHg or mmol/L; undefined where no crisis has such a threshold. */
export function thresholdBehind(
  mark: MeterMark,
  kind: ReadingKind,
  field: 'systolic' | 'diastolic' | 'value',
  { episodes }: ReadingProtocol,
): number | undefined {
  const isGlucose = kind === 'fasting-glucose' || kind === 'random-glucose';
  for (const { when } of episodes.filter(isCrisisRule)) {
    if (when.kind === 'blood-pressure-at-least' && kind === 'blood-pressure' && mark === 'high' && field !== 'value') return when[field];
    if (when.kind === 'glucose-at-least' && isGlucose && mark === 'high') return when.mmolPerL;
    if (when.kind === 'glucose-at-most' && isGlucose && mark === 'low') return when.mmolPerL;
  }
  return undefined;
}
