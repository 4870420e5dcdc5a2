import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultQuietHours, endOfQuiet, isQuiet } from '../../../domain/messages/quiet-hours.ts';
import { DAY_MS, startOfDay } from '../../../domain/time/shanghai.ts';

const at = (shanghai: string): number => Date.parse(`${shanghai}+08:00`);

describe('by default, in Asia/Shanghai', () => {
  test.each([
    ['2026-03-01T20:59:59.999', '2026-03-01T20:59:59.999'],
    ['2026-03-01T21:00:00', '2026-03-02T08:00:00'],
    ['2026-03-01T23:59:59', '2026-03-02T08:00:00'],
    ['2026-03-02T00:00:00', '2026-03-02T08:00:00'],
    ['2026-03-02T07:59:59.999', '2026-03-02T08:00:00'],
    ['2026-03-02T08:00:00', '2026-03-02T08:00:00'],
    ['2026-12-31T22:00:00', '2027-01-01T08:00:00'],
  ])('a message of %s may go at %s', (written, sent) => {
    expect(endOfQuiet(at(written), defaultQuietHours)).toBe(at(sent));
  });
});

const minute = fc.integer({ min: 0, max: 24 * 60 - 1 });
const anyHours = fc.record({ fromMinute: minute, untilMinute: minute });
const anyInstant = fc.integer({ min: at('2000-01-01T00:00:00'), max: at('2100-01-01T00:00:00') });

describe('for any quiet hours', () => {
  test('a wait ends when it is not quiet, within a day, and all of it was quiet', () => {
    fc.assert(
      fc.property(anyInstant, anyHours, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (instant, hours, share) => {
        const end = endOfQuiet(instant, hours);
        expect(isQuiet(end, hours)).toBe(false);
        expect(end - instant).toBeGreaterThanOrEqual(0);
        expect(end - instant).toBeLessThan(DAY_MS);
        if (end > instant) expect(isQuiet(instant + Math.floor((end - instant) * share), hours)).toBe(true);
      }),
    );
  });

  test('waiting twice is waiting once', () => {
    fc.assert(
      fc.property(anyInstant, anyHours, (instant, hours) => {
        const end = endOfQuiet(instant, hours);
        expect(endOfQuiet(end, hours)).toBe(end);
      }),
    );
  });

  test('hours that end when they begin are never quiet', () => {
    fc.assert(
      fc.property(anyInstant, minute, (instant, same) => {
        expect(isQuiet(instant, { fromMinute: same, untilMinute: same })).toBe(false);
      }),
    );
  });

  test('a day begins at local midnight', () => {
    fc.assert(
      fc.property(anyInstant, (instant) => {
        expect(new Date(startOfDay(instant)).toISOString()).toMatch(/T16:00:00.000Z$/);
        expect(instant - startOfDay(instant)).toBeLessThan(DAY_MS);
      }),
    );
  });
});
