/**
 * Two records were one person, each with a follow-up: one of them ends and the other takes in what it held. Nothing is forgotten: what was open in
 * either is open here. Nothing is asked for twice: a visit that either has seen counts, and who has been asked to come is not asked again.
 */
import type { Entry, PathwayEvent, Reason } from '../kit/pathway.ts';
import { earlier } from '../time/local-date.ts';
import {
  asReason,
  changedEnrolment,
  decided,
  enrolmentOf,
  type FollowUpVerdict,
  isAskedFor,
  nextUnder,
  stillToCome,
  tell,
  withEnd,
} from './changes.ts';
import { seeResident, withEpisode } from './episodes.ts';
import type { Evaluation } from './evaluation.ts';
import { lastJudged, seenAnew } from './move-version.ts';
import { replanned } from './plan.ts';
import type { Enrolment, FollowUpState, VisitPlan } from './state.ts';
import { visitsOf } from './state.ts';

/** Input of the fact that ends one of them. */
export interface JoinFollowUp {
  occurredAt: number;
  intoPathwayId: string;
  survivorPatientId: string;
}

const carried = [
  'enrolments',
  'visits',
  'referrals',
  'episodes',
  'protocols',
  'education',
  'riskModel',
  'risk',
  'person',
  'plan',
  'centreId',
  'formerCentreIds',
] as const;
/** What the one that ends held: ids, codes, values. */
export type Held = Pick<FollowUpState, (typeof carried)[number]>;

/** Input of the fact by which the other takes it in. */
export interface FollowUpJoined {
  occurredAt: number;
  fromPathwayId: string;
  held: Held;
}

export const heldBy = (state: FollowUpState): Held => Object.fromEntries(carried.map((field) => [field, state[field]])) as unknown as Held;

const reasonOf = (event: PathwayEvent, clause: string, evidence: Reason['evidence']): Reason => ({
  rule: 'follow-up-rules',
  clause: `two records are one person: ${clause}`,
  evidence: { factId: event.id, ...evidence },
});

/** Ends for good: what may be reopened is reopened where it goes on. */
export function joinAnother(state: FollowUpState, event: PathwayEvent): FollowUpVerdict {
  const { intoPathwayId, survivorPatientId } = event.input as JoinFollowUp;
  const end = { status: 'ended', endReason: 'merged', endedAt: event.at, next: null, pause: null } as const;
  const after: FollowUpState = {
    ...state,
    patientId: survivorPatientId,
    enrolments: state.enrolments.map((enrolment) => (enrolment.status === 'ended' ? enrolment : { ...enrolment, ...end })),
    plan: null,
    episodes: [],
    endedAt: state.endedAt ?? event.at,
    over: true,
  };
  const entries: Entry[] = state.enrolments.map(({ id, status }) => ({
    event: event.name,
    from: status,
    to: 'ended',
    because: [reasonOf(event, 'it goes on in another follow-up', { enrolmentId: id, intoPathwayId })],
  }));
  return decided(state, after, event, entries);
}

/** An enrolment of each for one disease: the one here stays, the visits of the other are its history. */
interface Pair {
  mine: Enrolment;
  theirs: Enrolment;
}

export function takeIn(state: FollowUpState, event: PathwayEvent): FollowUpVerdict {
  const { held, fromPathwayId } = event.input as FollowUpJoined;
  const pairs = pairsOf(state, held);
  const going = held.enrolments.filter(({ id }) => !pairs.some(({ theirs }) => theirs.id === id));
  const joined = withHeld(state, held, pairs, going, event.at);
  const dated = pairs.reduce((now, pair) => redated(now, state, held, pair, event.at), joined);
  const planned = asAsked(replanned(withEnd(dated, event.at)), [state.plan, planHere(held, pairs)]);

  // The history of both may say of the last visit what neither said alone.
  const toSee = pairs.flatMap((pair) => {
    const toBeSeen = seenAnew(planned, judgedAlone(state, held, pair), lastJudged(planned, pair.mine));
    return toBeSeen ? [{ ...toBeSeen, enrolmentId: pair.mine.id }] : [];
  });
  const [first] = toSee;
  const after = first ? withEpisode(planned, seeResident(event.id, first.enrolmentId, planned.configuration), event.at) : planned;

  const evidence = {
    fromPathwayId,
    goingOn: going.map(({ id }) => id).join(' ') || null,
    countingIn: pairs.map(({ mine, theirs }) => `${theirs.id} in ${mine.id}`).join(', ') || null,
    visits: held.visits.length,
    dueOnBefore: state.plan?.dueOn ?? null,
    dueOn: after.plan?.dueOn ?? null,
  };
  const because = [
    reasonOf(event, 'the other follow-up goes on in this one', evidence),
    ...toSee.flatMap((one) => one.because.map(asReason)),
  ];
  const messages = [
    ...(first ? [tell(after, event.id, 'follow-up-see', ['gp'], { episodeId: event.id })] : []),
    ...(held.centreId === state.centreId ? [] : [tell(after, `${event.id}:joined`, 'follow-up-transferred', ['nurse', 'gp'])]),
  ];
  return decided(state, after, event, [{ event: event.name, from: null, to: null, because }], messages);
}

export function pairsOf(state: FollowUpState, held: Held): Pair[] {
  const diseaseOf = ({ protocols }: Pick<FollowUpState, 'protocols'>, { protocol }: Enrolment) => protocols[protocol]?.disease;
  return held.enrolments.flatMap((theirs) => {
    const mine = state.enrolments.find((one) => one.status !== 'ended' && diseaseOf(state, one) === diseaseOf(held, theirs));
    return mine ? [{ mine, theirs }] : [];
  });
}

const missingIn = <T extends { id: string }>(mine: readonly T[], theirs: readonly T[]): T[] =>
  theirs.filter(({ id }) => !mine.some((one) => one.id === id));

/** Everything of the other one, its dates not looked at yet. */
function withHeld(state: FollowUpState, held: Held, pairs: readonly Pair[], going: readonly Enrolment[], at: number): FollowUpState {
  const here = new Map(pairs.map(({ mine, theirs }) => [theirs.id, mine.id]));
  const visits = held.visits.map((visit) => ({ ...visit, enrolmentId: here.get(visit.enrolmentId) ?? visit.enrolmentId }));
  const died = { status: 'ended', endReason: 'died', endedAt: at, next: null, pause: null } as const;
  const isDead = state.deceasedAt !== null;
  const { person } = state;
  return {
    ...state,
    formerCentreIds: [...new Set([...state.formerCentreIds, ...held.formerCentreIds, held.centreId])].filter((id) => id !== state.centreId),
    protocols: { ...held.protocols, ...state.protocols },
    education: { ...held.education, ...state.education },
    riskModel: state.riskModel ?? held.riskModel,
    risk: riskOf(state.risk, held.risk),
    person: {
      ...person,
      pregnant: person.pregnant || held.person.pregnant,
      diabetes: person.diabetes || held.person.diabetes,
      kidneyDisease: person.kidneyDisease || held.person.kidneyDisease,
    },
    enrolments: [...state.enrolments, ...going.map((one) => (isDead && one.status !== 'ended' ? { ...one, ...died } : one))],
    visits: [...state.visits, ...missingIn(state.visits, visits)].toSorted((a, b) => a.visitedAt - b.visitedAt),
    referrals: [...state.referrals, ...missingIn(state.referrals, held.referrals)].toSorted((a, b) => a.sentAt - b.sentAt),
    episodes: [...state.episodes, ...missingIn(state.episodes, held.episodes)],
  };
}

/** The one that was scored last, with what either knew; every visit scores it anew. */
function riskOf(mine: FollowUpState['risk'], theirs: FollowUpState['risk']): FollowUpState['risk'] {
  if (!mine || !theirs) return mine ?? theirs;
  const [older, newer] = theirs.at > mine.at ? [mine, theirs] : [theirs, mine];
  return { ...newer, facts: { ...older.facts, ...newer.facts } };
}

const lastOf = ({ visits }: Pick<FollowUpState, 'visits'>, { id }: Enrolment) => visits.filter((visit) => visit.enrolmentId === id).at(-1);

/** Whether the latest visit is one that the other follow-up has seen. */
const sawLatest = (state: FollowUpState, held: Held, { mine, theirs }: Pair): boolean =>
  (lastOf(held, theirs)?.visitedAt ?? Number.NEGATIVE_INFINITY) > (lastOf(state, mine)?.visitedAt ?? Number.NEGATIVE_INFINITY);

const judgedAlone = (state: FollowUpState, held: Held, pair: Pair): Evaluation | null =>
  sawLatest(state, held, pair) ? pair.theirs.last : lastJudged(state, pair.mine);

/**
 * The latest visit, whoever saw it, says when the next one is; what was asked for before it has been met by it. Of the dates that have not, the
 * earliest holds.
 */
function redated(now: FollowUpState, before: FollowUpState, held: Held, pair: Pair, at: number): FollowUpState {
  const { mine, theirs } = pair;
  const newer = sawLatest(before, held, pair);
  const base = newer ? withLast(now, pair) : now;
  const enrolment = enrolmentOf(base, mine.id) as Enrolment;
  if (enrolment.status !== 'active') return base;
  if (!newer && isAskedFor(before, mine.id)) return base;
  const seen = visitsOf(base, mine.id).length > 0;
  const judged = seen ? stillToCome(base, nextUnder(base, newer ? { ...enrolment, anchor: 'protocol' } : enrolment), enrolment, at) : null;
  const stand = [newer ? null : mine, newer || !seen ? theirs : null, judged].flatMap((one) =>
    one?.next ? [{ ...one, next: one.next }] : [],
  );
  const [first, ...others] = stand;
  if (!first) return base;
  const { next, because, anchor } = others.reduce((best, one) => (one.next.dueOn < best.next.dueOn ? one : best), first);
  const opensOn = stand.reduce((soonest, one) => earlier(soonest, one.next.opensOn), next.opensOn);
  return changedEnrolment(base, mine.id, { next: { opensOn, dueOn: next.dueOn }, because, anchor });
}

function withLast(state: FollowUpState, { mine, theirs }: Pair): FollowUpState {
  const visit = lastOf(state, mine);
  const judged = lastJudged(state, mine);
  if (!visit || !judged) return state;
  const classOverride = theirs.last?.visitId === visit.id ? theirs.last.classOverride : null;
  return changedEnrolment(state, mine.id, {
    last: { ...judged, visitId: visit.id, visitedAt: visit.visitedAt, classOverride },
    missed: theirs.missed,
  });
}

/** The other one's plan, with its enrolments by the names that they have here. */
function planHere({ plan }: Held, pairs: readonly Pair[]): VisitPlan | null {
  const here = (id: string) => pairs.find(({ theirs }) => theirs.id === id)?.mine.id ?? id;
  return plan && { ...plan, enrolmentIds: plan.enrolmentIds.map(here) };
}

/** Who has been asked to come, by then or later, is not asked again. */
function asAsked(state: FollowUpState, plans: readonly (VisitPlan | null)[]): FollowUpState {
  const { plan } = state;
  if (plan?.stage !== 'planned') return state;
  const asked = plans.find(
    (one) => one && one.stage !== 'planned' && plan.dueOn <= one.dueOn && one.enrolmentIds.some((id) => plan.enrolmentIds.includes(id)),
  );
  if (!asked) return state;
  const stage = asked.dueOn === plan.dueOn ? asked.stage : 'open';
  return { ...state, plan: { ...plan, opensOn: earlier(plan.opensOn, asked.opensOn), stage } };
}
