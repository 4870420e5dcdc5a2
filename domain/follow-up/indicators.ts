/** The number that is paid for (2017) and the number that is treated to (2025), side by side: one visit held against both. */
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
