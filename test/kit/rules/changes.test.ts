/** What has changed is found and applied without loss, whatever the two values are; a change that belongs to another value is refused. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyChange, findChange, isSameJson } from '../../../domain/kit/changes.ts';

const noAtom = (): boolean => false;
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));

/** Lists of things with ids, some of which stay, move, go and change. */
const things = fc.uniqueArray(fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), value: fc.jsonValue({ maxDepth: 1 }) }), {
  selector: ({ id }) => id,
});
const values = fc.oneof(fc.jsonValue({ maxDepth: 3 }), things, fc.record({ things, others: fc.jsonValue({ maxDepth: 2 }) }));

test('of any two values the change makes the later from the earlier, and is shorter than it', () => {
  fc.assert(
    fc.property(values, values, (first, second) => {
      const [before, after] = [plain(first), plain(second)];
      const change = findChange(before, after, noAtom);
      if (change === undefined) return;
      expect(applyChange(before, plain(change))).toEqual(after);
      expect(JSON.stringify(change).length).toBeLessThan(JSON.stringify(after).length);
    }),
    { numRuns: 2_000 },
  );
});

test('an item that is added to a long list, and one that is dropped at its beginning, cost that item alone', () => {
  const visits = Array.from({ length: 50 }, (_, n) => ({ id: `visit-${n}`, form: 'x'.repeat(300) }));
  const added = { id: 'visit-50', form: 'y' };
  const change = findChange(visits, [...visits.slice(1), added], noAtom);
  expect(change).toEqual({ drop: ['0'], add: [[49, added]] });
  expect(applyChange(visits, change ?? {})).toEqual([...visits.slice(1), added]);
});

test('an item that changes within costs what has changed in it, under whatever place it stands', () => {
  const before = [
    { id: 'one', lessons: ['salt', 'medication'], note: 'x'.repeat(50) },
    { id: 'two', lessons: ['hypertension-warning-signs'], note: 'y'.repeat(50) },
  ];
  const after = [before[0], { ...before[1], lessons: ['hypertension-warning-signs', 'd'] }];
  expect(findChange(before, after, noAtom)).toEqual({ in: { 1: { in: { lessons: { add: [[1, 'd']] } } } } });
});

test('what must not be looked into is written whole', () => {
  const [before, after] = [{ document: { $doc: 'one', more: 'x'.repeat(50) } }, { document: { $doc: 'two', more: 'x'.repeat(50) } }];
  const isAtom = (value: unknown): boolean => typeof value === 'object' && value !== null && '$doc' in value;
  expect(findChange({ ...before, rest: 'y'.repeat(99) }, { ...after, rest: 'y'.repeat(99) }, isAtom)).toEqual({ set: after });
});

test('a change does not pass on a value that it was not found on', () => {
  expect(() => applyChange('text', { set: { a: 1 } })).toThrow();
  expect(() => applyChange({ a: 'text' }, { in: { a: { set: { b: 1 } } } })).toThrow();
  expect(() => applyChange(['a'], { set: { 3: 'b' } })).toThrow();
  expect(() => applyChange([], { add: [[4, 'b']] })).toThrow();
});

test('the order of members does not make another value, their names and the order of items do', () => {
  expect(isSameJson({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
  expect(isSameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(isSameJson([1, 2], [2, 1])).toBe(false);
  expect(isSameJson({ constructor: 1 }, {})).toBe(false);
});
