/** The number that is paid for (2017) and the number that is treated to (2025), side by side: one visit held against both. */

import { localDateOf } from '../time/local-date.ts';
import { isControlled, targetOf } from './classify.ts';
import type { Protocol, Target } from './protocol.ts';
import type { PatientFacts, Visit } from './visit.ts';

export interface Indicator {
  indicator: 'payment' | 'clinical';
  protocol: string;
  version: number;
  target: Target;
  /** null: not measured */
  controlled: boolean | null;
}

/** By the protocols of one disease that give an indicator; payment first. */
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
 * The two numbers that a recorded visit is held against, by the protocols in effect on its day; of several with the same indicator the newest.
 * A disease with one number has it twice: docs/decisions/0019. null: the disease has no number at all.
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
