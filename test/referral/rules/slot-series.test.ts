/** A series of slots: which days and times it has, and which of them are reserved. */
import { describe, expect, test } from 'vitest';
import { planSlotSeries, type SlotSeries } from '../../../domain/referral/slot-series.ts';

const HOUR = 3_600_000;
const before = Date.UTC(2026, 1, 1);
const series = (over: Partial<SlotSeries> = {}): SlotSeries => ({
  weekdays: [1, 7],
  from: '2026-03-02',
  to: '2026-03-15',
  times: ['09:30', '08:00'],
  minutes: 30,
  reservedShare: 0,
  releaseHours: 24,
  ...over,
});
const startsOf = (over: Partial<SlotSeries>, now = before) =>
  planSlotSeries(series(over), now).map(({ startsAt }) => new Date(startsAt).toISOString());
const reservedOf = (over: Partial<SlotSeries>) => planSlotSeries(series(over), before).filter(({ reserved }) => reserved).length;

describe('a series of slots', () => {
  test('has its times in Shanghai on its days of the week, in order, the last day too; Sunday is 7', () => {
    expect(startsOf({})).toEqual([
      '2026-03-02T00:00:00.000Z',
      '2026-03-02T01:30:00.000Z',
      '2026-03-08T00:00:00.000Z',
      '2026-03-08T01:30:00.000Z',
      '2026-03-09T00:00:00.000Z',
      '2026-03-09T01:30:00.000Z',
      '2026-03-15T00:00:00.000Z',
      '2026-03-15T01:30:00.000Z',
    ]);
  });

  test('does not leave holidays out', () => {
    expect(startsOf({ weekdays: [4], from: '2026-10-01', to: '2026-10-01', times: ['08:00'] })).toEqual(['2026-10-01T00:00:00.000Z']);
  });

  test('leaves out what has begun', () => {
    expect(startsOf({ weekdays: [1], to: '2026-03-02' }, Date.UTC(2026, 2, 2, 1))).toEqual(['2026-03-02T01:30:00.000Z']);
  });

  test('reserves its share rounded up, evenly over its days, until so many hours before the start', () => {
    const shares: [share: number, reserved: number][] = [
      [0, 0],
      [0.01, 1],
      [0.5, 4],
      [0.51, 5],
      [1, 8],
    ];
    for (const [reservedShare, reserved] of shares) expect(reservedOf({ reservedShare }), String(reservedShare)).toBe(reserved);
    // Binary fractions: 0.07 × 100 is a little more than 7.
    expect(reservedOf({ reservedShare: 0.07, weekdays: [1, 2, 3, 4, 5, 6, 7], to: '2026-04-20' })).toBe(7);
    const planned = planSlotSeries(series({ reservedShare: 0.5, releaseHours: 36 }), before);
    expect(planned.map(({ reserved }) => reserved)).toEqual([true, false, true, false, true, false, true, false]);
    for (const { startsAt, releaseAt, reserved } of planned) expect(releaseAt).toBe(reserved ? startsAt - 36 * HOUR : null);
  });
});
