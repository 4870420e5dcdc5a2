/** A person has one next visit over all enrolments. This file plans it and lists the obligations of a follow-up. */
import type { PackageConfiguration } from '../alliance/configuration.ts';
import type { Obligation } from '../kit/pathway.ts';
import { addDays, earlierOf, localDateOf, startOf } from '../time/local-date.ts';
import { DAY_MS } from '../time/shanghai.ts';
import { instantOf } from '../time/sla-clock.ts';
import type { FollowUpDueName } from './events.ts';
import { mergeVisits } from './merge-visits.ts';
import { riskReviewAt } from './risk.ts';
import { searchObligation } from './search-tasks.ts';
import type { Enrolment, FollowUpState, VisitPlan } from './state.ts';

const HOUR_MS = 3_600_000;

type PlannedEnrolment = Enrolment & { next: NonNullable<Enrolment['next']> };
const isPlanned = (enrolment: Enrolment): enrolment is PlannedEnrolment => enrolment.status === 'active' && enrolment.next !== null;

/** Returns the earliest of the merged visits. */
function nextVisitOf(state: FollowUpState): MergedVisit | undefined {
  const planned = state.enrolments.filter(isPlanned).map(({ id, next }) => ({ ...next, id }));
  const [first] = mergeVisits(planned);
  if (!first) return undefined;
  const { opensOn, dueOn, ids } = first;
  const atHome = state.enrolments.some((one) => ids.includes(one.id) && packageOf(state, one)?.visitMode === 'home');
  return { opensOn, dueOn, enrolmentIds: ids, mode: atHome ? 'home' : 'clinic' };
}

/** Returns the package of an enrolment; undefined under a configuration of older code, which had no packages. */
const packageOf = ({ configuration }: FollowUpState, enrolment: Enrolment): PackageConfiguration | undefined =>
  configuration.packages?.[enrolment.package];

/** Returns how often somebody with remote monitoring measures at home; null for somebody without it. */
export const monitoringIntervalDays = (state: FollowUpState, enrolment: Enrolment): number | null =>
  enrolment.status === 'active' ? (packageOf(state, enrolment)?.remoteMonitoringEveryDays ?? null) : null;

/** Returns when the person is asked next to measure at home; null without remote monitoring, while a visit is asked for and while nobody reaches them. */
function monitoringAt(state: FollowUpState): number | null {
  if (state.search || (state.plan && state.plan.stage !== 'planned')) return null;
  const asks = state.enrolments.flatMap((enrolment) => {
    const days = monitoringIntervalDays(state, enrolment);
    if (!days) return [];
    const since = Math.max(enrolment.monitoredAt ?? 0, enrolment.last?.visitedAt ?? 0, startOf(enrolment.startedOn));
    return [startOf(addDays(localDateOf(since), days)) + state.configuration.reminderHour * HOUR_MS];
  });
  return asks.length > 0 ? Math.min(...asks) : null;
}

/**
 * Returns the state with the plan that its enrolments ask for. A visit that the person has been asked to stays the same task while its date stays. The
 * same holds for the rest of a visit of several forms once the first is filled in, because the person is there and must not be reminded anew.
 */
export function withPlan(state: FollowUpState): FollowUpState {
  const merged = nextVisitOf(state);
  // Nobody is looked for of whom nothing is asked.
  if (!merged) return { ...state, plan: null, search: null };
  if (state.search) return { ...state, plan: null };
  const { plan } = state;
  if (plan && (isSameDate(plan, merged) || isRemainder(plan, merged)))
    return { ...state, plan: { ...plan, ...merged, opensOn: plan.stage === 'planned' ? merged.opensOn : plan.opensOn } };
  const n = state.planCount + 1;
  return { ...state, planCount: n, plan: { n, ...merged, stage: 'planned' } };
}

/**
 * Takes an enrolment whose visit was made out of the plan, so that its next visit is a new one even when it is due on the same day.
 * `withPlan` has to follow.
 */
export const withVisitMade = (state: FollowUpState, enrolmentId: string): FollowUpState =>
  state.plan === null
    ? state
    : { ...state, plan: { ...state.plan, enrolmentIds: state.plan.enrolmentIds.filter((id) => id !== enrolmentId) } };

type MergedVisit = Omit<VisitPlan, 'n' | 'stage'>;

const isSameDate = (plan: VisitPlan, { dueOn, enrolmentIds }: MergedVisit): boolean =>
  plan.dueOn === dueOn && enrolmentIds.some((id) => plan.enrolmentIds.includes(id));
/** Says whether the merged visit is the rest of an open plan. A new visit opens later than the open one, so it is no rest of it. */
const isRemainder = (plan: VisitPlan, { opensOn, enrolmentIds }: MergedVisit): boolean =>
  plan.stage !== 'planned' && opensOn <= plan.opensOn && enrolmentIds.every((id) => plan.enrolmentIds.includes(id));

export const opensAt = ({ opensOn }: Pick<VisitPlan, 'opensOn'>, { reminderHour }: FollowUpState['configuration']): number =>
  startOf(opensOn) + reminderHour * HOUR_MS;
/** A visit is overdue from the day after its due date on, so the whole due date may be used. */
export const overdueAt = ({ dueOn }: Pick<VisitPlan, 'dueOn'>): number => startOf(addDays(dueOn, 1));
/** The task of a visit is for the day that was agreed on, else for all days of its window. */
export const visitTaskDueAt = ({ agreedOn, dueOn }: Pick<VisitPlan, 'agreedOn' | 'dueOn'>): number =>
  overdueAt({ dueOn: agreedOn ?? dueOn });
const expiresAt = (plan: Pick<VisitPlan, 'dueOn'>, { expiresAfterDays }: FollowUpState['configuration']): number =>
  overdueAt(plan) + expiresAfterDays * DAY_MS;

export function obligationsOf(state: FollowUpState): Obligation<FollowUpDueName>[] {
  if (state.over || state.centreId === '') return [];
  const { plan, configuration } = state;
  const due: Obligation<FollowUpDueName>[] = [];
  switch (plan?.stage) {
    case 'planned':
      due.push({ id: `visit-${plan.n}:open`, name: 'window-open', at: opensAt(plan, configuration) });
      break;
    case 'open':
      due.push({ id: `visit-${plan.n}:overdue`, name: 'overdue', at: overdueAt(plan) });
      break;
    case 'overdue':
      due.push({ id: `visit-${plan.n}:expired`, name: 'expired', at: expiresAt(plan, configuration) });
      break;
    case undefined:
  }
  due.push(...searchObligation(state));
  for (const { id, pause } of state.enrolments)
    if (pause && !pause.asked)
      due.push({ id: `pause-${id}-${pause.at}`, name: 'pause-review', at: pause.at + configuration.pauseReviewAfterDays * DAY_MS });
  for (const { id, clock } of state.episodes)
    if (clock.rungs.some(({ firedAt }) => firedAt === null))
      due.push({ id: `episode-${id}:100`, name: 'episode-overdue', at: instantOf(clock, 100) as number });
  const measureAt = monitoringAt(state);
  if (measureAt !== null) due.push({ id: `monitoring-${measureAt}`, name: 'monitoring', at: measureAt });
  if (state.risk && state.endedAt === null) due.push({ id: `risk-${state.risk.at}`, name: 'risk-review', at: riskReviewAt(state.risk) });
  if (state.endedAt !== null) due.push({ id: `over-${state.endedAt}`, name: 'over', at: overAtOf(state) });
  return due;
}

/** A follow-up that ended with a death cannot be reopened, so it is over at once. Any other one may be reopened for a while. */
const overAtOf = ({ endedAt, deceasedAt, configuration }: FollowUpState): number =>
  (endedAt as number) + (deceasedAt === null ? configuration.reopenWithinDays * DAY_MS : 0);

/** Keeps the stage of the plan by which the person has been asked to come on the same day or a later one, so that nobody is asked again. */
export function keepAskedPlan(state: FollowUpState, plans: readonly (VisitPlan | null)[]): FollowUpState {
  const { plan } = state;
  if (plan?.stage !== 'planned') return state;
  const asked = plans.find(
    (one) => one && one.stage !== 'planned' && plan.dueOn <= one.dueOn && one.enrolmentIds.some((id) => plan.enrolmentIds.includes(id)),
  );
  if (!asked) return state;
  const stage = asked.dueOn === plan.dueOn ? asked.stage : 'open';
  return { ...state, plan: { ...plan, opensOn: earlierOf(plan.opensOn, asked.opensOn), stage } };
}
