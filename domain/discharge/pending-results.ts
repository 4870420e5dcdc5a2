/** A result that was not there at the discharge: done when it has come and somebody was told. */
import type { OrderState } from './order.ts';
import { withOutcome } from './order-life.ts';

export interface ReportedResult {
  at: number;
  abnormal: boolean;
  critical: boolean;
}

/** A result may be corrected by a second report. It has to be told again when it has become worse than what was told. */
export function withResult(order: OrderState, result: ReportedResult): OrderState {
  const isWorse = order.result !== null && ((result.abnormal && !order.result.abnormal) || (result.critical && !order.result.critical));
  return closeWhenTold({ ...order, result, toldAt: isWorse ? null : order.toldAt });
}

/** Nobody can be told of what has not come. */
export const mayTellResult = ({ result, status }: OrderState): boolean => result !== null && status !== 'closed';

export const withResultTold = (order: OrderState, at: number): OrderState => closeWhenTold({ ...order, toldAt: order.toldAt ?? at });

const closeWhenTold = (order: OrderState): OrderState =>
  order.status !== 'closed' && order.result !== null && order.toldAt !== null ? withOutcome(order, 'done') : order;
