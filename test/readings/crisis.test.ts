/** No value at or beyond a crisis threshold slips through, in whatever state the reading is stored. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readingProtocol } from '../../db/readings/protocol.ts';
import { findCrisis, findCrisisToConfirm } from '../../domain/readings/crisis.ts';
import { quarantineOf } from '../../domain/readings/quarantine.ts';
import type { Comparators } from '../../domain/readings/reading.ts';

const NOW = Date.parse('2026-12-01T01:00:00Z');
const DAY = 86_400_000;

type Number = { systolic: number | null; diastolic: number | null; value: number | null };
const pressure = (systolic: number, diastolic: number) => ({ kind: 'blood-pressure', systolic, diastolic, value: null }) as const;
const glucose = (value: number) => ({ kind: 'random-glucose', systolic: null, diastolic: null, value }) as const;

/** The thresholds as the documents say them, written down a second time; a number beyond what anybody has is dangerous too, a code for no value is not. */
const isDangerous = ({ systolic, diastolic, value }: Number): boolean => {
  const can = (number: number | null, least: number, most: number) =>
    number !== null && number >= least && number <= most && ![2_046, 2_047, 2_048, 2_049, 2_050].includes(number);
  return can(systolic, 180, 9_999) || can(diastolic, 110, 9_999) || can(value, 16.7, 9_999) || can(value, 0, 3.9);
};

function judge(
  measured: ReturnType<typeof pressure> | ReturnType<typeof glucose>,
  measuredAt: number,
  context: 'device' | 'clinic' = 'device',
) {
  const reading = { ...measured, context, measuredAt, receivedAt: NOW };
  const quarantine = quarantineOf(reading, { birthDate: '1950-01-01', deceasedAt: null }, readingProtocol) ?? null;
  return { quarantine, crisis: findCrisisToConfirm({ ...reading, quarantine }, readingProtocol) };
}

test('every value at or beyond a threshold has to be confirmed, and no other, whatever else is wrong with the reading', () => {
  const numbers = fc.oneof(
    fc.record({ systolic: fc.integer({ min: -10, max: 2_100 }), diastolic: fc.integer({ min: -10, max: 2_100 }) }),
    fc.record({ systolic: fc.integer({ min: 170, max: 310 }), diastolic: fc.integer({ min: 100, max: 210 }) }),
  );
  const measured = fc.oneof(
    numbers.map(({ systolic, diastolic }) => pressure(systolic, diastolic)),
    fc.integer({ min: 0, max: 700 }).map((tenths) => glucose(tenths / 10)),
  );
  // Of now, of the last week, of a clock that is ahead or has fallen back.
  const measuredAt = fc.oneof(
    fc.integer({ min: 0, max: 7 * 24 }).map((hours) => NOW - hours * 3_600_000),
    fc.integer({ min: 1, max: 400 }).map((days) => NOW + days * DAY),
    fc.integer({ min: 91, max: 40_000 }).map((days) => NOW - days * DAY),
  );
  fc.assert(
    fc.property(measured, measuredAt, (one, at) => {
      expect(judge(one, at).crisis !== undefined).toBe(isDangerous(one));
    }),
    { numRuns: 1_000 },
  );
});

describe('not to be confirmed', () => {
  test.each([
    ['a recorded one of eight days ago', glucose(20), NOW - 8 * DAY, 'device'],
    ['one in the memory of a device, of three months ago', glucose(20), NOW - 90 * DAY, 'device'],
    ['a value that staff write down of half a year ago', pressure(200, 120), NOW - 180 * DAY, 'clinic'],
    ['a value that staff write down of years ago', pressure(200, 120), NOW - 2_000 * DAY, 'clinic'],
    ['a number below zero', glucose(-1), NOW, 'device'],
    ['pressures far below those of anybody', pressure(30, 10), NOW, 'device'],
    ['two pressures that cannot be', pressure(2_047, 2_047), NOW, 'device'],
  ] as const)('%s', (_, one, at, context) => {
    expect(judge(one, at, context).crisis).toBeUndefined();
  });

  test('one that was measured after a death', () => {
    const reading = {
      ...glucose(20),
      context: 'device',
      measuredAt: NOW,
      receivedAt: NOW,
      quarantine: { code: 'after-death', evidence: {} },
    } as const;
    expect(findCrisisToConfirm(reading, readingProtocol)).toBeUndefined();
  });
});

test('a clock that fell back by less than three years: the value stays in the chart, counts from its arrival and is confirmed', () => {
  for (const at of ['2024-01-01T00:03:00Z', '2025-11-30T08:00:00Z', '2026-01-01T00:00:00Z']) {
    const { quarantine, crisis } = judge(pressure(227, 131), Date.parse(at));
    expect([at, quarantine, crisis?.effectiveAt]).toEqual([at, null, NOW]);
  }
});

test('the worse a value is, the higher its severity, of a low glucose too', () => {
  const severityOf = (one: Parameters<typeof findCrisis>[0]) => findCrisis(one, readingProtocol)?.severity ?? 0;
  expect([pressure(180, 90), pressure(190, 90), pressure(150, 130)].map(severityOf)).toEqual([1, 190 / 180, 130 / 110]);
  expect(severityOf(glucose(2))).toBeGreaterThan(severityOf(glucose(3)));
  expect(severityOf(glucose(0))).toBeGreaterThan(severityOf(glucose(2)));
  expect(severityOf(glucose(3.9))).toBe(1);
});

test('a wrong clock counts from the arrival, so that a value measured later is one that was measured after it', () => {
  expect(judge(pressure(190, 100), NOW + DAY).crisis?.effectiveAt).toBe(NOW);
  expect(judge(pressure(190, 100), NOW - 2_000 * DAY).crisis?.effectiveAt).toBe(NOW);
  expect(judge(pressure(190, 100), NOW - DAY).crisis?.effectiveAt).toBe(NOW - DAY);
});

describe('a value beyond what anybody has is put aside, and somebody looks the same day', () => {
  test.each([
    [pressure(350, 90), 'too-high', '350/90', '180/110'],
    [pressure(301, 201), 'too-high', '301/201', '180/110'],
    [pressure(150, 250), 'too-high', '150/250', '180/110'],
    [glucose(61), 'too-high', 61, 16.7],
    [glucose(99.9), 'too-high', 99.9, 16.7],
    [glucose(0.5), 'too-low', 0.5, 3.9],
    [glucose(0), 'too-low', 0, 3.9],
  ] as const)('%j', (one, code, value, threshold) => {
    expect(judge(one, NOW)).toMatchObject({ quarantine: { code }, crisis: { value, threshold, quarantine: code, severity: 1 } });
  });

  test('it stands behind every value that can be true, so that it hides none', () => {
    const worst = judge(glucose(999), NOW).crisis?.severity ?? 9;
    for (const one of [pressure(180, 90), pressure(181, 300), glucose(16.7), glucose(3.9)])
      expect(judge(one, NOW).crisis?.severity).toBeGreaterThanOrEqual(worst);
  });
});

test('a meter that shows HI is shown so', () => {
  const reading = {
    ...glucose(33.3),
    context: 'device',
    measuredAt: NOW,
    receivedAt: NOW,
    quarantine: null,
    comparators: { value: '>' },
  } as const;
  expect(findCrisisToConfirm(reading, readingProtocol)).toMatchObject({ value: '>33.3', rule: 'glucose-crisis-high' });
});

describe('a value beyond the range of the meter is at least, or at most, what is given', () => {
  const judgeBeyond = (measured: ReturnType<typeof pressure> | ReturnType<typeof glucose>, comparators: Comparators) => {
    const reading = { ...measured, comparators, context: 'device' as const, measuredAt: NOW, receivedAt: NOW };
    const quarantine = quarantineOf(reading, { birthDate: '1950-01-01', deceasedAt: null }, readingProtocol) ?? null;
    return [quarantine?.code, findCrisisToConfirm({ ...reading, quarantine }, readingProtocol)?.value];
  };
  test.each([
    ['HI', glucose(33.3), { value: '>' }, undefined, '>33.3'],
    ['HI, of a meter that ends higher than anybody lives', glucose(61), { value: '>=' }, undefined, '>=61'],
    ['LO', glucose(1.1), { value: '<' }, undefined, '<1.1'],
    ['LO, of a meter that begins lower than anybody lives', glucose(0.3), { value: '<' }, undefined, '<0.3'],
    ['at most what is far too high: it may be anything', glucose(20), { value: '<' }, undefined, undefined],
    ['at least what is far too low: it may be anything', glucose(2), { value: '>' }, undefined, undefined],
    ['at least a code for no value', glucose(2_047), { value: '>' }, 'no-value', undefined],
    ['a systolic pressure above the cuff', pressure(299, 120), { systolic: '>' }, undefined, '>299/120'],
    ['a systolic pressure above another cuff, below a diastolic one', pressure(120, 130), { systolic: '>' }, undefined, '>120/130'],
    ['a diastolic pressure below the cuff', pressure(190, 30), { diastolic: '<' }, undefined, '190/<30'],
  ] as const)('%s', (_, measured, comparators, code, value) => {
    expect(judgeBeyond(measured, comparators)).toEqual([code, value]);
  });
});

describe('a number that a device sends where it has none is no value', () => {
  const specials = [
    2_047, 2_046, -2_048, 2_048, -2_046, -2_047, 32_767, -32_768, 65_535, 8_388_607, 8_388_606, -8_388_608, -8_388_606, 2_147_483_647,
  ];
  test.each(specials)('%i', (special) => {
    expect(judge(glucose(special), NOW)).toMatchObject({
      quarantine: { code: 'no-value', evidence: { value: special } },
      crisis: undefined,
    });
    expect(judge(pressure(120, special), NOW)).toMatchObject({ quarantine: { code: 'no-value' }, crisis: undefined });
    // The other part can be true, and somebody looks at it the same day.
    for (const one of [pressure(226, special), pressure(special, 131)])
      expect(judge(one, NOW)).toMatchObject({ quarantine: { code: 'no-value' }, crisis: { rule: 'blood-pressure-crisis' } });
  });

  test('no special value is one that can be true', () => {
    for (const { least, most } of readingProtocol.plausible)
      expect(specials.filter((special) => special >= least && special <= most)).toEqual([]);
  });
});
