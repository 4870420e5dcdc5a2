/**
 * To another version of the same protocol: what a follow-up does with it, and what a preview says before. One function for both, so that the one
 * says what the other does.
 */
import type { Actor, Entry, PathwayEvent, Reason } from '../kit/pathway.ts';
import {
  agreement,
  asReason,
  changedEnrolment,
  decided,
  enrolmentOf,
  type FollowUpVerdict,
  isAskedFor,
  judgedBy,
  nextUnder,
  stillToCome,
  tell,
} from './changes.ts';
import { seeResident, withEpisode } from './episodes.ts';
import type { Because, Evaluation } from './evaluation.ts';
import { replanned } from './plan.ts';
import type { Protocol } from './protocol.ts';
import { type Enrolment, type FollowUpState, isReferredAlready, protocolKey, visitsOf } from './state.ts';

/** Input of the fact by which a move of many reaches each follow-up. */
export interface VersionMoveOrder {
  occurredAt: number;
  enrolmentId: string;
  protocol: Protocol;
  orderedBy: Actor;
}

/** Somebody whose last visit now calls for a referral that it did not call for before: a doctor sees them, nothing is referred by itself. */
export interface ToBeSeen {
  referral: 'routine' | 'urgent';
  because: Because[];
}

export interface VersionMove {
  after: FollowUpState;
  /** why the next visit is when it is; empty where the date was left alone */
  because: Because[];
  toBeSeen: ToBeSeen | null;
}

/** `stepId` names what somebody has to look at, so that it is one task however often the step is tried. */
export function movedTo(state: FollowUpState, enrolment: Enrolment, protocol: Protocol, at: number, stepId: string): VersionMove {
  const key = protocolKey(protocol);
  const pinned = changedEnrolment(
    { ...state, protocols: { ...state.protocols, [key]: protocol }, education: taughtAlso(state, enrolment.protocol, key) },
    enrolment.id,
    { protocol: key },
  );
  const moved = enrolmentOf(pinned, enrolment.id) as Enrolment;
  const dated =
    enrolment.status === 'active' && !isAskedFor(state, enrolment.id) ? stillToCome(pinned, nextUnder(pinned, moved), moved, at) : null;
  const planned = replanned(dated ? changedEnrolment(pinned, enrolment.id, dated) : pinned);
  const toBeSeen = seenAnew(state, lastJudged(state, enrolment), lastJudged(pinned, moved));
  return {
    after: toBeSeen ? withEpisode(planned, seeResident(stepId, enrolment.id, state.configuration), at) : planned,
    because: dated?.because ?? [],
    toBeSeen,
  };
}

/** A plan belongs to a protocol, whichever version of it. */
const taughtAlso = ({ education }: FollowUpState, from: string, to: string): FollowUpState['education'] => {
  const plan = education[to] ?? education[from];
  return plan ? { ...education, [to]: plan } : education;
};

/** What the enrolment's protocol says today of the visit that was made last; null where there was none. */
export function lastJudged(state: FollowUpState, enrolment: Enrolment): Evaluation | null {
  const last = visitsOf(state, enrolment.id).at(-1);
  return last ? judgedBy({ ...state, visits: state.visits.filter(({ id }) => id !== last.id) }, enrolment, last) : null;
}

const seriousness = { none: 0, routine: 1, urgent: 2 } as const;

/** null where the visit calls for nothing new, or an open referral does it already. */
export function seenAnew(state: FollowUpState, before: Evaluation | null, after: Evaluation | null): ToBeSeen | null {
  if (!after || after.referral === 'none') return null;
  if (seriousness[after.referral] <= seriousness[before?.referral ?? 'none']) return null;
  if (isReferredAlready(state, after.referral)) return null;
  return { referral: after.referral, because: after.because };
}

/** By a command of the centre, or by the order for many. */
export function moveVersion(
  state: FollowUpState,
  enrolment: Enrolment,
  event: PathwayEvent,
  protocol: Protocol,
  ordered?: Reason,
): FollowUpVerdict {
  const { after, because, toBeSeen } = movedTo(state, enrolment, protocol, event.at, event.id);
  const now = enrolmentOf(after, enrolment.id) as Enrolment;
  const evidence = {
    enrolmentId: enrolment.id,
    from: enrolment.protocol,
    to: now.protocol,
    dueOnBefore: enrolment.next?.dueOn ?? null,
    dueOn: now.next?.dueOn ?? null,
    ...(isAskedFor(state, enrolment.id) ? { visit: 'asked for already: its date stays' } : {}),
    ...(toBeSeen ? { wouldRefer: toBeSeen.referral } : {}),
  };
  const entry: Entry = {
    event: 'move-version',
    from: enrolment.status,
    to: now.status,
    because: [
      agreement(state, 'move-version', evidence),
      ...(ordered ? [ordered] : []),
      ...because.map(asReason),
      ...(toBeSeen?.because ?? []).map(asReason),
    ],
  };
  return decided(state, after, event, [entry], toBeSeen ? [tell(after, event.id, 'follow-up-see', ['gp'], { episodeId: event.id })] : []);
}

/** Who has ended meanwhile, or is there already, is left alone: the order is noted. */
export function moveOrdered(state: FollowUpState, event: PathwayEvent): FollowUpVerdict {
  const { occurredAt, enrolmentId, protocol, orderedBy } = event.input as VersionMoveOrder;
  const enrolment = enrolmentOf(state, enrolmentId);
  const { personId, institutionId } = orderedBy;
  const evidence = { factId: event.id, orderedAt: new Date(occurredAt).toISOString(), orderedBy: personId, institutionId };
  const ordered: Reason = { rule: protocolKey(protocol), clause: 'version move ordered', evidence };
  if (enrolment && enrolment.status !== 'ended' && enrolment.protocol !== protocolKey(protocol))
    return moveVersion(state, enrolment, event, protocol, ordered);
  return decided(state, state, event, [
    { event: event.name, from: null, to: null, because: [{ ...ordered, clause: 'noted', evidence: { ...evidence, enrolmentId } }] },
  ]);
}
