/** A death that was told of the wrong person is taken back: the follow-up goes on where it stood, and dates that have passed are asked for anew. */
import { localDateOf } from '../time/local-date.ts';
import { askAgainSoon } from './changes.ts';
import { withPlan } from './plan.ts';
import type { BeforeDeath, Enrolment, FollowUpState } from './state.ts';

/** What the follow-up has to remember at a death so that it can go on. */
export const rememberBeforeDeath = ({ enrolments, plan, episodes, referrals, endedAt, search }: FollowUpState): BeforeDeath => ({
  enrolments,
  plan,
  episodes,
  referrals,
  endedAt,
  ...(search ? { search } : {}),
});

/** Returns the same state when no death has been recorded. */
export function undoDeath(state: FollowUpState, at: number): FollowUpState {
  if (state.deceasedAt === null) return state;
  const { beforeDeath } = state;
  const living: FollowUpState = {
    ...state,
    deceasedAt: null,
    over: false,
    endedAt: beforeDeath ? beforeDeath.endedAt : null,
    beforeDeath: null,
    plan: beforeDeath?.plan ?? null,
    episodes: beforeDeath?.episodes ?? state.episodes,
    search: beforeDeath?.search ?? null,
    referrals: [...state.referrals, ...forgottenReferrals(state)],
  };
  const enrolments = state.enrolments.map((enrolment) => restoreEnrolment(living, enrolment, beforeDeath ?? null, at));
  const isEnded = enrolments.every(({ status }) => status === 'ended');
  const restored: FollowUpState = { ...living, enrolments, endedAt: isEnded ? (living.endedAt ?? at) : null };
  return withPlan(withoutPassedPlan(restored, at));
}

/** The death closed these, and a referral that closes without an outcome is forgotten. They are open again. */
function forgottenReferrals({ beforeDeath, referrals }: FollowUpState): FollowUpState['referrals'] {
  const known = new Set(referrals.map(({ id }) => id));
  return (beforeDeath?.referrals ?? []).filter(({ id }) => !known.has(id));
}

function restoreEnrolment(state: FollowUpState, enrolment: Enrolment, before: BeforeDeath | null, at: number): Enrolment {
  if (enrolment.endReason !== 'died') return enrolment;
  // Older code has not remembered how it stood, so such an enrolment is active again.
  const stood = before?.enrolments.find(({ id }) => id === enrolment.id);
  const restored: Enrolment = stood ?? { ...enrolment, status: 'active', endReason: null, endedAt: null };
  return askAnewIfPassed(state, restored, at, 'a death was taken back');
}

/** An active enrolment whose date has passed while it did not go on is asked for anew, for the reason in `clause`. */
export function askAnewIfPassed(state: FollowUpState, enrolment: Enrolment, at: number, clause: string): Enrolment {
  const hasPassed = enrolment.next === null || enrolment.next.dueOn < localDateOf(at);
  return enrolment.status === 'active' && hasPassed ? { ...enrolment, ...askAgainSoon(state, at, clause) } : enrolment;
}

/** The person was asked to come on a day that has passed meanwhile. They are asked anew, so it is another visit. */
export const withoutPassedPlan = (state: FollowUpState, at: number): FollowUpState =>
  state.plan && state.plan.dueOn < localDateOf(at) ? { ...state, plan: null } : state;
