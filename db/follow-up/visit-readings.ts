/** The values of a visit that become readings: what the person told or took at home, and crisis values that no referral answers. */

import { findCrises } from '../../domain/follow-up/crisis-values.ts';
import type { Because } from '../../domain/follow-up/evaluation.ts';
import { measuredValuesOf, toldValuesOf } from '../../domain/follow-up/measured-values.ts';
import type { Visit } from '../../domain/follow-up/visit.ts';
import type { Measured, ReadingContext } from '../../domain/readings/reading.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import type { Trx } from '../kit/transaction.ts';
import { readingProtocol } from '../readings/protocol.ts';
import { type NewReading, recordReadings } from '../readings/record.ts';

/** The source of readings that come out of a visit; the message of each is the visit with the place of the value in it. */
export const VISIT_SOURCE = 'carepath-visit';

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
  /**
   * - told: what the person told or took at home
   * - told-and-crises: that, and measured values that reach a crisis threshold
   * - crises: only values that reach a crisis threshold
   * - all
   */
  keeps: 'told' | 'told-and-crises' | 'crises' | 'all';
}

/** Returns a reason for each value of the visit, measured or told, that reaches a crisis threshold. */
export const listVisitCrises = (visit: Visit): Because[] =>
  findCrises([...toldValuesOf(visit), ...measuredValuesOf(visit)], readingProtocol);

/** Returns the values that become readings, with where each comes from. */
export function listReadingsToKeep(visit: Visit, keeps: VisitReadings['keeps']): { measured: Measured; context: ReadingContext }[] {
  const isCrisis = (measured: Measured) => findCrises([measured], readingProtocol).length > 0;
  const told = toldValuesOf(visit).filter((value) => keeps !== 'crises' || isCrisis(value));
  const measured = keeps === 'told' ? [] : measuredValuesOf(visit).filter((value) => keeps === 'all' || isCrisis(value));
  return [
    ...told.map((value) => ({ measured: value, context: 'self-report' as const })),
    ...measured.map((value) => ({ measured: value, context: 'clinic' as const })),
  ];
}

export async function recordVisitReadings(trx: Trx, { patientId, visitId, visit, receivedAt, by, keeps }: VisitReadings): Promise<void> {
  const readings = listReadingsToKeep(visit, keeps).map(
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
