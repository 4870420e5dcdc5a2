/** LACE and HOSPITAL at their boundaries, and what is not known. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeRisk, computeScore, type RiskFacts } from '../../../domain/discharge/risk.ts';
import { comorbidities, type riskLevels, type ScoreCode } from '../../../domain/discharge/risk-model.ts';
import { admissionTypes, type Disposition } from '../../../domain/discharge/standing.ts';
import { discharge } from '../../support/builders/discharge.ts';

const { scores } = discharge;
const nothing: RiskFacts = {
  stayDays: 0,
  admissionType: 'elective',
  hemoglobinGPerL: 130,
  sodiumMmolPerL: 140,
  oncologyService: false,
  cancer: false,
  procedure: false,
  admissions12Months: 0,
  emergencyVisits6Months: 0,
  comorbidities: [],
};
const scoreOf = (code: ScoreCode, over: Partial<RiskFacts>) => {
  const rule = scores.scores.find(({ id }) => id === code);
  if (!rule) throw new Error(code);
  return computeScore(scores, rule, { ...nothing, ...over });
};
const lace = (over: Partial<RiskFacts>) => scoreOf('lace', over).points;
const hospital = (code: 'hospital-2013' | 'hospital-2016' | 'hospital-simplified-2017', over: Partial<RiskFacts>) =>
  scoreOf(code, over).points;

describe('LACE', () => {
  test('length of stay', () => {
    const points = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14, 200].map((stayDays) => lace({ stayDays }));
    expect(points).toEqual([0, 1, 2, 3, 4, 4, 4, 5, 5, 7, 7]);
  });
  test('acute admission', () => {
    expect(admissionTypes.map((admissionType) => lace({ admissionType }))).toEqual([3, 3, 0, 0]);
  });
  test('emergency visits, at most 4', () => {
    expect([0, 1, 3, 4, 5, 40].map((emergencyVisits6Months) => lace({ emergencyVisits6Months }))).toEqual([0, 1, 3, 4, 4, 4]);
  });
  test('each comorbidity has its weight', () => {
    expect(comorbidities.map((one) => lace({ comorbidities: [one] }))).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 5, 5, 5]);
  });
  test.each([
    [['mi', 'stroke', 'pvd'], 3],
    [['mi', 'stroke', 'pvd', 'diabetes'], 5],
    [['diabetes', 'diabetes-organ-damage'], 2],
    [['mild-liver-renal', 'severe-liver-renal'], 5],
    [['tumour', 'metastatic'], 5],
    [['diabetes', 'heart-failure'], 3],
    [['mi', 'mi'], 1],
  ] as const)('%j are %i', (list, points) => {
    expect(lace({ comorbidities: list })).toBe(points);
  });
  test('levels at 5 and 10', () => {
    expect(scoreOf('lace', { stayDays: 4 }).level).toBe('low');
    expect(scoreOf('lace', { stayDays: 7 }).level).toBe('medium');
    expect(scoreOf('lace', { stayDays: 7, emergencyVisits6Months: 4 })).toMatchObject({ points: 9, level: 'medium' });
    expect(scoreOf('lace', { stayDays: 14, admissionType: 'urgent' })).toMatchObject({ points: 10, level: 'high' });
  });
});

describe('HOSPITAL', () => {
  test.each([
    ['hemoglobinGPerL', [119.9, 120], [1, 0]],
    ['sodiumMmolPerL', [134.9, 135], [1, 0]],
    ['stayDays', [4, 5], [0, 2]],
    ['oncologyService', [true, false], [2, 0]],
    ['procedure', [true, false], [1, 0]],
  ] as const)('%s %j: %j', (input, values, points) => {
    expect(values.map((value) => hospital('hospital-2016', { [input]: value }))).toEqual(points);
  });
  test('admissions in the year before count by the version', () => {
    const counts = [0, 1, 2, 5, 6, 50];
    expect(counts.map((admissions12Months) => hospital('hospital-2013', { admissions12Months }))).toEqual([0, 2, 2, 2, 5, 5]);
    expect(counts.map((admissions12Months) => hospital('hospital-2016', { admissions12Months }))).toEqual([0, 0, 2, 2, 5, 5]);
    expect(counts.map((admissions12Months) => hospital('hospital-simplified-2017', { admissions12Months }))).toEqual([0, 0, 2, 2, 5, 5]);
  });
  test('the simplified one knows no procedure, and any cancer counts', () => {
    expect(hospital('hospital-simplified-2017', { procedure: true, cancer: true })).toBe(2);
    expect(hospital('hospital-simplified-2017', { cancer: true, oncologyService: true })).toBe(2);
    expect(hospital('hospital-2016', { cancer: true })).toBe(0);
    expect(scoreOf('hospital-simplified-2017', { procedure: undefined })).toMatchObject({ missing: [], points: 0 });
  });
  test('levels at 5 and 7; the simplified one is high from 5', () => {
    const of = (code: ScoreCode, points: 4 | 5 | 6 | 7) =>
      scoreOf(code, {
        stayDays: 5,
        oncologyService: true,
        hemoglobinGPerL: points > 4 ? 100 : 130,
        sodiumMmolPerL: points > 5 ? 120 : 140,
        admissionType: points > 6 ? 'urgent' : 'elective',
      });
    for (const points of [4, 5, 6, 7] as const) expect(of('hospital-2016', points).points).toBe(points);
    expect(([4, 5, 6, 7] as const).map((points) => of('hospital-2016', points).level)).toEqual(['low', 'medium', 'medium', 'high']);
    expect(([4, 5, 6, 7] as const).map((points) => of('hospital-2013', points).level)).toEqual(['low', 'medium', 'medium', 'high']);
    expect(([4, 5, 6, 7] as const).map((points) => of('hospital-simplified-2017', points).level)).toEqual(['low', 'high', 'high', 'high']);
  });
});

describe('what is not known', () => {
  test('is named, not 0: the score is a range', () => {
    expect(scoreOf('lace', { stayDays: null, comorbidities: undefined })).toEqual({
      score: 'lace',
      points: null,
      min: 0,
      max: 12,
      missing: ['L', 'C'],
      level: 'medium',
    });
    const all = computeRisk(scores, { stayDays: null, admissionType: null }, { override: null, disposition: 'home' });
    expect(all.scores.map(({ missing, min, max }) => `${missing.join(' ')} ${min}-${max}`)).toEqual([
      'L A C E 0-19',
      'Hb O Na P I N LOS 0-13',
      'Hb O Na P I N LOS 0-13',
      'Hb O Na I N LOS 0-12',
    ]);
    expect(all.level).toBe('medium');
  });
  test('a missing part that cannot make it high leaves the level of what is known', () => {
    expect(scoreOf('lace', { emergencyVisits6Months: undefined })).toMatchObject({ min: 0, max: 4, level: 'low' });
    expect(scoreOf('hospital-2016', { admissions12Months: undefined })).toMatchObject({ min: 0, max: 5, level: 'low' });
    expect(scoreOf('hospital-simplified-2017', { admissions12Months: undefined })).toMatchObject({ min: 0, max: 5, level: 'medium' });
    // One of two that is true is enough.
    expect(scoreOf('hospital-simplified-2017', { oncologyService: undefined, cancer: true })).toMatchObject({ points: 2, missing: [] });
    expect(scoreOf('hospital-simplified-2017', { oncologyService: undefined, cancer: false })).toMatchObject({
      points: null,
      missing: ['O'],
    });
  });
  test('whatever becomes known lies between the ends that were told', () => {
    const facts = fc.record({
      stayDays: fc.integer({ min: 0, max: 30 }),
      admissionType: fc.constantFrom(...admissionTypes),
      hemoglobinGPerL: fc.integer({ min: 60, max: 180 }),
      sodiumMmolPerL: fc.integer({ min: 120, max: 150 }),
      oncologyService: fc.boolean(),
      cancer: fc.boolean(),
      procedure: fc.boolean(),
      admissions12Months: fc.integer({ min: 0, max: 9 }),
      emergencyVisits6Months: fc.integer({ min: 0, max: 9 }),
      comorbidities: fc.subarray([...comorbidities]),
    });
    const hidden = fc.subarray([
      'hemoglobinGPerL',
      'sodiumMmolPerL',
      'oncologyService',
      'cancer',
      'procedure',
      'admissions12Months',
      'emergencyVisits6Months',
      'comorbidities',
    ] as const);
    fc.assert(
      fc.property(facts, hidden, (known, names) => {
        const partly: RiskFacts = { ...known, ...Object.fromEntries(names.map((name) => [name, undefined])) };
        for (const rule of scores.scores) {
          const [whole, part] = [computeScore(scores, rule, known), computeScore(scores, rule, partly)];
          expect(whole.points).not.toBeNull();
          expect(part.min <= (whole.points ?? -1) && (whole.points ?? 99) <= part.max).toBe(true);
          if (whole.level === 'high') expect(part.level).not.toBe('low');
        }
      }),
    );
  });
});

test('the risk is the highest of the scores that decide; high against advice; what a person sets holds', () => {
  const risk = (
    over: Partial<RiskFacts>,
    override: (typeof riskLevels)[number] | null = null,
    disposition: Disposition | null = 'home',
  ) => {
    const { level, source } = computeRisk(scores, { ...nothing, ...over }, { override, disposition });
    return `${level} ${source}`;
  };
  expect(risk({})).toBe('low scores');
  expect(risk({ stayDays: 14, admissionType: 'urgent' })).toBe('high scores');
  // Only the version of 2013 makes it medium here, and it does not decide.
  expect(risk({ hemoglobinGPerL: 100, oncologyService: true, admissions12Months: 1 })).toBe('low scores');
  expect(risk({}, null, 'against-advice')).toBe('high disposition');
  expect(risk({}, 'low', 'against-advice')).toBe('low override');
  const configured = { ...scores, deciding: { ...scores.deciding, scores: ['hospital-2013' as const] } };
  expect(
    computeRisk(
      configured,
      { ...nothing, hemoglobinGPerL: 100, oncologyService: true, admissions12Months: 1 },
      { override: null, disposition: null },
    ).level,
  ).toBe('medium');
});
