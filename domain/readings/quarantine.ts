/** Quarantine: a reading that cannot be true is stored as it was sent, and no rule and no chart uses it. */
import type { LocalDate } from '../time/local-date.ts';
import { startOf } from '../time/local-date.ts';
import { DAY_MS } from '../time/shanghai.ts';
import type { ReadingContext, ReadingKind, StandardValues } from './reading.ts';
import type { ReadingProtocol } from './reading-protocol.ts';

export const quarantineCodes = [
  'in-the-future',
  'clock-behind',
  'before-birth',
  'after-death',
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

function quarantineForValues(reading: ReadingToCheck, { plausible }: ReadingProtocol): Quarantine | undefined {
  for (const { kind, field, least, most } of plausible) {
    const value = reading[field];
    if (kind !== reading.kind || value === null) continue;
    if (value < least) return { code: 'too-low', evidence: { field, value, least } };
    if (value > most) return { code: 'too-high', evidence: { field, value, most } };
  }
  const { systolic, diastolic } = reading;
  if (systolic !== null && diastolic !== null && systolic <= diastolic)
    return { code: 'systolic-not-above-diastolic', evidence: { systolic, diastolic } };
  return undefined;
}
