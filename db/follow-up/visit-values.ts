/** The values of a visit that become readings: what the person told or took at home, and crisis values that no referral answers. */
import { findCrises } from '../../domain/follow-up/crisis-values.ts';
import type { Because } from '../../domain/follow-up/evaluation.ts';
import { measuredValuesOf, toldValuesOf } from '../../domain/follow-up/measured-values.ts';
import type { Visit } from '../../domain/follow-up/visit.ts';
import type { Measured, ReadingContext } from '../../domain/readings/reading.ts';
import { readingProtocol } from '../readings/protocol.ts';

/**
 * - told: what the person told or took at home
 * - told-and-crises: that, and measured values that reach a crisis threshold
 * - crises: only values that reach a crisis threshold
 * - all
 */
export type KeptValues = 'told' | 'told-and-crises' | 'crises' | 'all';

export interface VisitValue {
  measured: Measured;
  context: ReadingContext;
}

/** Returns a reason for each value of the visit, measured or told, that reaches a crisis threshold. */
export const listVisitCrises = (visit: Visit): Because[] =>
  findCrises([...toldValuesOf(visit), ...measuredValuesOf(visit)], readingProtocol);

/** Returns the values that become readings, with where each comes from. */
export function listReadingsToKeep(visit: Visit, keeps: KeptValues): VisitValue[] {
  const isCrisis = (measured: Measured) => findCrises([measured], readingProtocol).length > 0;
  const told = toldValuesOf(visit).filter((value) => keeps !== 'crises' || isCrisis(value));
  const measured = keeps === 'told' ? [] : measuredValuesOf(visit).filter((value) => keeps === 'all' || isCrisis(value));
  return [
    ...told.map((value) => ({ measured: value, context: 'self-report' as const })),
    ...measured.map((value) => ({ measured: value, context: 'clinic' as const })),
  ];
}
