/** The machine of a set, cell by cell, and what its count sheet allows. */
import { describe, expect, test } from 'vitest';
import {
  allowedSetActs,
  findWrongMissingItem,
  needsPretreatment,
  setActs,
  setStatusAfter,
  setStatusAfterInspection,
} from '../../../domain/sterile-supply/sets.ts';
import { setStatuses } from '../../../domain/sterile-supply/vocabulary.ts';

describe('what may be done with a set', () => {
  const table: Record<(typeof setStatuses)[number], readonly string[]> = {
    'in-decon': ['wash', 'report-missing', 'retire'],
    washed: ['inspect', 'report-missing', 'retire'],
    inspected: ['assemble', 'report-missing', 'retire'],
    'incomplete-hold': ['complete', 'sign-off-incomplete', 'report-missing', 'retire'],
    repair: ['repaired', 'report-missing', 'retire'],
    packed: [],
    used: ['report-missing', 'retire'],
    'in-transit-soiled': ['report-missing', 'retire'],
    missing: ['retire'],
    retired: [],
  };
  test.each(setStatuses)('that is %s', (status) => {
    expect(allowedSetActs(status)).toEqual(setActs.filter((act) => table[status].includes(act)));
  });
});

test('each act leads where the machine says', () => {
  expect(setStatusAfter).toEqual({
    assemble: 'packed',
    complete: 'inspected',
    'sign-off-incomplete': 'inspected',
    repaired: 'in-decon',
    'report-missing': 'missing',
    retire: 'retired',
  });
  expect(setStatusAfterInspection).toEqual({ pass: 'inspected', incomplete: 'incomplete-hold', damaged: 'repair' });
});

test('only a special pathogen asks for a pretreatment', () => {
  expect(needsPretreatment(null, null)).toBe(false);
  for (const special of ['prion', 'gas-gangrene', 'unknown-pathogen'] as const) {
    expect(needsPretreatment(special, null)).toBe(true);
    expect(needsPretreatment(special, '1 mol/L NaOH, 60 min')).toBe(false);
  }
});

describe('what a set lacks', () => {
  const sheet = [
    { itemCode: 'forceps', name: { zh: '镊子', en: 'Forceps' }, quantity: 2 },
    { itemCode: 'bowl', name: { zh: '弯盘', en: 'Kidney dish' }, quantity: 1 },
  ];
  test.each([
    ['nothing', [], -1],
    ['all of an item', [{ itemCode: 'forceps', quantity: 2 }], -1],
    [
      'more than there are',
      [
        { itemCode: 'bowl', quantity: 1 },
        { itemCode: 'forceps', quantity: 3 },
      ],
      1,
    ],
    ['what it never held', [{ itemCode: 'needle', quantity: 1 }], 0],
    [
      'an item twice',
      [
        { itemCode: 'forceps', quantity: 1 },
        { itemCode: 'forceps', quantity: 1 },
      ],
      1,
    ],
  ])('%s', (_, missing, wrong) => {
    expect(findWrongMissingItem(sheet, missing)).toBe(wrong);
  });
});
