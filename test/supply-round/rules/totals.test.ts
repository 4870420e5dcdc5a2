import fc from 'fast-check';
import { expect, test } from 'vitest';
import { returnDueAtOf } from '../../../domain/supply-round/return-due.ts';
import { totalsOf } from '../../../domain/supply-round/totals.ts';
import { travelMinutes } from '../../../domain/supply-round/travel.ts';

test('loaded is delivered, returned and aboard together, whatever became of the packs', () => {
  const packs = fc.array(fc.record({ packId: fc.uuid(), delivered: fc.boolean(), aboard: fc.boolean() }));
  fc.assert(
    fc.property(packs, (loaded) => {
      const totals = totalsOf(loaded);
      expect(totals.loaded).toBe(loaded.length);
      expect(totals.delivered + totals.returned + totals.aboard).toBe(totals.loaded);
      expect(totals.delivered).toBe(loaded.filter(({ delivered }) => delivered).length);
    }),
  );
});

const rules = { detourFactor: 1.3, kmPerHour: 30, minutesAtStop: 10 };
const depot = { latitude: 21.5, longitude: 113.5 };
/** A degree of latitude is 111.195 km on the sphere. */
const north = { latitude: 21.6, longitude: 113.5 };

test('the way is the great circle with its detours at 30 km/h, as long back as there', () => {
  expect(travelMinutes(depot, north, rules)).toBeCloseTo(((11.1195 * 1.3) / 30) * 60, 2);
  expect(travelMinutes(north, depot, rules)).toBe(travelMinutes(depot, north, rules));
  expect(travelMinutes(depot, depot, rules)).toBe(0);
});

test('a round is due back after its last stop and the way home', () => {
  const departAt = 1_000_000;
  const stops = [5, 3].map((hours) => ({ arriveAt: departAt + hours * 3_600_000, position: north }));
  const way = travelMinutes(north, depot, rules);
  expect(returnDueAtOf({ departAt, stops, depot }, rules)).toBe(departAt + 5 * 3_600_000 + Math.round((10 + way) * 60_000));
  expect(returnDueAtOf({ departAt, stops: [], depot }, rules)).toBe(departAt);
});
