/** The reading of biological indicators. */
import type { Refusal } from '../kit/pathway.ts';

export type BiologicalStatus = 'placed' | 'incubating' | 'pass' | 'fail' | 'invalid';

/** What somebody saw: whether the indicator grew, and whether a living one beside it did. */
export interface Growth {
  growth: boolean;
  control?: { lot: string; growth: boolean } | undefined;
}

export type Reading = { ok: true; status: 'pass' | 'fail' | 'invalid' } | { ok: false; refusal: Refusal };

/**
 * Growth is a fail at any time, whatever the control. No growth means something only when the incubation is over, and only when a control of the same
 * lot has grown. Instants are in milliseconds.
 */
export function readBiologicalIndicator(
  { growth, control }: Growth,
  { lot, dueAt }: { lot: string; dueAt: number },
  readAt: number,
): Reading {
  if (growth) return { ok: true, status: 'fail' };
  if (readAt < dueAt) return { ok: false, refusal: { code: 'incubation-not-over', members: { dueAt: new Date(dueAt).toISOString() } } };
  return { ok: true, status: control?.growth === true && control.lot === lot ? 'pass' : 'invalid' };
}

/** Whether the latest `count` of the results, in order of the runs, are all `bad`, with the one at `index` among them. */
export function isRunOf<Result>(results: readonly Result[], index: number, bad: Result, count: number): boolean {
  if (results[index] !== bad) return false;
  let first = index;
  while (results[first - 1] === bad) first--;
  let last = index;
  while (results[last + 1] === bad) last++;
  return last - first + 1 >= count;
}
