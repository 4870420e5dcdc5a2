/** The arithmetic of a count: what adds up whatever was counted, who is suspected, what has to be cleared up. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CollectLine,
  differs,
  findingsOf,
  type LineCount,
  missingSets,
  numbersOf,
  receivedSets,
  suspectOf,
} from '../../../domain/exchange-slip/count.ts';

const line = (over: Partial<CollectLine> = {}): CollectLine => ({
  id: 'line-1',
  setTypeId: 'dressing-set',
  declared: 2,
  setInstanceIds: [],
  courierCount: null,
  ...over,
});
const count = (over: Partial<LineCount> = {}): LineCount => ({ received: 2, damaged: 0, incomplete: [], setInstanceIds: [], ...over });
const forceps = { itemCode: 'forceps', quantity: 1 };

test('declared = received + missing - extra, whatever was declared and received, and one of the two is 0', () => {
  fc.assert(
    fc.property(fc.nat(1_000), fc.nat(1_000), fc.nat(50), fc.nat(50), (declared, received, damaged, incomplete) => {
      const numbers = numbersOf(declared, {
        received,
        damaged,
        incomplete: Array.from({ length: incomplete }, () => ({ setInstanceId: null, missingItems: [] })),
      });
      expect(numbers.received + numbers.missing - numbers.extra).toBe(declared);
      expect(Math.min(numbers.missing, numbers.extra)).toBe(0);
      expect(Math.min(numbers.missing, numbers.extra, numbers.damaged, numbers.incomplete)).toBeGreaterThanOrEqual(0);
      expect([numbers.damaged, numbers.incomplete]).toEqual([damaged, incomplete]);
    }),
  );
});

test('a line differs exactly when a number does, where nobody has told the sets', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.nat(100), (declared, received) => {
      expect(differs(line({ declared }), count({ received }))).toBe(declared !== received);
    }),
  );
});

describe('who is suspected', () => {
  test.each<[string, Partial<CollectLine>, Partial<LineCount>, boolean, string | null]>([
    ['nobody, where all is there', {}, {}, false, null],
    ['nobody, where all is there in a box with a broken seal', {}, {}, true, null],
    ['the centre, of what it did not put in', {}, { received: 1 }, false, 'centre'],
    ['the centre, where the courier counted the same as the department', { courierCount: 1 }, { received: 1 }, false, 'centre'],
    ['the centre, where courier and department agree with nobody', { courierCount: 3 }, { received: 1 }, false, 'centre'],
    ['the transport, where the courier counted what was declared', { courierCount: 2 }, { received: 1 }, false, 'transport'],
    ['the transport, where the courier counted what was declared and more came', { courierCount: 2 }, { received: 3 }, false, 'transport'],
    ['the transport, where the seal is broken', {}, { received: 1 }, true, 'transport'],
    ['the transport, of a set that is damaged in a box with a broken seal', {}, { damaged: 1 }, true, 'transport'],
    [
      'the centre, of a set that lacks something although all were counted',
      { courierCount: 2 },
      { incomplete: [{ setInstanceId: null, missingItems: [forceps] }] },
      false,
      'centre',
    ],
    [
      'the centre, where another set came than was declared',
      { setInstanceIds: ['a', 'b'] },
      { setInstanceIds: ['a', 'c'] },
      false,
      'centre',
    ],
  ])('%s', (_, declared, counted, sealBroken, suspect) => {
    expect(suspectOf(line(declared), count(counted), { sealBroken })).toBe(suspect);
  });
});

describe('what has to be cleared up', () => {
  const kinds = (declared: Partial<CollectLine>, counted: Partial<LineCount>) =>
    findingsOf(line(declared), count(counted), 'centre').map(({ kind, subject }) => [kind, subject.type, subject.id]);

  test('nothing of a line that is whole', () => expect(kinds({}, {})).toEqual([]));
  test('one for a difference, about the line', () => {
    expect(kinds({}, { received: 0 })).toEqual([['count', 'slip-line', 'line-1']]);
    expect(kinds({}, { received: 5 })).toEqual([['count', 'slip-line', 'line-1']]);
  });
  test('one for each set that lacks something and is known, one for those that are not', () => {
    const incomplete = ['a', 'b', null, null].map((setInstanceId) => ({ setInstanceId, missingItems: [forceps] }));
    expect(kinds({ declared: 4 }, { received: 4, incomplete })).toEqual([
      ['missing-item', 'set-instance', 'a'],
      ['missing-item', 'set-instance', 'b'],
      ['missing-item', 'slip-line', 'line-1'],
    ]);
  });
  test('one for what is damaged', () => expect(kinds({}, { damaged: 2 })).toEqual([['damage', 'slip-line', 'line-1']]));
  test('all of them beside each other', () => {
    expect(
      kinds({}, { received: 1, damaged: 0, incomplete: [{ setInstanceId: 'a', missingItems: [forceps] }], setInstanceIds: ['a'] }),
    ).toEqual([
      ['count', 'slip-line', 'line-1'],
      ['missing-item', 'set-instance', 'a'],
    ]);
  });
  test('the sets that are missing are told where they are known', () => {
    const [finding] = findingsOf(line({ setInstanceIds: ['a', 'b'] }), count({ received: 1, setInstanceIds: ['a'] }), 'centre');
    expect(finding?.evidence).toMatchObject({ declared: 2, received: 1, missing: 1, extra: 0, missingSetInstanceIds: ['b'] });
  });
});

describe('which sets are missing', () => {
  test.each<[string, string[], Partial<LineCount>, string[] | undefined]>([
    ['those that were declared and did not come', ['a', 'b'], { received: 1, setInstanceIds: ['b'] }, ['a']],
    ['all, where nothing came', ['a', 'b'], { received: 0 }, ['a', 'b']],
    ['nobody knows, where the codes of what came were not read', ['a', 'b'], { received: 1 }, undefined],
    ['none of a line that names none', [], { received: 1, setInstanceIds: ['x'] }, []],
  ])('%s', (_, setInstanceIds, counted, expected) => {
    expect(missingSets({ setInstanceIds }, { received: 2, setInstanceIds: [], ...counted })).toEqual(expected);
  });
});

describe('which sets came, where their codes were not read', () => {
  const candidates = ['x', 'y'].map((id) => ({ id, setTypeId: 'dressing-set' }));
  test.each<[string, Partial<CollectLine>, Partial<LineCount>, string[]]>([
    ['those that were read', {}, { setInstanceIds: ['q'] }, ['q']],
    ['those that were declared, when all came', { setInstanceIds: ['a', 'b'] }, {}, ['a', 'b']],
    ['nobody knows, when one of those did not come', { setInstanceIds: ['a', 'b'] }, { received: 1 }, []],
    ['those that lie in the boxes, when there are no more of them', {}, {}, ['x', 'y']],
    ['nobody knows, when there are more of them', {}, { received: 1 }, []],
    ['none of another type', { setTypeId: 'suture-set' }, {}, []],
    ['none, when nothing came', { declared: 0 }, { received: 0 }, []],
  ])('%s', (_, declared, counted, expected) => {
    expect(receivedSets(line(declared), count(counted), candidates)).toEqual(expected);
  });
});
