/**
 * Two records were merged wrongly and are two persons' again. A follow-up that had joined another one goes on where it stood, and gets back what came
 * meanwhile; one that had taken the other in goes on without it. Dates that have passed are asked for anew.
 */
import { acceptWith, type FollowUpVerdict, recalculateNext, toKeepableRequest, withEnd } from './changes.ts';
import type { FollowUpEventNamed, MergerRetracted, PartingFollowUp } from './events.ts';
import { evaluateLastVisit } from './move-version.ts';
import { keepAskedPlan, withPlan } from './plan.ts';
import {
  type BeforeJoining,
  type Enrolment,
  type FollowUpHoldings,
  type FollowUpState,
  holdingsOf,
  type TakenOver,
  visitsOf,
} from './state.ts';
import { askAnewIfPassed, withoutPassedPlan } from './undo-death.ts';

const TAKEN_BACK = 'a merger was taken back';

/** What a follow-up has to remember when it joins another one. */
export const rememberBeforeJoining = ({ enrolments, plan, episodes, endedAt, search }: FollowUpState): BeforeJoining => ({
  enrolments,
  plan,
  episodes,
  endedAt,
  search,
});

/** What a follow-up has to remember of what it takes over: whose it was, and how it stood itself. `continuing` are the enrolments that go on in it. */
export function rememberTakenOver(
  { enrolments, person, risk, formerCentreIds, endedAt, plan, search, managementPlan }: FollowUpState,
  { id, at, input: { fromPathwayId, held } }: FollowUpEventNamed<'follow-up-joined'>,
  continuing: readonly Enrolment[],
): TakenOver {
  return {
    fromPathwayId,
    factId: id,
    at,
    enrolmentIds: continuing.map(({ id }) => id),
    visitIds: held.visits.map(({ id }) => id),
    referralIds: held.referrals.map(({ id }) => id),
    episodeIds: held.episodes.map(({ id }) => id),
    centreIds: [...held.formerCentreIds, held.centreId],
    planReferralId: held.managementPlan?.referralId ?? null,
    before: { enrolments, person, risk, formerCentreIds, endedAt, plan, search, managementPlan },
  };
}

/** Decides that the merger was taken back. A follow-up whose merger changed nothing but its patient has its own patient again. */
export function takeBackMerger(state: FollowUpState, event: FollowUpEventNamed<'merger-retracted'>): FollowUpVerdict {
  const { patientId, parts = [], episodeIds = [] } = event.input;
  const resumed = resume(state, event.input, event.at);
  const parted = parts.reduce((now, part) => withoutPart(now, part, event.at), resumed);
  const episodes = parted.episodes.filter(({ id }) => !episodeIds.includes(id));
  const changed: FollowUpState = { ...parted, patientId, episodes };
  const askedBefore = parts.map((part) => memoryOf(state, part)?.before.plan ?? null);
  const after = parted === state ? changed : keepAskedPlan(withPlan(withoutPassedPlan(withEnd(changed, event.at), event.at)), askedBefore);
  const evidence = {
    factId: event.id,
    patientId,
    goesOn: resumed !== state,
    parted: parts.flatMap(({ enrolmentIds }) => enrolmentIds).join(' ') || null,
    dueOnBefore: state.plan?.dueOn ?? null,
    dueOn: after.plan?.dueOn ?? null,
  };
  const because = [{ rule: 'follow-up-rules', clause: 'two records are two persons after all', evidence }];
  return acceptWith(state, after, event, [{ event: event.name, from: null, to: null, because }]);
}

function resume(state: FollowUpState, { resumes, handedOver }: MergerRetracted, at: number): FollowUpState {
  const { beforeJoining } = state;
  if (!resumes || !beforeJoining) return state;
  const { enrolments, plan, episodes, endedAt, search } = beforeJoining;
  // What was handed over comes back as it stands by now: an episode that was closed meanwhile stays closed.
  const living: FollowUpState = { ...state, beforeJoining: null, over: false, endedAt, plan, search, episodes: handedOver ? [] : episodes };
  return { ...living, enrolments: enrolments.map((enrolment) => askAnewIfPassed(living, enrolment, at, TAKEN_BACK)) };
}

const memoryOf = ({ takenOver = [] }: Pick<FollowUpState, 'takenOver'>, { toPathwayId, had }: PartingFollowUp): TakenOver | undefined =>
  had ? takenOver.find(({ fromPathwayId }) => fromPathwayId === toPathwayId) : undefined;

const partingIds = (state: FollowUpState, part: PartingFollowUp): Set<string> =>
  new Set([...part.enrolmentIds, ...(memoryOf(state, part)?.enrolmentIds ?? [])]);

/** Returns what goes to another follow-up: its enrolments as they stand by now, what came to them meanwhile, and what it had brought. */
export function partingHoldings(state: FollowUpState, part: PartingFollowUp): FollowUpHoldings {
  const ids = partingIds(state, part);
  const memory = memoryOf(state, part);
  const isTheirs = (id: string | undefined): boolean => id !== undefined && ids.has(id);
  // A death ends everything of both. Whether it was this person's is said by the facts of each.
  const { enrolments, episodes } = state.beforeDeath ?? state;
  return {
    ...holdingsOf(state),
    enrolments: enrolments.filter(({ id }) => ids.has(id)),
    visits: state.visits.filter(({ id, enrolmentId }) => ids.has(enrolmentId) && !memory?.visitIds.includes(id)),
    referrals: [...state.referrals, ...(state.beforeDeath?.referrals ?? [])].filter(
      ({ id }, index, all) => memory?.referralIds.includes(id) && all.findIndex((one) => one.id === id) === index,
    ),
    episodes: episodes.filter(({ id, enrolmentId }) => memory?.episodeIds.includes(id) || isTheirs(enrolmentId)),
    // Whoever was asked to come meanwhile may not have been this person.
    plan: null,
    person: { ...state.person, pregnant: false, diabetes: false, kidneyDisease: false },
    risk: null,
    formerCentreIds: [],
    managementPlan: null,
    takenOver: [],
  };
}

function withoutPart(state: FollowUpState, part: PartingFollowUp, at: number): FollowUpState {
  const ids = partingIds(state, part);
  // What goes to a follow-up that begins now is continued there by an enrolment of its own.
  if (!part.had) return { ...state, enrolments: state.enrolments.map((one) => (ids.has(one.id) ? endAsMerged(one, at) : one)) };
  const memory = memoryOf(state, part);
  const left = leaveOut(state, ids, memory);
  const { beforeDeath } = state;
  const without: FollowUpState = {
    ...state,
    ...left,
    ...(beforeDeath ? { beforeDeath: { ...beforeDeath, ...leaveOut(beforeDeath, ids, memory) } } : {}),
  };
  const parted: FollowUpState = {
    ...without,
    visits: without.visits.filter((one) => !ids.has(one.enrolmentId) && !memory?.visitIds.includes(one.id)),
  };
  return memory ? asBefore(parted, memory, at) : parted;
}

const endAsMerged = (enrolment: Enrolment, at: number): Enrolment =>
  enrolment.status === 'ended' ? enrolment : { ...enrolment, status: 'ended', endReason: 'merged', endedAt: at, next: null, pause: null };

const leaveOut = (
  { enrolments, referrals, episodes }: Pick<FollowUpState, 'enrolments' | 'referrals' | 'episodes'>,
  ids: ReadonlySet<string>,
  memory: TakenOver | undefined,
) => ({
  enrolments: enrolments.filter(({ id }) => !ids.has(id)),
  referrals: referrals.filter(({ id }) => !memory?.referralIds.includes(id)),
  episodes: episodes.filter(
    ({ id, enrolmentId }) =>
      id !== memory?.factId && !memory?.episodeIds.includes(id) && !(enrolmentId !== undefined && ids.has(enrolmentId)),
  ),
});

/** What the other follow-up had changed here is as it was: facts about the person, the risk, and the dates of enrolments for a disease of both. */
function asBefore(state: FollowUpState, memory: TakenOver, at: number): FollowUpState {
  const { person, risk, formerCentreIds, enrolments, endedAt, search, managementPlan } = memory.before;
  const hasCome = state.visits.some(({ visitedAt }) => visitedAt >= memory.at);
  const { pregnant, diabetes, kidneyDisease } = person;
  const restored: FollowUpState = {
    ...state,
    person: { ...state.person, pregnant, diabetes, kidneyDisease },
    risk: state.risk && state.risk.at > memory.at ? state.risk : risk,
    formerCentreIds: state.formerCentreIds.filter((id) => formerCentreIds.includes(id) || !memory.centreIds.includes(id)),
    endedAt,
    search: state.search ?? (hasCome ? null : search),
    managementPlan: state.managementPlan?.referralId === memory.planReferralId ? managementPlan : state.managementPlan,
    // Whoever was asked to come meanwhile may have been the other person, so only what stood before counts as asked.
    plan: null,
    takenOver: (state.takenOver ?? []).filter((one) => one !== memory),
  };
  return {
    ...restored,
    enrolments: restored.enrolments.map((one) =>
      dateAsBefore(
        restored,
        one,
        enrolments.find(({ id }) => id === one.id),
        at,
      ),
    ),
  };
}

/** The date as it stood, unless the person has come since: then it follows from the visits of the person alone. */
function dateAsBefore(state: FollowUpState, enrolment: Enrolment, stood: Enrolment | undefined, at: number): Enrolment {
  if (!stood) return enrolment;
  const goesOn = enrolment.status === 'active' && stood.status === 'active';
  const visit = visitsOf(state, enrolment.id).at(-1);
  if (!visit || visit.id === stood.last?.visitId) {
    const { next, because, anchor, last, missed } = stood;
    const restored = { ...enrolment, last, missed, ...(goesOn ? { next, because, anchor } : {}) };
    return askAnewIfPassed(state, restored, at, TAKEN_BACK);
  }
  const evaluation = evaluateLastVisit(state, enrolment);
  const classOverride = enrolment.last?.visitId === visit.id ? enrolment.last.classOverride : null;
  const last = evaluation && { ...evaluation, visitId: visit.id, visitedAt: visit.visitedAt, classOverride };
  return { ...enrolment, last, ...(goesOn ? toKeepableRequest(state, recalculateNext(state, enrolment), enrolment, at) : {}) };
}

/** Takes in what the follow-up that this one had joined gives back. Both are about this person alone, so each thing stands as it stands by now. */
export function getBack(state: FollowUpState, event: FollowUpEventNamed<'follow-up-joined'>): FollowUpVerdict {
  const { held, fromPathwayId } = event.input;
  const renew = <T extends { id: string }>(mine: readonly T[], theirs: readonly T[]): T[] => [
    ...mine.map((one) => theirs.find(({ id }) => id === one.id) ?? one),
    ...theirs.filter(({ id }) => !mine.some((one) => one.id === id)),
  ];
  const isKnown = new Set(held.referrals.map(({ id }) => id));
  const given: FollowUpState = {
    ...state,
    protocols: { ...held.protocols, ...state.protocols },
    education: { ...held.education, ...state.education },
    riskModel: state.riskModel ?? held.riskModel,
    visits: renew(state.visits, held.visits).toSorted((a, b) => a.visitedAt - b.visitedAt),
    // A referral that closed without an outcome is forgotten.
    referrals: renew(
      state.referrals.filter(({ id, reviewedAt }) => reviewedAt !== null || isKnown.has(id)),
      held.referrals,
    ).toSorted((a, b) => a.sentAt - b.sentAt),
    episodes: renew(state.episodes, held.episodes),
  };
  const enrolments = renew(given.enrolments, held.enrolments).map((one) => askAnewIfPassed(given, one, event.at, TAKEN_BACK));
  const after = withPlan(withEnd({ ...given, enrolments }, event.at));
  const evidence = { factId: event.id, fromPathwayId, visits: held.visits.length, dueOn: after.plan?.dueOn ?? null };
  const because = [{ rule: 'follow-up-rules', clause: 'the other follow-up gives back what is of this one', evidence }];
  return acceptWith(state, after, event, [{ event: event.name, from: null, to: null, because }]);
}
