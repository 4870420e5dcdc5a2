/** The scores of the risk of being admitted again agree with a second reading of their sources, at every boundary and with any part missing. */
import { expect, test } from 'vitest';
import { computeScore, type RiskFacts } from '../../../domain/discharge/risk.ts';
import { comorbidities } from '../../../domain/discharge/risk-model.ts';
import { admissionTypes } from '../../../domain/discharge/standing.ts';
import { createRandom, type Random } from '../../../domain/kit/random.ts';
import { discharge } from '../../support/builders/discharge.ts';
import { readScores } from '../../support/oracles/risk-scores.ts';
import { testSeed } from '../../support/seed.ts';

const seed = testSeed;
const { scores: model } = discharge;

test(`30,000 drawn stays have the same points, bounds, missing parts and levels in both readings (seed ${seed})`, () => {
  const random = createRandom(seed);
  const reached = new Map<string, Set<string>>();
  for (let drawn = 0; drawn < 30_000; drawn++) {
    const facts = drawFacts(random);
    const computed = model.scores.map((rule) => computeScore(model, rule, facts));
    const { admissions12Months, emergencyVisits6Months, ...told } = facts;
    const read = readScores({
      ...told,
      comorbidities: told.comorbidities ?? null,
      emergencyVisits: emergencyVisits6Months ?? null,
      admissions: admissions12Months ?? null,
      hemoglobinGPerL: told.hemoglobinGPerL ?? null,
      sodiumMmolPerL: told.sodiumMmolPerL ?? null,
      oncologyService: told.oncologyService ?? null,
      cancer: told.cancer ?? null,
      procedure: told.procedure ?? null,
    });
    expect(computed, JSON.stringify(facts)).toEqual(read);
    for (const { score, points, level } of computed)
      reached.set(score, (reached.get(score) ?? new Set()).add(`${points === null ? 'part missing' : 'known'} ${level}`));
  }
  for (const [score, levels] of reached) expect(levels.size, score).toBe(score === 'hospital-simplified-2017' ? 5 : 6);
});

/** Values around every boundary; what is left out is not known. */
function drawFacts(random: Random): RiskFacts {
  const known = random.pick([0.6, 0.95, 1]);
  const perhaps = <T>(draw: () => T): T | undefined => (random.chance(known) ? draw() : undefined);
  return {
    stayDays: perhaps(() => random.integer(0, 16)) ?? null,
    admissionType: perhaps(() => random.pick(admissionTypes)) ?? null,
    hemoglobinGPerL: perhaps(() => random.pick([90, 119, 119.9, 120, 121])),
    sodiumMmolPerL: perhaps(() => random.pick([130, 134.9, 135, 136])),
    oncologyService: perhaps(() => random.chance(0.3)),
    cancer: perhaps(() => random.chance(0.3)),
    procedure: perhaps(() => random.chance(0.5)),
    admissions12Months: perhaps(() => random.integer(0, 7)),
    emergencyVisits6Months: perhaps(() => random.integer(0, 6)),
    comorbidities: perhaps(() => comorbidities.filter(() => random.chance(0.15))),
  };
}
