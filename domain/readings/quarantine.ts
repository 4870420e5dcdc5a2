/** Why a reading is kept aside: it was stored as sent, and no rule and no chart sees it. */
import type { LocalDate } from '../time/local-date.ts';
import { startOf } from '../time/local-date.ts';
import type { ReadingKind, StandardValues } from './reading.ts';
import type { ReadingProtocol } from './reading-protocol.ts';

export const quarantineCodes = [
  'in-the-future',
  'before-birth',
  'after-death',
  'too-low',
  'too-high',
  'systolic-not-above-diastolic',
] as const;

export interface Quarantine {
  code: (typeof quarantineCodes)[number];
  /** what was compared with what */
  evidence: Record<string, string | number>;
}

export interface JudgedReading extends StandardValues {
  kind: ReadingKind;
  measuredAt: number;
  receivedAt: number;
}

export interface Measurable {
  birthDate: LocalDate;
  /** null: lives, as far as is known */
  deceasedAt: number | null;
}

const iso = (at: number): string => new Date(at).toISOString();

/** undefined: it can be true. */
export function quarantineOf(reading: JudgedReading, person: Measurable, protocol: ReadingProtocol): Quarantine | undefined {
  return ofTime(reading, person, protocol) ?? ofValues(reading, protocol);
}

function ofTime({ measuredAt, receivedAt }: JudgedReading, { birthDate, deceasedAt }: Measurable, { clockSkew }: ReadingProtocol) {
  const measured = { measuredAt: iso(measuredAt) };
  if (measuredAt > receivedAt + clockSkew.seconds * 1_000)
    return { code: 'in-the-future', evidence: { ...measured, receivedAt: iso(receivedAt) } } as const;
  if (measuredAt < startOf(birthDate)) return { code: 'before-birth', evidence: measured } as const;
  if (deceasedAt !== null && measuredAt > deceasedAt) return { code: 'after-death', evidence: measured } as const;
  return undefined;
}

function ofValues(reading: JudgedReading, { plausible }: ReadingProtocol): Quarantine | undefined {
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
