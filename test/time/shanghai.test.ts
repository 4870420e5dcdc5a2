import fc from 'fast-check';
import { expect, test } from 'vitest';
import { localDateOf, startOf } from '../../domain/time/local-date.ts';
import { DAY_MS, SHANGHAI_ZONE, startOfDay, startOfMonth, toShanghaiSecond } from '../../domain/time/shanghai.ts';

const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'medium' });
const instants = fc.integer({ min: Date.parse('1992-01-01T00:00:00Z'), max: Date.parse('2199-12-31T00:00:00Z') });

test('a wall clock, a date and a midnight in Shanghai are those of the table of time zones', () => {
  fc.assert(
    fc.property(instants, (at) => {
      const shown = clock.format(at);
      expect(toShanghaiSecond(at)).toBe(shown);
      expect(localDateOf(at)).toBe(shown.slice(0, 10));
      expect(startOfDay(at)).toBe(Date.parse(`${shown.slice(0, 10)}T00:00:00${SHANGHAI_ZONE}`));
      expect(startOf(localDateOf(at))).toBe(startOfDay(at));
    }),
  );
});

test('months follow each other without a gap, over the end of a year too', () => {
  expect(startOfMonth('2026-12', 1)).toEqual(startOfMonth('2027-01'));
  expect(toShanghaiSecond(startOfMonth('2026-12', 1))).toBe('2027-01-01 00:00:00');
  expect((startOfMonth('2024-02', 1).getTime() - startOfMonth('2024-02').getTime()) / DAY_MS).toBe(29);
});
