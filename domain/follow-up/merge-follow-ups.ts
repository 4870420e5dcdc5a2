/**
 * When two records with a follow-up each turn out to be one person, one follow-up ends and the other takes in what it held. What was open in either
 * stays open. A visit counts in whichever of them it was recorded, and somebody who has been asked to come is not asked again.
 */
import type { Reason } from '../kit/pathway.ts';
import { earlierOf } from '../time/local-date.ts';
import {
  acceptWith,
  type FollowUpVerdict,
  findEnrolment,
  isAskedFor,
  recalculateNext,
  toKeepableRequest,
  withEnd,
  withEnrolment,
} from './changes.ts';
import { buildSeeResident, withEpisode } from './episodes.ts';
import type { Evaluation } from './evaluation.ts';
import type { FollowUpEntry, FollowUpEventNamed } from './events.ts';
import { messageToRoles } from './messages.ts';
import { evaluateLastVisit, findNewReferralCall } from './move-version.ts';
import { keepAskedPlan, withPlan } from './plan.ts';
import type { HandedPlan } from './protocol.ts';
import { withPersonFound } from './search.ts';
import { type Enrolment, type FollowUpHoldings, type FollowUpState, type VisitPlan, visitsOf } from './state.ts';
import { rememberBeforeJoining, rememberTakenOver } from './undo-merger.ts';

const reasonOf = (
  event: FollowUpEventNamed<'join-follow-up' | 'follow-up-joined'>,
  clause: string,
  evidence: Reason['evidence'],
): Reason => ({
  rule: 'follow-up-rules',
  clause: `two records are one person: ${clause}`,
  evidence: { factId: event.id, ...evidence },
});

/** Ends this follow-up for good, because it goes on inside another one. An enrolment is then reopened there. */
export function joinAnotherFollowUp(state: FollowUpState, event: FollowUpEventNamed<'join-follow-up'>): FollowUpVerdict {
  const { intoPathwayId, survivorPatientId } = event.input;
  const end = { status: 'ended', endReason: 'merged', endedAt: event.at, next: null, pause: null } as const;
  const after: FollowUpState = {
    ...state,
    patientId: survivorPatientId,
    enrolments: state.enrolments.map((enrolment) => (enrolment.status === 'ended' ? enrolment : { ...enrolment, ...end })),
    plan: null,
    episodes: [],
    search: null,
    beforeJoining: rememberBeforeJoining(state),
    endedAt: state.endedAt ?? event.at,
    over: true,
  };
  const entries: FollowUpEntry[] = state.enrolments.map(({ id, status }) => ({
    event: event.name,
    from: status,
    to: 'ended',
    because: [reasonOf(event, 'it goes on in another follow-up', { enrolmentId: id, intoPathwayId })],
  }));
  return acceptWith(state, after, event, entries);
}

/** Two enrolments of both follow-ups for the same disease. The one here stays, and the visits of the other become its history. */
interface Pair {
  mine: Enrolment;
  theirs: Enrolment;
}

/** This follow-up takes over what another one of the same person held. */
export function takeOverFollowUp(state: FollowUpState, event: FollowUpEventNamed<'follow-up-joined'>): FollowUpVerdict {
  const { held, fromPathwayId } = event.input;
  const pairs = pairsOf(state, held);
  const continuing = held.enrolments.filter(({ id }) => !pairs.some(({ theirs }) => theirs.id === id));
  const taken = rememberTakenOver(state, event, continuing);
  const takenOver = [...(state.takenOver ?? []), ...(held.takenOver ?? []), taken];
  // Two records are one person, so whoever was looked for under the one may be known under the other: they are asked anew here.
  const joined = withPersonFound(
    { ...withHeld(state, held, pairs, continuing, event.at), takenOver },
    event.at,
    continuing.map(({ id }) => id),
  );
  const dated = pairs.reduce((now, pair) => dateAfterMerge(now, state, held, pair, event.at), joined);
  const planned = keepAskedPlan(withPlan(withEnd(dated, event.at)), [state.plan, planWithIdsHere(held, pairs)]);

  // The visits of both together may call for a referral that the visits of either did not call for.
  const toSee = pairs.flatMap((pair) => {
    const toBeSeen = findNewReferralCall(planned, evaluateBeforeMerge(state, held, pair), evaluateLastVisit(planned, pair.mine));
    return toBeSeen ? [{ ...toBeSeen, enrolmentId: pair.mine.id }] : [];
  });
  const [first] = toSee;
  const after = first ? withEpisode(planned, buildSeeResident(event.id, first.enrolmentId, planned.configuration), event.at) : planned;

  const evidence = {
    fromPathwayId,
    goingOn: continuing.map(({ id }) => id).join(' ') || null,
    countingIn: pairs.map(({ mine, theirs }) => `${theirs.id} in ${mine.id}`).join(', ') || null,
    visits: held.visits.length,
    dueOnBefore: state.plan?.dueOn ?? null,
    dueOn: after.plan?.dueOn ?? null,
  };
  const because = [reasonOf(event, 'the other follow-up goes on in this one', evidence), ...toSee.flatMap((one) => one.because)];
  const messages = [
    ...(first ? [messageToRoles(after, event.id, 'follow-up-see', ['gp'], { episodeId: event.id })] : []),
    ...(held.centreId === state.centreId ? [] : [messageToRoles(after, `${event.id}:joined`, 'follow-up-transferred', ['nurse', 'gp'])]),
  ];
  return acceptWith(state, after, event, [{ event: event.name, from: null, to: null, because }], messages);
}

export function pairsOf(state: FollowUpState, held: FollowUpHoldings): Pair[] {
  const diseaseOf = ({ protocols }: Pick<FollowUpState, 'protocols'>, { protocol }: Enrolment) => protocols[protocol]?.disease;
  return held.enrolments.flatMap((theirs) => {
    const mine = state.enrolments.find((one) => one.status !== 'ended' && diseaseOf(state, one) === diseaseOf(held, theirs));
    return mine ? [{ mine, theirs }] : [];
  });
}

const findMissing = <T extends { id: string }>(mine: readonly T[], theirs: readonly T[]): T[] =>
  theirs.filter(({ id }) => !mine.some((one) => one.id === id));

/** The hospital that has accepted last has seen the person last. */
const newerPlan = (mine: HandedPlan | null, theirs: HandedPlan | null): HandedPlan | null =>
  theirs && (!mine || theirs.acceptedAt > mine.acceptedAt) ? theirs : mine;

/** Returns the state with everything that the other follow-up held. The next dates of the enrolments are still to be calculated. */
function withHeld(
  state: FollowUpState,
  held: FollowUpHoldings,
  pairs: readonly Pair[],
  continuing: readonly Enrolment[],
  at: number,
): FollowUpState {
  const enrolmentIdHere = new Map(pairs.map(({ mine, theirs }) => [theirs.id, mine.id]));
  const visits = held.visits.map((visit) => ({ ...visit, enrolmentId: enrolmentIdHere.get(visit.enrolmentId) ?? visit.enrolmentId }));
  const died = { status: 'ended', endReason: 'died', endedAt: at, next: null, pause: null } as const;
  const isDead = state.deceasedAt !== null;
  const { person } = state;
  return {
    ...state,
    formerCentreIds: [...new Set([...state.formerCentreIds, ...held.formerCentreIds, held.centreId])].filter((id) => id !== state.centreId),
    protocols: { ...held.protocols, ...state.protocols },
    education: { ...held.education, ...state.education },
    riskModel: state.riskModel ?? held.riskModel,
    risk: mergeRisks(state.risk, held.risk),
    person: {
      ...person,
      pregnant: person.pregnant || held.person.pregnant,
      diabetes: person.diabetes || held.person.diabetes,
      kidneyDisease: person.kidneyDisease || held.person.kidneyDisease,
    },
    enrolments: [...state.enrolments, ...continuing.map((one) => (isDead && one.status !== 'ended' ? { ...one, ...died } : one))],
    visits: [...state.visits, ...findMissing(state.visits, visits)].toSorted((a, b) => a.visitedAt - b.visitedAt),
    referrals: [...state.referrals, ...findMissing(state.referrals, held.referrals)].toSorted((a, b) => a.sentAt - b.sentAt),
    episodes: [...state.episodes, ...findMissing(state.episodes, held.episodes)],
    managementPlan: newerPlan(state.managementPlan, held.managementPlan ?? null),
  };
}

/** Returns the risk that was scored last, with the facts that either follow-up knew of the person. The next visit scores it anew. */
function mergeRisks(mine: FollowUpState['risk'], theirs: FollowUpState['risk']): FollowUpState['risk'] {
  if (!mine || !theirs) return mine ?? theirs;
  const [older, newer] = theirs.at > mine.at ? [mine, theirs] : [theirs, mine];
  return { ...newer, facts: { ...older.facts, ...newer.facts } };
}

const lastOf = ({ visits }: Pick<FollowUpState, 'visits'>, { id }: Enrolment) => visits.filter((visit) => visit.enrolmentId === id).at(-1);

/** Says whether the latest visit was recorded in the other follow-up. */
const isLatestVisitTheirs = (state: FollowUpState, held: FollowUpHoldings, { mine, theirs }: Pair): boolean =>
  (lastOf(held, theirs)?.visitedAt ?? Number.NEGATIVE_INFINITY) > (lastOf(state, mine)?.visitedAt ?? Number.NEGATIVE_INFINITY);

const evaluateBeforeMerge = (state: FollowUpState, held: FollowUpHoldings, pair: Pair): Evaluation | null =>
  isLatestVisitTheirs(state, held, pair) ? pair.theirs.last : evaluateLastVisit(state, pair.mine);

/**
 * Gives the enrolment that stays its next date. The date follows from the latest visit of either follow-up, because that visit has met whatever was
 * asked for before it. Of several dates that have not been met the earliest holds.
 */
function dateAfterMerge(now: FollowUpState, before: FollowUpState, held: FollowUpHoldings, pair: Pair, at: number): FollowUpState {
  const { mine, theirs } = pair;
  const isTheirs = isLatestVisitTheirs(before, held, pair);
  const base = isTheirs ? withLastVisit(now, pair) : now;
  const enrolment = findEnrolment(base, mine.id) as Enrolment;
  if (enrolment.status !== 'active') return base;
  if (!isTheirs && isAskedFor(before, mine.id)) return base;
  const hasVisits = visitsOf(base, mine.id).length > 0;
  const byProtocol = hasVisits
    ? toKeepableRequest(base, recalculateNext(base, isTheirs ? { ...enrolment, anchor: 'protocol' } : enrolment), enrolment, at)
    : null;
  const requests = [isTheirs ? null : mine, isTheirs || !hasVisits ? theirs : null, byProtocol].flatMap((one) =>
    one?.next ? [{ ...one, next: one.next }] : [],
  );
  const [first, ...others] = requests;
  if (!first) return base;
  const { next, because, anchor } = others.reduce((best, one) => (one.next.dueOn < best.next.dueOn ? one : best), first);
  const opensOn = requests.reduce((soonest, one) => earlierOf(soonest, one.next.opensOn), next.opensOn);
  return withEnrolment(base, mine.id, { next: { opensOn, dueOn: next.dueOn }, because, anchor });
}

/** Gives the enrolment the other follow-up's last visit, evaluated by the protocol here. */
function withLastVisit(state: FollowUpState, { mine, theirs }: Pair): FollowUpState {
  const visit = lastOf(state, mine);
  const evaluation = evaluateLastVisit(state, mine);
  if (!visit || !evaluation) return state;
  const classOverride = theirs.last?.visitId === visit.id ? theirs.last.classOverride : null;
  return withEnrolment(state, mine.id, {
    last: { ...evaluation, visitId: visit.id, visitedAt: visit.visitedAt, classOverride },
    missed: theirs.missed,
  });
}

/** Returns the other follow-up's plan with the ids that its enrolments have here. */
function planWithIdsHere({ plan }: FollowUpHoldings, pairs: readonly Pair[]): VisitPlan | null {
  const enrolmentIdHere = (id: string) => pairs.find(({ theirs }) => theirs.id === id)?.mine.id ?? id;
  return plan && { ...plan, enrolmentIds: plan.enrolmentIds.map(enrolmentIdHere) };
}
