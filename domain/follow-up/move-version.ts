/**
 * The move of an enrolment to another version of its protocol, and the preview of such a move. One function computes both, so that the preview says
 * what the move will do.
 */
import type { Reason } from '../kit/pathway.ts';
import {
  acceptWith,
  agreementReason,
  evaluateVisit,
  type FollowUpVerdict,
  findEnrolment,
  isAskedFor,
  recalculateNext,
  toKeepableRequest,
  withEnrolment,
} from './changes.ts';
import { buildSeeResident, withEpisode } from './episodes.ts';
import { type Because, type Evaluation, urgencyRank } from './evaluation.ts';
import type { FollowUpEntry, FollowUpEventNamed } from './events.ts';
import { messageToRoles } from './messages.ts';
import { withPlan } from './plan.ts';
import type { Protocol } from './protocol.ts';
import { type Enrolment, type FollowUpState, isReferredAlready, protocolKey, visitsOf } from './state.ts';

/**
 * A past visit calls for a referral by the rules of now and did not before. A doctor looks at the person then, because the visit is too old
 * to refer by itself.
 */
export interface NewReferralCall {
  referral: 'routine' | 'urgent';
  because: Because[];
}

export interface VersionMove {
  after: FollowUpState;
  /** The reasons for the date of the next visit; empty when the date was left alone. */
  because: Because[];
  toBeSeen: NewReferralCall | null;
}

/**
 * Returns what the move leads to. `stepId` becomes the id of the episode that somebody has to look at, so that it is one task however often
 * the step is tried.
 */
export function moveEnrolment(state: FollowUpState, enrolment: Enrolment, protocol: Protocol, at: number, stepId: string): VersionMove {
  const key = protocolKey(protocol);
  const pinned = withEnrolment(
    { ...state, protocols: { ...state.protocols, [key]: protocol }, education: withEducationOf(state, enrolment.protocol, key) },
    enrolment.id,
    { protocol: key },
  );
  const moved = findEnrolment(pinned, enrolment.id) as Enrolment;
  const dated =
    enrolment.status === 'active' && !isAskedFor(state, enrolment.id)
      ? toKeepableRequest(pinned, recalculateNext(pinned, moved), moved, at)
      : null;
  const planned = withPlan(dated ? withEnrolment(pinned, enrolment.id, dated) : pinned);
  const toBeSeen = findNewReferralCall(state, evaluateLastVisit(state, enrolment), evaluateLastVisit(pinned, moved));
  return {
    after: toBeSeen ? withEpisode(planned, buildSeeResident(stepId, enrolment.id, state.configuration), at) : planned,
    because: dated?.because ?? [],
    toBeSeen,
  };
}

/**
 * Returns the education plans with one for the new version. A plan belongs to the protocol, so a version without a plan of its own has that
 * of the old version.
 */
const withEducationOf = ({ education }: FollowUpState, from: string, to: string): FollowUpState['education'] => {
  const plan = education[to] ?? education[from];
  return plan ? { ...education, [to]: plan } : education;
};

/** Evaluates the visit that was made last by the enrolment's protocol in the state; null when there was no visit. */
export function evaluateLastVisit(state: FollowUpState, enrolment: Enrolment): Evaluation | null {
  const last = visitsOf(state, enrolment.id).at(-1);
  return last ? evaluateVisit({ ...state, visits: state.visits.filter(({ id }) => id !== last.id) }, enrolment, last) : null;
}

/**
 * Returns the referral that a visit calls for after a change of rules or history and did not before; null when there is none, or an open
 * referral does it already.
 */
export function findNewReferralCall(state: FollowUpState, before: Evaluation | null, after: Evaluation | null): NewReferralCall | null {
  if (!after || after.referral === 'none') return null;
  if (urgencyRank[after.referral] <= urgencyRank[before?.referral ?? 'none']) return null;
  if (isReferredAlready(state, after.referral)) return null;
  return { referral: after.referral, because: after.because };
}

/** Moves the enrolment by a command of the centre or by an order for many, which is then given as `orderReason`. */
export function moveVersion(
  state: FollowUpState,
  enrolment: Enrolment,
  event: FollowUpEventNamed<'move-version' | 'version-move-ordered'>,
  protocol: Protocol,
  orderReason?: Reason,
): FollowUpVerdict {
  const { after, because, toBeSeen } = moveEnrolment(state, enrolment, protocol, event.at, event.id);
  const now = findEnrolment(after, enrolment.id) as Enrolment;
  const evidence = {
    enrolmentId: enrolment.id,
    from: enrolment.protocol,
    to: now.protocol,
    dueOnBefore: enrolment.next?.dueOn ?? null,
    dueOn: now.next?.dueOn ?? null,
    ...(isAskedFor(state, enrolment.id) ? { visit: 'asked for already: its date stays' } : {}),
    ...(toBeSeen ? { wouldRefer: toBeSeen.referral } : {}),
  };
  const entry: FollowUpEntry = {
    event: 'move-version',
    from: enrolment.status,
    to: now.status,
    because: [
      agreementReason(state, 'move-version', evidence),
      ...(orderReason ? [orderReason] : []),
      ...because,
      ...(toBeSeen?.because ?? []),
    ],
  };
  return acceptWith(
    state,
    after,
    event,
    [entry],
    toBeSeen ? [messageToRoles(after, event.id, 'follow-up-see', ['gp'], { episodeId: event.id })] : [],
  );
}

/** Follows an order for many enrolments. One that has ended meanwhile or has that version already is left alone, and the order is only noted. */
export function followMoveOrder(state: FollowUpState, event: FollowUpEventNamed<'version-move-ordered'>): FollowUpVerdict {
  const { occurredAt, enrolmentId, protocol, orderedBy } = event.input;
  const enrolment = findEnrolment(state, enrolmentId);
  const { personId, institutionId } = orderedBy;
  const evidence = { factId: event.id, orderedAt: new Date(occurredAt).toISOString(), orderedBy: personId, institutionId };
  const orderReason: Reason = { rule: protocolKey(protocol), clause: 'version move ordered', evidence };
  if (enrolment && enrolment.status !== 'ended' && enrolment.protocol !== protocolKey(protocol))
    return moveVersion(state, enrolment, event, protocol, orderReason);
  return acceptWith(state, state, event, [
    { event: event.name, from: null, to: null, because: [{ ...orderReason, clause: 'noted', evidence: { ...evidence, enrolmentId } }] },
  ]);
}
