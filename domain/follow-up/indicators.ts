/**
 * Two standards say what counts as controlled: centres are paid by the one of 2017 and treat by the one of 2025. This file compares one
 * visit with both.
 */

import { localDateOf } from '../time/local-date.ts';
import { isControlled, targetOf } from './classify.ts';
import type { Protocol, Target } from './protocol.ts';
import type { PatientFacts, Visit } from './visit.ts';

export interface Indicator {
  indicator: 'payment' | 'clinical';
  protocol: string;
  version: number;
  target: Target;
  /** Null when nothing was measured. */
  controlled: boolean | null;
}

/** Returns an indicator for each protocol of one disease that gives one, those for payment first. */
export function indicatorsOf(protocols: readonly Protocol[], patient: PatientFacts, visit: Visit): Indicator[] {
  return protocols
    .flatMap((protocol): Indicator[] => {
      if (protocol.indicator === null) return [];
      const { systolic, diastolic, fastingGlucose } = targetOf(protocol, patient, visit.visitedAt).band;
      return [
        {
          indicator: protocol.indicator,
          protocol: protocol.id,
          version: protocol.version,
          target: { systolic, diastolic, fastingGlucose },
          controlled: isControlled(protocol, patient, visit),
        },
      ];
    })
    .toSorted((a, b) => (a.indicator === b.indicator ? 0 : a.indicator === 'payment' ? -1 : 1));
}

export interface BothIndicators {
  payment: Indicator | null;
  clinical: Indicator | null;
}

/**
 * Returns both indicators of a recorded visit, by the protocols in effect on its day. Of several protocols with the same indicator it is the newest.
 * A disease with one indicator has it as both (docs/decisions/0019); null means that the disease has none.
 */
export function bothIndicators(protocols: readonly Protocol[], patient: PatientFacts, visit: Visit): BothIndicators {
  const visitedOn = localDateOf(visit.visitedAt);
  const inEffect = protocols
    .filter(({ effectiveFrom }) => effectiveFrom <= visitedOn)
    .toSorted((a, b) => (a.effectiveFrom > b.effectiveFrom ? -1 : 1));
  const indicators = indicatorsOf(inEffect, patient, visit);
  const payment = indicators.find(({ indicator }) => indicator === 'payment');
  const clinical = indicators.find(({ indicator }) => indicator === 'clinical');
  return { payment: payment ?? clinical ?? null, clinical: clinical ?? payment ?? null };
}
