/** Which trigger is legal now, and for whom. */
import type { Actor } from '../kit/pathway.ts';
import { type ReferralState, sideOf } from './state.ts';
import { type Acting, type ReferralStatus, type ReferralTrigger, referralTriggers, type Transition, transitions } from './transitions.ts';

export const withdrawNeedsUnclaimed = (transition: Transition): boolean => transition.row === 'E-withdraw-received';

/** What an actor acts as: the office by its post, everybody else by their institution. 'former': asked before and moved on. */
export function actingSideOf(
  state: ReferralState,
  { institutionId, role }: Pick<Actor, 'institutionId' | 'role'>,
): Acting | 'former' | undefined {
  return role === 'office' ? 'office' : sideOf(state, institutionId);
}

/** The transition that a trigger means now; undefined if it is not legal. */
export function findLegalTransition(state: ReferralState, acting: Acting, trigger: ReferralTrigger, at: number): Transition | undefined {
  if (state.status === null || state.over) return undefined;
  const stays = (row: string): Transition => ({ row, side: acting, trigger, from: state.status as ReferralStatus, to: null });
  if (trigger === 'answer-check') return acting === 'initiator' && state.checkClock ? stays('E-answer-check') : undefined;
  if (trigger === 'record-consent') return acting === 'initiator' && state.consentClock ? stays('E-record-consent') : undefined;
  const transition = transitions.find((t) => t.side === acting && t.trigger === trigger && t.from === state.status);
  return transition && isPossibleNow(state, trigger, at) ? transition : undefined;
}

/** What the table cannot say: flags, emergency, the reopening window. */
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
  // A draft that was withdrawn never was a referral; what nobody answered is sent anew.
  if (sentAt === null || endedAt === null || deceasedAt !== null || statusReason === 'no-answer') return false;
  return at < endedAt + policy.reopenWithinSeconds * 1_000;
}

export interface AllowedContext {
  /** somebody has claimed the recipient's task, so it can no longer be withdrawn silently */
  claimed: boolean;
  /** the pathway's own clock */
  at: number;
}

/** Triggers open to somebody with these roles at an institution. */
export function allowedTriggers(
  state: ReferralState,
  { institutionId, roles }: { institutionId: string; roles: readonly string[] },
  { claimed, at }: AllowedContext,
): ReferralTrigger[] {
  const side = sideOf(state, institutionId);
  // Whose only post is the office's acts for no side, wherever the office has its desk.
  const actsForSide = side !== undefined && side !== 'former' && (roles.length === 0 || roles.some((role) => role !== 'office'));
  const actings: Acting[] = [...(actsForSide ? [side] : []), ...(roles.includes('office') ? (['office'] as const) : [])];
  return referralTriggers.filter((trigger) =>
    actings.some((acting) => {
      const transition = findLegalTransition(state, acting, trigger, at);
      return transition !== undefined && !(claimed && withdrawNeedsUnclaimed(transition));
    }),
  );
}
