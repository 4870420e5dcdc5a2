/** The one next visit of a person over all enrolments, and what comes due by itself. */
import type { PackageConfiguration } from '../alliance/configuration.ts';
import type { Obligation } from '../kit/pathway.ts';
import { addDays, localDateOf, startOf } from '../time/local-date.ts';
import { DAY_MS } from '../time/shanghai.ts';
import { instantOf } from '../time/sla-clock.ts';
import type { FollowUpDueName } from './events.ts';
import { mergeVisits } from './merge-visits.ts';
import { riskReviewAt } from './risk.ts';
import type { Enrolment, FollowUpState, VisitPlan } from './state.ts';

const HOUR_MS = 3_600_000;

type Planned = Enrolment & { next: NonNullable<Enrolment['next']> };
const isPlanned = (enrolment: Enrolment): enrolment is Planned => enrolment.status === 'active' && enrolment.next !== null;

/** The earliest of the merged visits. */
function nextVisitOf(state: FollowUpState): Merged | undefined {
  const planned = state.enrolments.filter(isPlanned).map(({ id, next }) => ({ ...next, id }));
  const [first] = mergeVisits(planned);
  if (!first) return undefined;
  const { opensOn, dueOn, ids } = first;
  const atHome = state.enrolments.some((one) => ids.includes(one.id) && packageOf(state, one)?.visitMode === 'home');
  return { opensOn, dueOn, enrolmentIds: ids, mode: atHome ? 'home' : 'clinic' };
}

/** The package of an enrolment; undefined in agreements from before there were packages. */
const packageOf = ({ configuration }: FollowUpState, enrolment: Enrolment): PackageConfiguration | undefined =>
  configuration.packages?.[enrolment.package];

/** How often somebody with remote monitoring measures at home; null for whoever is not monitored. */
export const monitoringIntervalDays = (state: FollowUpState, enrolment: Enrolment): number | null =>
  enrolment.status === 'active' ? (packageOf(state, enrolment)?.remoteMonitoringEveryDays ?? null) : null;

/** When the person is asked next to measure at home; null for whoever is not monitored, and while a visit is asked for. */
function monitoringAt(state: FollowUpState): number | null {
  if (state.plan && state.plan.stage !== 'planned') return null;
  const asks = state.enrolments.flatMap((enrolment) => {
    const days = monitoringIntervalDays(state, enrolment);
    if (!days) return [];
    const since = Math.max(enrolment.monitoredAt ?? 0, enrolment.last?.visitedAt ?? 0, startOf(enrolment.startedOn));
    return [startOf(addDays(localDateOf(since), days)) + state.configuration.reminderHour * HOUR_MS];
  });
  return asks.length > 0 ? Math.min(...asks) : null;
}

/**
 * The state with the plan that its enrolments ask for. A visit that is asked for already stays the same task while its date stays. So does what is
 * left of it once the first of several forms is filled in, because the person is there and must not be reminded anew.
 */
export function withPlan(state: FollowUpState): FollowUpState {
  const merged = nextVisitOf(state);
  if (!merged) return { ...state, plan: null };
  const { plan } = state;
  if (plan && (isSameDate(plan, merged) || isRemainder(plan, merged)))
    return { ...state, plan: { ...plan, ...merged, opensOn: plan.stage === 'planned' ? merged.opensOn : plan.opensOn } };
  const n = state.planCount + 1;
  return { ...state, planCount: n, plan: { n, ...merged, stage: 'planned' } };
}

/** The plan without an enrolment whose visit was made, also where its next visit is due on the very day that this one was. To be followed by `withPlan`. */
export const withVisitMade = (state: FollowUpState, enrolmentId: string): FollowUpState =>
  state.plan === null
    ? state
    : { ...state, plan: { ...state.plan, enrolmentIds: state.plan.enrolmentIds.filter((id) => id !== enrolmentId) } };

type Merged = Omit<VisitPlan, 'n' | 'stage'>;

const isSameDate = (plan: VisitPlan, { dueOn, enrolmentIds }: Merged): boolean =>
  plan.dueOn === dueOn && enrolmentIds.some((id) => plan.enrolmentIds.includes(id));
/** Whether the merged visit is what is left of an open plan. A visit that is asked for anew opens later than the open one. */
const isRemainder = (plan: VisitPlan, { opensOn, enrolmentIds }: Merged): boolean =>
  plan.stage !== 'planned' && opensOn <= plan.opensOn && enrolmentIds.every((id) => plan.enrolmentIds.includes(id));

export const opensAt = ({ opensOn }: Pick<VisitPlan, 'opensOn'>, { reminderHour }: FollowUpState['configuration']): number =>
  startOf(opensOn) + reminderHour * HOUR_MS;
/** The whole due date may be used. */
export const overdueAt = ({ dueOn }: Pick<VisitPlan, 'dueOn'>): number => startOf(addDays(dueOn, 1));
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

/** What ended with a death cannot be reopened; what ended otherwise may be reopened for a while. */
const overAtOf = ({ endedAt, deceasedAt, configuration }: FollowUpState): number =>
  (endedAt as number) + (deceasedAt === null ? configuration.reopenWithinDays * DAY_MS : 0);
