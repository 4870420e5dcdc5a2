/**
 * A death that was told of the wrong person is taken back: the referral goes on where it stood. The time in between counts for no clock. An appointment
 * that has passed, or whose slot was given free, is asked for anew.
 */
import { pauseClock, resumeClock } from '../time/sla-clock.ts';
import { enterStatus } from './changes.ts';
import { clockFields } from './clocks.ts';
import type { BeforeDeath, ReferralState } from './state.ts';

export const rememberBeforeDeath = (state: ReferralState): BeforeDeath => ({
  status: state.status,
  statusReason: state.statusReason,
  clock: state.clock,
  checkClock: state.checkClock,
  consentClock: state.consentClock,
  informationClock: state.informationClock,
  followUpClock: state.followUpClock,
  informationAskedAt: state.informationAskedAt,
  repeatedCalls: state.repeatedCalls,
  appointment: state.appointment,
  legs: state.legs,
  endedAt: state.endedAt,
  closedAt: state.closedAt,
});

/** Returns the same state when the death had nothing to end here. */
export function undoDeath(state: ReferralState, at: number): ReferralState {
  const { deceasedAt, beforeDeath } = state;
  if (deceasedAt === null) return state;
  const living: ReferralState = { ...state, deceasedAt: null, beforeDeath: null, over: false };
  // Older code has not remembered how the referral stood, so it stays as the death has left it.
  if (!beforeDeath) return { ...living, over: state.over };
  const restored: ReferralState = { ...living, ...beforeDeath };
  const { appointment } = restored;
  if (appointment !== null && (appointment.slotId !== null || appointment.startsAt <= at))
    return enterStatus(withoutTimeBetween(restored, deceasedAt, at), 'in-progress/5.1.3', at);
  // The clock of an appointment that lies ahead runs until then, whatever came between.
  const { clock } = restored;
  const shifted = withoutTimeBetween(restored, deceasedAt, at);
  return appointment === null ? shifted : { ...shifted, clock };
}

function withoutTimeBetween(state: ReferralState, from: number, to: number): ReferralState {
  const shifted = { ...state };
  for (const field of clockFields) {
    const clock = state[field];
    const isRunning = clock !== null && clock.pauses.at(-1)?.to !== null;
    if (isRunning) shifted[field] = { ...clock, ...resumeClock(pauseClock(clock, from), to) };
  }
  return shifted;
}
