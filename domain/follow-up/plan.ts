/** The one next visit of a person over all enrolments, and what comes due by itself. */
import type { Obligation } from '../pathway.ts';
import { instantOf } from '../sla-clock.ts';
import { addDays, later, startOf } from './local-date.ts';
import type { Enrolment, FollowUpState, VisitPlan } from './state.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Planned = Enrolment & { next: NonNullable<Enrolment['next']> };
const isPlanned = (enrolment: Enrolment): enrolment is Planned => enrolment.status === 'active' && enrolment.next !== null;

/** The earliest due date wins; every enrolment whose window is open by then comes along, and is asked for on that visit. */
export function mergedVisit(enrolments: readonly Enrolment[]): Omit<VisitPlan, 'n' | 'stage'> | null {
  const planned = enrolments.filter(isPlanned);
  const [first] = planned.toSorted((a, b) => (a.next.dueOn < b.next.dueOn ? -1 : a.next.dueOn > b.next.dueOn ? 1 : a.id < b.id ? -1 : 1));
  if (!first) return null;
  const { dueOn } = first.next;
  const together = planned.filter(({ next }) => next.opensOn <= dueOn);
  return {
    opensOn: together.reduce((opensOn, { next }) => later(opensOn, next.opensOn), first.next.opensOn),
    dueOn,
    enrolmentIds: together.map(({ id }) => id),
  };
}

/** The state with the plan that its enrolments ask for. A visit that is asked for already stays the same task while its date stays. */
export function replanned(state: FollowUpState): FollowUpState {
  const merged = mergedVisit(state.enrolments);
  if (!merged) return { ...state, plan: null };
  const { plan } = state;
  if (plan && plan.dueOn === merged.dueOn && merged.enrolmentIds.some((id) => plan.enrolmentIds.includes(id)))
    return { ...state, plan: { ...plan, ...merged, opensOn: plan.stage === 'planned' ? merged.opensOn : plan.opensOn } };
  const n = state.planCount + 1;
  return { ...state, planCount: n, plan: { n, ...merged, stage: 'planned' } };
}

export const opensAt = ({ opensOn }: Pick<VisitPlan, 'opensOn'>, { reminderHour }: FollowUpState['configuration']): number =>
  startOf(opensOn) + reminderHour * HOUR_MS;
/** The whole due date may be used. */
export const overdueAt = ({ dueOn }: Pick<VisitPlan, 'dueOn'>): number => startOf(addDays(dueOn, 1));
export const expiresAt = (plan: Pick<VisitPlan, 'dueOn'>, { expiresAfterDays }: FollowUpState['configuration']): number =>
  overdueAt(plan) + expiresAfterDays * DAY_MS;

export function obligationsOf(state: FollowUpState): Obligation[] {
  if (state.over || state.centreId === '') return [];
  const { plan, configuration } = state;
  const due: Obligation[] = [];
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
  if (state.endedAt !== null) due.push({ id: `over-${state.endedAt}`, name: 'over', at: overAt(state) });
  return due;
}

/** Nobody comes back from the dead; what ended otherwise may be reopened for a while. */
const overAt = ({ endedAt, deceasedAt, configuration }: FollowUpState): number =>
  (endedAt as number) + (deceasedAt === null ? configuration.reopenWithinDays * DAY_MS : 0);
