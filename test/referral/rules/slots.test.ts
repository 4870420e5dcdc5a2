import { expect, test } from 'vitest';
import { mayBook } from '../../../domain/referral/slots.ts';

test('a reserved slot is the centres’ until the millisecond of its release, then everybody’s; one without a release is everybody’s', () => {
  const releaseAt = 1_000;
  const may = (fromCentre: boolean) => [999, 1_000, 1_001].map((at) => mayBook({ releaseAt }, { fromCentre, at }));
  expect(may(false)).toEqual([false, true, true]);
  expect(may(true)).toEqual([true, true, true]);
  expect(mayBook({ releaseAt: null }, { fromCentre: false, at: 0 })).toBe(true);
});
