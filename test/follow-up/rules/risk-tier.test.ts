/** Risk tiers: twelve variables, scored by signed-off data; a tier change has its reasons. */
import { expect, test } from 'vitest';
import { type RiskFacts, riskVariables, scoreRisk, tierRhythm } from '../../../domain/follow-up/risk-tier.ts';
import { riskModel } from '../../support/builders/follow-up.ts';

const healthy: RiskFacts = {
  age: 40,
  sex: 'female',
  bmi: 22,
  waistCm: 75,
  systolic: 118,
  fastingGlucose: 5.2,
  ldlCholesterol: 2.1,
  smoking: 'never',
  alcohol: 'none',
  exerciseMinutesPerWeek: 180,
  familyHistory: 'no',
  targetOrganDamage: 'none',
};

test('twelve variables, waiting for a clinician’s signature', () => {
  expect([riskVariables.length, riskModel.scorings.length, riskModel.signOff]).toEqual([12, 12, 'pending']);
  expect(riskModel.scorings.every(({ signOff }) => signOff === 'pending')).toBe(true);
});

test('low yearly, middle quarterly with lifestyle actions, high monthly with the specialist', () => {
  expect(scoreRisk(riskModel, healthy)).toMatchObject({ score: 0, tier: 'low', every: { months: 12 }, actions: [], missing: [] });
  expect(scoreRisk(riskModel, { ...healthy, age: 66, systolic: 142, bmi: 25, smoking: 'current' })).toMatchObject({
    score: 7,
    tier: 'middle',
    every: { months: 3 },
    actions: ['lifestyle'],
  });
  expect(scoreRisk(riskModel, { ...healthy, age: 76, systolic: 165, targetOrganDamage: 'one' })).toMatchObject({
    score: 12,
    tier: 'high',
    every: { months: 1 },
    actions: ['lifestyle', 'specialist-consultation'],
  });
});

test('every point has its reason', () => {
  const { score, because } = scoreRisk(riskModel, { ...healthy, age: 66, systolic: 142 });
  expect(because.map(({ rule, evidence }) => [rule, evidence])).toEqual([
    ['risk-tier/1#low', { score, tier: 'low', known: 12 }],
    ['risk-tier/1#age', { age: 66, points: 2 }],
    ['risk-tier/1#systolic', { systolic: 142, points: 2 }],
  ]);
});

test('what nobody knows is named, and never lowers a tier', () => {
  const { missing, tier } = scoreRisk(riskModel, { age: 70 });
  expect([missing.length, tier]).toEqual([11, 'low']);
  expect(scoreRisk(riskModel, { age: 70 }, 'high')).toMatchObject({
    tier: 'high',
    because: [{ evidence: { keptFor: 'too little is known' } }, {}],
  });
  expect(scoreRisk(riskModel, healthy, 'high').tier).toBe('low');
  expect(scoreRisk(riskModel, { ...healthy, smoking: 'sometimes' }).missing).toEqual(['smoking']);
});

test('a tier’s rhythm comes with its reason', () => {
  expect(tierRhythm(riskModel, 'high')).toMatchObject({ name: 'high', every: { months: 1 }, because: { rule: 'risk-tier/1#high' } });
});
