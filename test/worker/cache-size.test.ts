import { expect, test } from 'vitest';
import { chooseCachedPathways, readMemoryBytes } from '../../worker/cache-size.ts';

test.each([
  [1e9, 200],
  [4e9, 400],
  [8e9, 800],
  [512e9, 2_000],
])('a machine with %d bytes keeps %d pathways at hand', (bytes, count) => {
  expect(chooseCachedPathways(bytes)).toBe(count);
});

test('the memory that a worker may use is known', () => {
  expect(readMemoryBytes()).toBeGreaterThan(1e8);
});
