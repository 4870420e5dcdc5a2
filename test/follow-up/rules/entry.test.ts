/** Who belongs into a protocol: every criterion at its boundary. */
import { expect, test } from 'vitest';
import { checkEntry, type EntryFacts } from '../../../domain/follow-up/entry.ts';
import { monday, patientOfAge, protocol } from '../../support/builders/follow-up.ts';

const facts = (values: Partial<EntryFacts> = {}, age = 40, daysYounger = 0): EntryFacts => ({
  birthDate: patientOfAge(age, daysYounger).birthDate,
  sex: 'female',
  ...values,
});
const entry = (given: EntryFacts) =>
  checkEntry(protocol('high-risk'), given, monday).because.map(({ rule }) => rule.replace('high-risk/1#entry-', ''));

test('any one of the six makes a person one of high risk; BMI and waist are one', () => {
  expect(entry(facts())).toEqual([]);
  const pressure = (systolic: number, diastolic: number) => entry(facts({ systolic, diastolic })).length;
  expect([pressure(129, 84), pressure(130, 84), pressure(129, 85), pressure(139, 89), pressure(140, 85), pressure(135, 90)]).toEqual([
    0, 1, 1, 1, 0, 0,
  ]);
  expect([23.9, 24].map((bmi) => entry(facts({ bmi })))).toEqual([[], ['bmi']]);
  expect([84, 85].map((waistCm) => entry(facts({ waistCm })))).toEqual([[], ['waist']]);
  expect([89, 90].map((waistCm) => entry(facts({ waistCm, sex: 'male' })))).toEqual([[], ['waist']]);
  expect([99, 100].map((liquorMlPerDay) => entry(facts({ liquorMlPerDay })))).toEqual([[], ['liquor']]);
  expect([entry(facts({ familyHistory: true })), entry(facts({ saltyDiet: true }))]).toEqual([['family-history'], ['salty-diet']]);
  expect([entry(facts({}, 55, 1)), entry(facts({}, 55))]).toEqual([[], ['age']]);
});

test('each protocol is for an age', () => {
  const oldEnough = (id: string, age: number, daysYounger = 0) => checkEntry(protocol(id), facts({}, age, daysYounger), monday).oldEnough;
  for (const [id, age] of [
    ['htn-2017', 35],
    ['t2dm-2017', 35],
    ['high-risk', 35],
    ['htn-2025', 18],
    ['t2dm-new', 18],
    ['elderly', 65],
  ] as const)
    expect([oldEnough(id, age, 1), oldEnough(id, age)], id).toEqual([false, true]);
  expect(oldEnough('complications', 1)).toBe(true);
});
