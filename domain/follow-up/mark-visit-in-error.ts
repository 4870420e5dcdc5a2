/** A visit that was entered in error is taken back in all of its parts: the follow-up is judged without it. */
import { localDateOf } from '../time/local-date.ts';
import { acceptWith, type FollowUpVerdict } from './changes.ts';
import type { FollowUpEntry, FollowUpEventNamed } from './events.ts';
import { evaluateLastVisit } from './move-version.ts';
import { keepAskedPlan, withPlan } from './plan.ts';
import type { FollowUpState, VisitPlan, VisitTrace } from './state.ts';
import { tasksOf } from './tasks.ts';
import { decidesLast, reevaluateLast, replaceLast, undoFacts, undoVisit } from './undo-visit.ts';

type MarkEvent = FollowUpEventNamed<'mark-visit-in-error'>;

export function markVisitInError(state: FollowUpState, event: MarkEvent): FollowUpVerdict {
  const after = withoutVisit(state, event);
  const { visitId, visitedAt, referrals } = event.input;
  const [withdrawn, told] = [referrals.filter(isGone(after)), referrals.filter((one) => !isGone(after)(one))];
  const entry: FollowUpEntry = {
    event: event.name,
    from: null,
    to: null,
    because: [
      {
        rule: 'follow-up-rules',
        clause: 'a visit was entered in error: everything is judged without it',
        evidence: {
          visitId,
          visitedOn: localDateOf(visitedAt),
          dueOnBefore: state.plan?.dueOn ?? null,
          dueOn: after.plan?.dueOn ?? null,
          referralWithdrawn: withdrawn.map(({ id }) => id).join(' ') || null,
          referralTold: told.map(({ id }) => id).join(' ') || null,
        },
      },
    ],
  };
  return acceptWith(state, after, event, [entry]);
}

/** Says of a referral whether the follow-up has none of it any more. */
const isGone =
  ({ referrals }: FollowUpState) =>
  ({ id }: { id: string }): boolean =>
    !referrals.some((one) => one.id === id);

const lastOf = ({ enrolments }: Pick<FollowUpState, 'enrolments'>, id: string) => enrolments.find((one) => one.id === id)?.last;

function withoutVisit(state: FollowUpState, { id: stepId, at, input }: MarkEvent): FollowUpState {
  const { partIds, traces } = input;
  const parts = state.visits.filter(({ id }) => partIds.includes(id));
  const concerned = [...new Set(parts.map(({ enrolmentId }) => enrolmentId))];
  const kept: FollowUpState = { ...state, visits: state.visits.filter(({ id }) => !partIds.includes(id)) };
  const isOwn = (trace: VisitTrace) => trace.partIds.some((id) => partIds.includes(id));
  const undone = traces.reduce((now, trace) => {
    const factual = undoFacts(now, trace, at, stepId);
    // A visit that was taken back before may come to the fore again, with what the follow-up was when it had been recorded.
    return isOwn(trace) || decidesLast(now, trace) ? undoVisit(factual, trace, at) : factual;
  }, kept);
  const judged = concerned.reduce((now, id) => {
    const last = lastOf(now, id);
    if (last && partIds.includes(last.visitId)) return replaceLast(now, id, at);
    if (last?.visitId === lastOf(state, id)?.visitId) return reevaluateLast(now, id, state.visits, at);
    // It has come to the fore again, and may have counted visits that were taken back since.
    const trace = traces.find(({ before }) => lastOf(before, id)?.visitId === last?.visitId);
    return trace ? reevaluateLast(now, id, [...now.visits, ...trace.takenSince], at) : now;
  }, undone);
  const referred = withoutReferrals(judged, input);
  if (referred.endedAt !== null) return { ...referred, plan: null };
  return withPlanAgain(
    referred,
    traces.map(({ before }) => before.plan),
  );
}

/** A visit at another date than the one that stood is a new one, so that nothing comes due twice. Somebody who had been asked to come is not asked again. */
function withPlanAgain(state: FollowUpState, before: readonly (VisitPlan | null)[]): FollowUpState {
  const planned = withPlan(state);
  return planned.plan?.dueOn === state.plan?.dueOn ? planned : keepAskedPlan(withPlan({ ...state, plan: null }), before);
}

/** A referral that the other side has not answered is forgotten, unless a later visit rests on it: by its own values it would call for one if that were not there. */
function withoutReferrals(state: FollowUpState, { referrals, visitedAt }: MarkEvent['input']): FollowUpState {
  const unanswered = referrals.filter(({ isAnswered }) => !isAnswered).map(({ id }) => id);
  const without: FollowUpState = {
    ...state,
    referrals: state.referrals.filter(({ id }) => !unanswered.includes(id)),
    episodes: state.episodes.filter(({ id }) => !unanswered.includes(id)),
  };
  const isNeeded = without.enrolments.some(
    (enrolment) => (enrolment.last?.visitedAt ?? 0) > visitedAt && (evaluateLastVisit(without, enrolment)?.referral ?? 'none') !== 'none',
  );
  return isNeeded ? state : without;
}

/** What the follow-up has undone: the episodes and tasks that are no more, and its referrals by what becomes of each. */
export interface UndoneByFollowUp {
  episodes: { id: string; rule: string }[];
  tasks: { id: string; kind: string }[];
  withdraws: string[];
  tells: string[];
}

export function describeUndone(
  pathwayId: string,
  before: FollowUpState,
  after: FollowUpState,
  { referrals }: Pick<MarkEvent['input'], 'referrals'>,
): UndoneByFollowUp {
  const left = tasksOf(after);
  const hasGone = isGone(after);
  return {
    episodes: before.episodes.filter(({ id }) => !after.episodes.some((one) => one.id === id)).map(({ id, rule }) => ({ id, rule })),
    tasks: tasksOf(before)
      .filter(({ id }) => !left.some((one) => one.id === id))
      .map(({ id, name }) => ({ id: `${pathwayId}.${id}`, kind: name })),
    withdraws: referrals.filter(hasGone).map(({ id }) => id),
    tells: referrals.filter((one) => !hasGone(one)).map(({ id }) => id),
  };
}
