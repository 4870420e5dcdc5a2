/** Stores the readings that come out of a visit. */
import type { Visit } from '../../domain/follow-up/visit.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import type { Trx } from '../kit/transaction.ts';
import { type NewReading, recordReadings } from '../readings/record.ts';
import { takeOverKeptCrises, VISIT_SOURCE } from './refused-visits.ts';
import { type KeptValues, listReadingsToKeep, type VisitValue } from './visit-values.ts';

/** The most values that a form holds: twenty pressures, two glucoses, a heart rate, a temperature, and the mean of the pressures. */
const MOST_VALUES = 25;
const messageIdOf = (visitId: string, n: number): string => `${visitId}:${n}`;

/** Returns every message id that a reading of the visit may have. */
export const listMessageIds = (visitId: string): string[] => Array.from({ length: MOST_VALUES }, (_, n) => messageIdOf(visitId, n));

export interface VisitReadings {
  patientId: string;
  visitId: string;
  visit: Visit;
  receivedAt: Date;
  by: RecordedBy;
  keeps: KeptValues;
}

export async function recordVisitReadings(trx: Trx, { patientId, visitId, visit, receivedAt, by, keeps }: VisitReadings): Promise<void> {
  const values = listReadingsToKeep(visit, keeps);
  const crises = listReadingsToKeep(visit, 'crises');
  if (crises.length > 0) {
    const places = [...values, ...crises.filter((crisis) => !values.some((value) => isSameValue(value, crisis)))];
    const placed = crises.map((crisis) => ({
      ...crisis,
      messageId: messageIdOf(
        visitId,
        places.findIndex((value) => isSameValue(value, crisis)),
      ),
    }));
    await takeOverKeptCrises(trx, { patientId, visit, receivedAt }, placed);
  }
  const readings = values.map(
    ({ measured, context }, n): NewReading => ({
      source: VISIT_SOURCE,
      messageId: messageIdOf(visitId, n),
      patient: { patientId },
      measured,
      measuredAt: new Date(visit.visitedAt),
      context,
    }),
  );
  if (readings.length > 0) await recordReadings(trx, { readings, receivedAt, by });
}

const isSameValue = (one: VisitValue, other: VisitValue): boolean => JSON.stringify(one) === JSON.stringify(other);
