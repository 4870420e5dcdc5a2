/** The rows of the norm by which a batch of the washer is disinfected. */
import { expect, test } from 'vitest';
import { loadNormRules } from '../../../db/sterile-supply/norm-rules.ts';
import { judgeWash } from '../../../domain/sterile-supply/wash.ts';

const rules = loadNormRules('2026-03-09');

test.each([
  // temperatureC, seconds, directUse, result, row, a0
  [90, 60, false, 'pass', 90, 600],
  [90, 59, false, 'fail', null, 590],
  [89.9, 60, false, 'fail', null, 586],
  [93, 150, false, 'pass', 90, 2993],
  [80, 600, false, 'pass', 80, 600],
  [80, 599, false, 'fail', null, 599],
  [75, 1_800, false, 'pass', 75, 569],
  [75, 1_799, false, 'fail', null, 569],
  [74.9, 100_000, false, 'fail', null, 30_903],
  [93, 150, true, 'pass', 93, 2993],
  [93, 149, true, 'fail', null, 2973],
  [90, 300, true, 'pass', 90, 3000],
  [90, 299, true, 'fail', null, 2990],
  [80, 100_000, true, 'fail', null, 100_000],
] as const)('%d °C for %d s, direct use %s: %s', (temperatureC, seconds, directUse, result, row, a0) => {
  const verdict = judgeWash({ temperatureC, seconds, directUse }, rules);
  expect({ ...verdict, row: verdict.row?.temperatureC ?? null }).toEqual({ result, row, a0 });
});
