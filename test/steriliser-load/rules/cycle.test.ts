import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadNormRules } from '../../../db/sterile-supply/norm-rules.ts';
import type { Program } from '../../../domain/sterile-supply/vocabulary.ts';
import { type CycleRecord, judgeCycle } from '../../../domain/steriliser-load/cycle.ts';

const rules = loadNormRules('2026-03-09');

const good: CycleRecord = {
  exposureSeconds: 240,
  minTemperatureC: 134,
  maxTemperatureC: 137,
  minPressureKpa: 201.7,
  maxPressureKpa: 229.3,
};

describe('a cycle passes when time, temperature and pressure all reach its program', () => {
  test.each<[what: string, program: Program, record: Partial<CycleRecord>, missed: string[]]>([
    ['every bound itself', 'steam-134', {}, []],
    ['a second too short', 'steam-134', { exposureSeconds: 239 }, ['exposure']],
    ['below the set temperature for a moment', 'steam-134', { minTemperatureC: 133.9 }, ['temperature']],
    ['more than 3 K above it', 'steam-134', { maxTemperatureC: 137.1 }, ['temperature']],
    ['pressure too low', 'steam-134', { minPressureKpa: 201.6 }, ['pressure']],
    ['pressure too high', 'steam-134', { maxPressureKpa: 229.4 }, ['pressure']],
    ['all at once', 'steam-134', { exposureSeconds: 1, minTemperatureC: 20, maxPressureKpa: 500 }, ['exposure', 'temperature', 'pressure']],
    ['132 °C', 'steam-132', { minTemperatureC: 132, maxTemperatureC: 135, minPressureKpa: 184.4, maxPressureKpa: 210.7 }, []],
    ['134 °C in a program of 132 °C', 'steam-132', { minPressureKpa: 184.4, maxPressureKpa: 210.7 }, ['temperature']],
    [
      '121 °C for 30 minutes',
      'steam-121',
      { exposureSeconds: 1_800, minTemperatureC: 121, maxTemperatureC: 124, minPressureKpa: 102.8, maxPressureKpa: 122.9 },
      [],
    ],
    [
      '121 °C for 4 minutes',
      'steam-121',
      { minTemperatureC: 121, maxTemperatureC: 124, minPressureKpa: 102.8, maxPressureKpa: 122.9 },
      ['exposure'],
    ],
  ])('%s', (_, program, record, missed) => {
    const { physical, because } = judgeCycle(program, { ...good, ...record }, rules);
    expect(physical).toBe(missed.length === 0 ? 'pass' : 'fail');
    expect(because.map(({ rule, clause }) => [rule, clause])).toEqual(missed.map((bound) => ['WS 310.2 5.8', `${program}: ${bound}`]));
  });

  test('a record that passes passes with more time as well, and never with a wider temperature', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7_200 }), fc.double({ min: 0, max: 5, noNaN: true }), (seconds, wider) => {
        expect(judgeCycle('steam-134', { ...good, exposureSeconds: 240 + seconds }, rules).physical).toBe('pass');
        const wide = { ...good, minTemperatureC: 134 - wider, maxTemperatureC: 137 + wider };
        expect(judgeCycle('steam-134', wide, rules).physical).toBe(
          wide.minTemperatureC >= 134 && wide.maxTemperatureC <= 137 ? 'pass' : 'fail',
        );
      }),
    );
  });
});
