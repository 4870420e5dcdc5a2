/**
 * The order of the steps at a stop (machine, chapter 8). Between the last touch of something soiled and the first touch of something sterile gloves
 * are taken off and hands are disinfected.
 */
import type { StopStep } from '../sterile-supply/vocabulary.ts';

export type RoundMode = 'soiled-first' | 'clean-first';

export const protocolOf: Readonly<Record<RoundMode, readonly StopStep[]>> = {
  'soiled-first': ['arrived', 'soiled-stowed', 'gloves-off', 'hand-hygiene', 'sterile-handed', 'checked', 'signed', 'left'],
  'clean-first': ['arrived', 'hand-hygiene', 'sterile-handed', 'checked', 'soiled-stowed', 'gloves-off', 'hand-hygiene', 'signed', 'left'],
};

/** The first step of the protocol that has not been done as often as it has to be by then; undefined when all are done. */
export function findNextStep(mode: RoundMode, done: readonly StopStep[]): StopStep | undefined {
  const left = [...done];
  return protocolOf[mode].find((step) => {
    const at = left.indexOf(step);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

export const isNextStep = (mode: RoundMode, done: readonly StopStep[], step: StopStep): boolean => findNextStep(mode, done) === step;

export const failReasons = ['closed', 'refused', 'inaccessible', 'no-time', 'unsigned'] as const;
export type FailReason = (typeof failReasons)[number];

/** A stop can fail until it is signed: what was done until then stays done. */
export const mayFail = (status: StopStatus): boolean => status !== 'signed' && status !== 'left' && status !== 'failed';

export type StopStatus = 'scheduled' | StopStep | 'failed';

/** A delivery that nobody signed for may still be checked by the centre for this long: 24 hours [A]. */
export const mayStillCheck = (
  { status, failReason, failedAt }: { status: StopStatus; failReason: FailReason | null; failedAt: Date | null },
  { done, at, withinSeconds }: { done: readonly StopStep[]; at: Date; withinSeconds: number },
): boolean =>
  status === 'failed' &&
  failReason === 'unsigned' &&
  failedAt !== null &&
  at.getTime() - failedAt.getTime() <= withinSeconds * 1_000 &&
  done.includes('sterile-handed') &&
  !done.includes('checked');
