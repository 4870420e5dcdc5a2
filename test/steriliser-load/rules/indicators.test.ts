import { describe, expect, test } from 'vitest';
import { type Growth, isRunOf, readBiologicalIndicator } from '../../../domain/steriliser-load/indicators.ts';
import { allowedSteriliserActs, countPassedRuns, type RunResult } from '../../../domain/steriliser-load/steriliser.ts';

describe('the reading of a biological indicator', () => {
  const grown = { lot: 'L1', growth: true };
  test.each<[what: string, given: Growth, readAt: number, outcome: string]>([
    ['growth long before the incubation is over', { growth: true }, 1, 'fail'],
    ['growth, whatever the control', { growth: true, control: { lot: 'L2', growth: false } }, 200, 'fail'],
    ['no growth a moment too soon', { growth: false, control: grown }, 99, 'incubation-not-over'],
    ['no growth, control grown, same lot', { growth: false, control: grown }, 100, 'pass'],
    ['no control', { growth: false }, 200, 'invalid'],
    ['control of another lot', { growth: false, control: { lot: 'L2', growth: true } }, 200, 'invalid'],
    ['control that did not grow', { growth: false, control: { lot: 'L1', growth: false } }, 200, 'invalid'],
  ])('%s', (_, given, readAt, outcome) => {
    const reading = readBiologicalIndicator(given, { lot: 'L1', dueAt: 100 }, readAt);
    expect(reading.ok ? reading.status : reading.refusal.code).toBe(outcome);
  });
});

describe('several in a row', () => {
  test.each<[results: string, index: number, count: number, isRun: boolean]>([
    ['I', 0, 2, false],
    ['II', 1, 2, true],
    ['IPI', 2, 2, false],
    ['PII', 2, 2, true],
    ['IIP', 1, 2, true],
    ['IIP', 2, 2, false],
    ['IFI', 2, 2, false],
  ])('%s at %d: %d are %s', (results, index, count, isRun) => expect(isRunOf([...results], index, 'I', count)).toBe(isRun));
});

describe('a requalification', () => {
  const results: Record<string, RunResult> = { P: 'pass', F: 'fail', '?': null };
  test.each([
    ['', 0],
    ['P', 1],
    ['PPP', 3],
    ['PPF', 0],
    ['PFP', 1],
    ['P?P', 2],
    ['PP?', 2],
    ['F?P', 1],
  ])('after %s %d have passed', (runs, passed) => {
    expect(countPassedRuns([...runs].map((run) => results[run] ?? null))).toBe(passed);
  });

  test('a steriliser returns to service only after the third run', () => {
    const acts = (passed: number) => allowedSteriliserActs('requalifying', { passed, of: 3 });
    expect(acts(2)).toEqual(['take-out', 'retire']);
    expect(acts(3)).toEqual(['take-out', 'return-to-service', 'retire']);
    expect(allowedSteriliserActs('in-service', { passed: 0, of: 3 })).toEqual(['take-out', 'retire']);
    expect(allowedSteriliserActs('out-of-service', { passed: 0, of: 3 })).toEqual(['begin-requalification', 'retire']);
    expect(allowedSteriliserActs('retired', { passed: 3, of: 3 })).toEqual([]);
  });
});
