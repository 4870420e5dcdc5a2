/** When a breach of the climate begins and ends: by the second reading in a row, at least 15 minutes after the first. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ClimateReading, findBreaches, isInside } from '../../../domain/sterile-supply/climate.ts';

const rules = {
  storageClimate: { belowTemperatureC: 24, belowHumidityPercent: 70 },
  climateBreach: { readingsInARow: 2, minutesApart: 15 },
};
const minutes = (number: number) => number * 60_000;
/** `i` inside, `o` outside, each at its minute. */
const readings = (text: string): ClimateReading[] =>
  text.split(' ').map((one) => ({
    measuredAt: minutes(Number(one.slice(1))),
    temperatureC: one.startsWith('o') ? 26 : 22,
    humidityPercent: 50,
  }));
const found = (text: string, breached = false) =>
  findBreaches(readings(text), breached, rules).map(({ startedAt, endedAt }) => [
    startedAt === null ? null : startedAt / 60_000,
    endedAt === null ? null : endedAt / 60_000,
  ]);

test.each([
  ['one reading outside is no breach', 'i0 o15 i30', []],
  ['the second reading outside in a row begins one', 'o0 o15', [[15, null]]],
  ['a reading inside between them breaks the row', 'o0 i15 o30', []],
  ['two readings outside within 15 minutes are one', 'o0 o14', []],
  ['a reading too close keeps the row going', 'o0 o10 o20', [[20, null]]],
  ['the first reading inside does not end it', 'o0 o15 i30', [[15, null]]],
  ['the second reading inside ends it', 'o0 o15 i30 i45', [[15, 45]]],
  ['a reading outside in between keeps it', 'o0 o15 i30 o45 i60', [[15, null]]],
  [
    'a second breach follows the first',
    'o0 o15 i30 i45 o60 o75',
    [
      [15, 45],
      [75, null],
    ],
  ],
] as const)('%s', (_, text, expected) => {
  expect(found(text)).toEqual(expected);
});

test('what was a breach before the readings goes on, and ends with the second reading inside', () => {
  expect(found('i0 i15', true)).toEqual([[null, 15]]);
  expect(found('i0 o15 i30', true)).toEqual([[null, null]]);
});

test.each([
  [23.9, 69.9, true],
  [24, 50, false],
  [20, 70, false],
])('%s °C and %s %% is inside: %s', (temperatureC, humidityPercent, inside) => {
  expect(isInside({ temperatureC, humidityPercent }, rules)).toBe(inside);
});

const drawnReadings = fc.uniqueArray(fc.record({ minute: fc.nat(600), outside: fc.boolean() }), {
  selector: ({ minute }) => minute,
  maxLength: 40,
});

test('breaches depend on when it was measured, not on the order in which readings came', () => {
  fc.assert(
    fc.property(drawnReadings, fc.integer(), (drawn, salt) => {
      const list = drawn.map(({ minute, outside }) => ({
        measuredAt: minutes(minute),
        temperatureC: outside ? 30 : 20,
        humidityPercent: 50,
      }));
      const shuffled = [...list].sort((a, b) => ((a.measuredAt * 31 + salt) % 97) - ((b.measuredAt * 31 + salt) % 97));
      expect(findBreaches(shuffled, false, rules)).toEqual(findBreaches(list, false, rules));
    }),
  );
});

test('what comes later never changes breaches that had ended', () => {
  fc.assert(
    fc.property(drawnReadings, (drawn) => {
      const list = [...drawn]
        .sort((a, b) => a.minute - b.minute)
        .map(({ minute, outside }) => ({ measuredAt: minutes(minute), temperatureC: outside ? 30 : 20, humidityPercent: 50 }));
      const all = findBreaches(list, false, rules);
      const half = findBreaches(list.slice(0, Math.floor(list.length / 2)), false, rules).filter(({ endedAt }) => endedAt !== null);
      expect(all.slice(0, half.length)).toEqual(half);
    }),
  );
});
