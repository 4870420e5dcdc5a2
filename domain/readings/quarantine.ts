/** Quarantine: a reading that cannot be true is stored as it was sent, and no rule and no chart uses it. */
import type { LocalDate } from '../time/local-date.ts';
import { startOf } from '../time/local-date.ts';
import { DAY_MS } from '../time/shanghai.ts';
import { type Comparators, isAtLeast, isAtMost, type ReadingContext, type ReadingKind, type StandardValues } from './reading.ts';
import type { PlausibleRange, ReadingProtocol } from './reading-protocol.ts';
import { isSpecialValue } from './special-values.ts';

export const quarantineCodes = [
  'in-the-future',
  'clock-behind',
  'before-birth',
  'after-death',
  'no-value',
  'too-low',
  'too-high',
  'systolic-not-above-diastolic',
] as const;

export interface Quarantine {
  code: (typeof quarantineCodes)[number];
  /** The values that were compared, by name. */
  evidence: Record<string, string | number>;
}

/** A reading in standard units, to be checked. Instants are in milliseconds. */
export interface ReadingToCheck extends StandardValues {
  kind: ReadingKind;
  context: ReadingContext;
  measuredAt: number;
  receivedAt: number;
  comparators?: Comparators | undefined;
}

/** What has to be known of the patient whose reading is checked. */
export interface MeasuredPatient {
  birthDate: LocalDate;
  /** Null when no death is known. */
  deceasedAt: number | null;
}

const toIso = (at: number): string => new Date(at).toISOString();

/** Returns why the reading is quarantined, or undefined when it is plausible. */
export function quarantineOf(reading: ReadingToCheck, patient: MeasuredPatient, protocol: ReadingProtocol): Quarantine | undefined {
  return quarantineForTime(reading, patient, protocol) ?? quarantineForValues(reading, protocol);
}

function quarantineForTime(
  { measuredAt, receivedAt, context }: ReadingToCheck,
  { birthDate, deceasedAt }: MeasuredPatient,
  { clockSkew, clockBehind }: ReadingProtocol,
) {
  const evidence = { measuredAt: toIso(measuredAt) };
  if (measuredAt > receivedAt + clockSkew.seconds * 1_000)
    return { code: 'in-the-future', evidence: { ...evidence, receivedAt: toIso(receivedAt) } } as const;
  if (measuredAt < startOf(birthDate)) return { code: 'before-birth', evidence } as const;
  if (deceasedAt !== null && measuredAt > deceasedAt) return { code: 'after-death', evidence } as const;
  if (context === 'device' && measuredAt < receivedAt - clockBehind.days * DAY_MS)
    return { code: 'clock-behind', evidence: { ...evidence, receivedAt: toIso(receivedAt) } } as const;
  return undefined;
}

const fields = ['systolic', 'diastolic', 'value'] as const;

function quarantineForValues(reading: ReadingToCheck, { plausible }: ReadingProtocol): Quarantine | undefined {
  for (const field of fields) {
    const value = reading[field];
    if (value !== null && isSpecialValue(value)) return { code: 'no-value', evidence: { field, value } };
  }
  for (const range of plausible) {
    const { kind, field, least, most } = range;
    const value = reading[field];
    if (kind !== reading.kind || value === null || isWithin(range, reading)) continue;
    return value < least ? { code: 'too-low', evidence: { field, value, least } } : { code: 'too-high', evidence: { field, value, most } };
  }
  const { systolic, diastolic, comparators = {} } = reading;
  // A systolic pressure of at least 120 may well lie above a diastolic one of 130.
  if (comparators.systolic !== undefined || comparators.diastolic !== undefined) return undefined;
  if (systolic !== null && diastolic !== null && systolic <= diastolic)
    return { code: 'systolic-not-above-diastolic', evidence: { systolic, diastolic } };
  return undefined;
}

/** Says whether the value can be true. What a meter shows as below or above its range is a bound, and the true value lies on the other side of it. */
export function isWithin(
  { field, least, most }: PlausibleRange,
  reading: StandardValues & { comparators?: Comparators | undefined },
): boolean {
  const value = reading[field];
  if (value === null) return true;
  if (isSpecialValue(value)) return false;
  const comparator = reading.comparators?.[field];
  const isNotTooLow = value >= least || (comparator !== undefined && isAtMost(comparator) && value >= 0);
  const isNotTooHigh = value <= most || (comparator !== undefined && isAtLeast(comparator));
  return isNotTooLow && isNotTooHigh;
}
