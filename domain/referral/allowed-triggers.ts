/** This file says which trigger is legal now, and for whom. */
import type { Actor } from '../kit/pathway.ts';
import { type ReferralState, sideOf } from './state.ts';
import {
  type ActingSide,
  type ReferralStatus,
  type ReferralTrigger,
  referralTriggers,
  type Transition,
  transitions,
} from './transitions.ts';

export const withdrawNeedsUnclaimed = (transition: Transition): boolean => transition.row === 'E-withdraw-received';

/** The initiator of an up referral may book a slot that is reserved for it. Any other appointment is the recipient's to make. */
export const isBookingOfInitiator = (transition: Pick<Transition, 'row'>): boolean => transition.row === 'E-book-reserved';

/**
 * Returns the side that an actor acts on. The office acts by its post, everybody else by their institution; 'former' is an institution that
 * was asked before and no longer is.
 */
export function actingSideOf(
  state: ReferralState,
  { institutionId, role }: Pick<Actor, 'institutionId' | 'role'>,
): ActingSide | 'former' | undefined {
  return role === 'office' ? 'office' : sideOf(state, institutionId);
}

/** Returns the transition that a trigger means now; undefined when it is not legal. */
export function findLegalTransition(
  state: ReferralState,
  acting: ActingSide,
  trigger: ReferralTrigger,
  at: number,
): Transition | undefined {
  if (state.status === null || state.over) return undefined;
  const stays = (row: string): Transition => ({ row, side: acting, trigger, from: state.status as ReferralStatus, to: null });
  if (trigger === 'answer-check') return acting === 'initiator' && state.checkClock ? stays('E-answer-check') : undefined;
  if (trigger === 'record-consent') return acting === 'initiator' && state.consentClock ? stays('E-record-consent') : undefined;
  const transition = transitions.find((t) => t.side === acting && t.trigger === trigger && t.from === state.status);
  if (transition && isBookingOfInitiator(transition) && state.direction !== 'up') return undefined;
  return transition && isPossibleNow(state, trigger, at) ? transition : undefined;
}

/** The transition table knows only the status. This checks what else a trigger depends on: flags, the emergency, the time for reopening. */
function isPossibleNow(state: ReferralState, trigger: ReferralTrigger, at: number): boolean {
  switch (trigger) {
    case 'review-result':
      return state.reviewedAt === null && state.closedAt === null;
    case 'request-information':
      return !state.emergency && state.informationAskedAt === null;
    case 'answer-information':
      return state.informationAskedAt !== null;
    case 'reroute':
      return !state.emergency;
    case 'reopen':
      return mayReopen(state, at);
    default:
      return true;
  }
}

function mayReopen({ sentAt, endedAt, deceasedAt, statusReason, policy }: ReferralState, at: number): boolean {
  // A draft that was withdrawn was never sent, and a referral that nobody answered is sent anew instead, so neither is reopened.
  if (sentAt === null || endedAt === null || deceasedAt !== null || statusReason === 'no-answer') return false;
  return at < endedAt + policy.reopenWithinSeconds * 1_000;
}

export interface AllowedContext {
  /** True when somebody has claimed the recipient's task, so that the initiator can no longer withdraw the referral by themselves. */
  claimed: boolean;
  /** The instant on the pathway's own clock. */
  at: number;
  /** Leaves out what is open with a certain body only: the initiator schedules a visit in a reserved slot, and no other one. */
  withAnyBody?: true;
}

/** Returns the triggers that are open to somebody with these roles at an institution. */
export function allowedTriggers(
  state: ReferralState,
  { institutionId, roles }: { institutionId: string; roles: readonly string[] },
  { claimed, at, withAnyBody }: AllowedContext,
): ReferralTrigger[] {
  const side = sideOf(state, institutionId);
  // The office has its desk at an institution that may be a party, so somebody who holds only the office's post does not act for that party.
  const actsForSide = side !== undefined && side !== 'former' && (roles.length === 0 || roles.some((role) => role !== 'office'));
  const actings: ActingSide[] = [...(actsForSide ? [side] : []), ...(roles.includes('office') ? (['office'] as const) : [])];
  return referralTriggers.filter((trigger) =>
    actings.some((acting) => {
      const transition = findLegalTransition(state, acting, trigger, at);
      if (transition === undefined || (withAnyBody && isBookingOfInitiator(transition))) return false;
      return !(claimed && withdrawNeedsUnclaimed(transition));
    }),
  );
}
