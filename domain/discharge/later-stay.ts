/**
 * The person has been admitted again after the stay of an episode. While they are in hospital nothing is asked of them; with the discharge of the later stay
 * the episode ends, and when that admission is taken back it goes on with its dates. What follows depends on the later stay as it is known, not on the order
 * in which it became known.
 */
import { addDays, type LocalDate, localDateOf } from '../time/local-date.ts';
import { endEpisode } from './changes.ts';
import { judgeReadmission, type Readmission } from './limits.ts';
import { dischargedOnOf } from './owed-duties.ts';
import type { LaterStay } from './standing.ts';
import type { DischargeState, Resting } from './state.ts';

/** The state as it would be if no later stay were known. */
export const withoutLaterStay = (state: DischargeState): DischargeState =>
  state.resting === null
    ? state
    : {
        ...state,
        ...state.resting,
        clocks: [...state.resting.clocks, ...clocksSince(state)],
        orders: reviveOrders(state),
        resting: null,
        status: 'discharged',
        endReason: null,
        endedAt: null,
      };

/** What has begun meanwhile runs on. */
const clocksSince = ({ clocks, resting }: DischargeState): DischargeState['clocks'] =>
  clocks.filter(({ clock }) => !resting?.clocks.some((before) => before.clock.id === clock.id));

/** What was closed because of the later stay is as it was; what was reported meanwhile stays. */
const reviveOrders = ({ orders, resting }: DischargeState): DischargeState['orders'] =>
  orders.map((order) => {
    const before = resting?.orders.find(({ id }) => id === order.id);
    const isEnded = order.outcome === 'readmitted' || order.outcome === 'withdrawn';
    return before && isEnded ? before : order;
  });

/** The state with what follows from the later stay that it knows. */
export function withLaterStay(state: DischargeState, at: number): DischargeState {
  const { laterStay, duties, clocks, ladder, orders, conversations } = state;
  if (laterStay === null) return state;
  // A later stay that has ended by the death comes before it.
  if (state.endReason === 'died' && laterStay.status === 'discharged' && dischargedOnOf(state) !== undefined)
    return { ...state, endReason: isTransfer(state, laterStay) ? 'transferred' : 'readmitted' };
  if (state.status !== 'discharged') return state;
  const resting: Resting = { duties, clocks, ladder, orders, conversations };
  if (isTransfer(state, laterStay)) return { ...endEpisode(state, 'transferred', at), resting };
  if (laterStay.status === 'discharged') return { ...endEpisode(state, 'readmitted', at), resting };
  return { ...state, status: 'suspended', clocks: [], resting };
}

/** Sent to another hospital and admitted there on that day or the next. */
function isTransfer(state: DischargeState, { hospitalId, admittedAt }: LaterStay): boolean {
  const dischargedOn = dischargedOnOf(state);
  if (state.standing?.disposition !== 'other-hospital' || hospitalId === state.hospitalId || dischargedOn === undefined) return false;
  const admittedOn: LocalDate = localDateOf(admittedAt);
  return admittedOn === dischargedOn || admittedOn === addDays(dischargedOn, 1);
}

/** Null while there is no discharge or no later stay, and for a transfer, which is none. */
export function readmissionOf(state: DischargeState): (Readmission & { episodeId: string }) | null {
  const { laterStay, endReason, rules } = state;
  const dischargedOn = dischargedOnOf(state);
  if (laterStay === null || dischargedOn === undefined || endReason === 'transferred' || endReason === 'cancelled') return null;
  return {
    episodeId: laterStay.episodeId,
    ...judgeReadmission(rules, dischargedOn, localDateOf(laterStay.admittedAt), laterStay.planned),
  };
}
