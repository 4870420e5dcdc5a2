/** This file says who belongs into a protocol: a person of its age who meets one of its criteria. It is used before somebody is enrolled. */

import { ageOn, type LocalDate } from '../time/local-date.ts';
import { citeRule } from './cite-rule.ts';
import type { Evidence } from './conditions.ts';
import type { Because } from './evaluation.ts';
import type { EntryCondition, Protocol } from './protocol.ts';

export interface EntryFacts {
  birthDate: LocalDate;
  sex: 'male' | 'female' | 'other' | 'unknown';
  systolic?: number | undefined;
  diastolic?: number | undefined;
  bmi?: number | undefined;
  waistCm?: number | undefined;
  familyHistory?: boolean | undefined;
  saltyDiet?: boolean | undefined;
  liquorMlPerDay?: number | undefined;
}

function evidenceOf(when: EntryCondition, facts: EntryFacts, age: number): Evidence | null {
  const { systolic = 0, diastolic = 0, bmi = 0, waistCm = 0, liquorMlPerDay = 0 } = facts;
  switch (when.kind) {
    case 'blood-pressure-from': {
      // A pressure from 140/90 on is no longer a risk but has to be screened, so it does not meet the criterion.
      const below = systolic < when.systolicBelow && diastolic < when.diastolicBelow;
      return below && (systolic >= when.systolic || diastolic >= when.diastolic) ? { systolic, diastolic } : null;
    }
    case 'bmi-from':
      return bmi >= when.kgPerM2 ? { bmi } : null;
    case 'waist-from':
      return waistCm >= (facts.sex === 'female' ? when.femaleCm : when.maleCm) ? { waistCm, sex: facts.sex } : null;
    case 'family-history':
      return facts.familyHistory ? { familyHistory: true } : null;
    case 'salty-diet':
      return facts.saltyDiet ? { saltyDiet: true } : null;
    case 'liquor-from':
      return liquorMlPerDay >= when.mlPerDay ? { liquorMlPerDay } : null;
    case 'age-from':
      return age >= when.years ? { age } : null;
  }
}

/** Returns whether the person is old enough, and the criteria that hold. A protocol without criteria leaves entry to the diagnosis. */
export function checkEntry(protocol: Protocol, facts: EntryFacts, on: LocalDate): { oldEnough: boolean; because: Because[] } {
  const age = ageOn(facts.birthDate, on);
  const { minimumAge } = protocol.population;
  const reasons = protocol.entry.flatMap((criterion) => {
    const evidence = evidenceOf(criterion.when, facts, age);
    return evidence ? [citeRule(protocol, criterion, evidence)] : [];
  });
  return { oldEnough: minimumAge === null || age >= minimumAge, because: reasons };
}
