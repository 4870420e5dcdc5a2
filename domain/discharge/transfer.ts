/**
 * Whoever was sent to another hospital is expected there. Until the time for it is over nothing is asked of anybody but the plan and the results that are
 * waited for; when no admission elsewhere has been told by then, the desk finds the patient, and what is owed after a discharge begins.
 */
import type { DischargeEntry } from './changes.ts';
import { citeNumber } from './cite.ts';
import { buildClock } from './orders.ts';
import { numberOf } from './rules.ts';
import type { AwaitedTransfer, DischargeState, Duty } from './state.ts';

const HOUR_MS = 3_600_000;
const FIND_TASK = 'find-transferred';

/** The state of a discharge that has been told or corrected, with what its disposition says of where the patient is. */
export function withTransfer(state: DischargeState): DischargeState {
  const { standing, transfer, rules, number, discharges } = state;
  const dischargedAt = standing?.dischargedAt ?? null;
  if (dischargedAt === null || standing?.disposition !== 'other-hospital')
    return { ...state, transfer: null, clocks: state.clocks.filter(({ task }) => task !== FIND_TASK) };
  if (transfer?.isOver && transfer.discharge === discharges) return state;
  const until = dischargedAt + numberOf(rules, 'transferred-wait-hours') * HOUR_MS;
  const awaited: AwaitedTransfer = { until, number, discharge: discharges, isOver: false };
  return { ...state, transfer: awaited, duties: state.duties.map(waitAgain) };
}

/** What has been asked for already, because the patient was thought to be at home, is not asked any more. */
const waitAgain = (duty: Duty): Duty =>
  duty.duty === 'plan' || (duty.state !== 'open' && duty.state !== 'overdue') ? duty : { ...duty, state: 'waiting', called: 0 };

/** The wait of another standing is another one, with steps of its own. */
export const stepOfWait = ({ number, until }: AwaitedTransfer): string => `transfer-${number}-${until}`;

/** Nobody has arrived: somebody finds the patient. */
export function withSearch(state: DischargeState, transfer: AwaitedTransfer, at: number): DischargeState {
  const budgetMs = numberOf(state.rules, 'find-transferred-hours') * HOUR_MS;
  const clock = buildClock(`${FIND_TASK}-${transfer.number}`, FIND_TASK, { side: 'hospital', role: 'desk' }, at, budgetMs);
  return { ...state, transfer: { ...transfer, isOver: true }, clocks: [...state.clocks, clock] };
}

export const reasonsOfSearch = ({ rules }: DischargeState, { until }: AwaitedTransfer): DischargeEntry['because'] => [
  citeNumber(rules, 'transferred-wait-hours', { until: new Date(until).toISOString() }),
  citeNumber(rules, 'find-transferred-hours'),
];
