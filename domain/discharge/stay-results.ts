/**
 * Results that the hospital reports of a stay. In the stay they are listed until somebody has told the patient of them; afterwards one fulfils the pending
 * order of its number, or makes one. What nobody has told by the discharge is such an order too.
 */
import { actedOn } from './duties.ts';
import type { ResultReported } from './events.ts';
import { createOrder } from './order-life.ts';
import { groundOf, openTriage, withOrder } from './orders.ts';
import { withResult } from './pending-results.ts';
import type { DischargeState, StayResult } from './state.ts';

/** `id`: the step that it follows from. */
export function hearResult(state: DischargeState, input: ResultReported, { id, at }: { id: string; at: number }): DischargeState {
  const { occurredAt: reportedAt, number, orderId, abnormal, critical } = input;
  const result: StayResult = { number, orderId, reportedAt, abnormal, critical, toldAt: null };
  if (state.status === 'admitted') return { ...state, results: [...state.results.filter((one) => one.number !== number), result] };
  const known = withPendingResult(state, result, at);
  return critical && state.status !== 'ended' ? openTriage(known, `${id}-${orderId}`, 'emergency', at) : known;
}

/** Somebody has to tell of it still: the discharge ends the duty of the ward in the stay. */
export const withUntoldResults = (state: DischargeState, at: number): DischargeState =>
  state.results
    .filter(({ toldAt, orderId }) => toldAt === null && !state.orders.some(({ id }) => id === orderId))
    .reduce((now, result) => withPendingResult(now, result, at), state);

function withPendingResult(
  state: DischargeState,
  { number, orderId, reportedAt, abnormal, critical }: StayResult,
  at: number,
): DischargeState {
  const result = { at: reportedAt, abnormal, critical };
  const waiting = state.orders.find(
    ({ id, given, status }) => id === orderId || (given.kind === 'pending-result' && given.number === number && status !== 'closed'),
  );
  if (waiting) return withOrder(state, withResult(waiting, result));
  const given = { kind: 'pending-result', title: '', number } as const;
  const created = createOrder(groundOf(state, at), { id: orderId, given, actedOn: actedOn(at) });
  return { ...state, orders: [...state.orders, withResult(created, result)] };
}
