/** All orders of an episode together: what happens to them on a date, by a report, by a visit and at the end. */
import { addDays, earlierOf, type LocalDate } from '../time/local-date.ts';
import { withConversation } from './conversations.ts';
import type { GivenOrder, OrderOutcome, OrderState } from './order.ts';
import type { OrderGround } from './order-dates.ts';
import type { ReportProblem } from './order-evidence.ts';
import { actOnDate, type DatedStep, listOrderSteps, withOutcome } from './order-life.ts';
import { type OrderReport, type ReportEffect, type Reporter, reportOrder } from './order-reports.ts';

/** The next date after another on which something happens to an order; undefined when nothing does without a report. */
export function nextOrderDate(ground: OrderGround, orders: readonly OrderState[], after: LocalDate): LocalDate | undefined {
  const dates = orders.flatMap((order) => listOrderSteps(ground, order, after)[0]?.on ?? []);
  return dates.length === 0 ? undefined : dates.reduce(earlierOf);
}

export interface OrderDay {
  orders: OrderState[];
  /** What the date asks people to do: in the order of the orders, and of one order as listed by `listOrderSteps`. */
  happened: { orderId: string; step: DatedStep }[];
}

/** Everything of one date. The orders open, become overdue, rest for a conversation or expire. */
export function actOrdersOn(ground: OrderGround, orders: readonly OrderState[], on: LocalDate): OrderDay {
  const days = orders.map((order) => {
    const steps = listOrderSteps(ground, order, addDays(on, -1)).filter((step) => step.on === on);
    return { order: steps.length === 0 ? order : steps.reduce(applyStep, actOnDate(order, on)), steps };
  });
  return {
    orders: days.map(({ order }) => order),
    happened: days.flatMap(({ order, steps }) => steps.map((step) => ({ orderId: order.id, step }))),
  };
}

function applyStep(order: OrderState, { step }: DatedStep): OrderState {
  switch (step) {
    case 'conversation':
      return withConversation(order);
    case 'expire':
      return withOutcome(order, 'expired');
    case 'open':
    case 'overdue':
    case 'tell':
    case 'rebook':
    case 'home-visit':
    case 'next-contact':
      return order;
  }
}

export type OrdersVerdict =
  /** The report at `index` cannot be; nothing of the list is. */
  | { index: number; problem: ReportProblem | { code: 'invalid'; path: 'orderId'; problem: 'unknown' } }
  | { orders: OrderState[]; effects: { orderId: string; effect: ReportEffect }[] };

/** Reports on several orders, all or none. Several on one order follow each other. */
export function reportOrders(
  ground: OrderGround,
  orders: readonly OrderState[],
  reports: readonly (OrderReport & { orderId: string })[],
  by: Reporter,
): OrdersVerdict {
  const after = new Map(orders.map((order) => [order.id, order]));
  const effects: { orderId: string; effect: ReportEffect }[] = [];
  for (const [index, { orderId, ...report }] of reports.entries()) {
    const order = after.get(orderId);
    if (!order) return { index, problem: { code: 'invalid', path: 'orderId', problem: 'unknown' } };
    const verdict = reportOrder(ground, order, report, by);
    if ('problem' in verdict) return { index, problem: verdict.problem };
    after.set(orderId, verdict.order);
    effects.push(...verdict.effects.map((effect) => ({ orderId, effect })));
  }
  return { orders: orders.map((order) => after.get(order.id) ?? order), effects };
}

/** A visit on a day closes every revisit that was open by then, late ones and those that are spoken about too. */
export function closeRevisits(
  ground: OrderGround,
  orders: readonly OrderState[],
  visitedOn: LocalDate,
  by: Reporter,
): Extract<OrdersVerdict, { orders: unknown }> {
  const met = orders.filter(
    ({ given, status, opensOn }) => given.kind === 'revisit' && status !== 'closed' && opensOn !== null && opensOn <= visitedOn,
  );
  const reports = met.map(({ id }) => ({ orderId: id, outcome: 'done' as const, evidence: { on: visitedOn } }));
  const verdict = reportOrders(ground, orders, reports, by);
  return 'orders' in verdict ? verdict : { orders: [...orders], effects: [] };
}

/**
 * Closes the orders of an episode that ends. A result that somebody waits for and what is spoken about go on after an end that the patient has not brought
 * about by an admission or a death.
 */
export function endOrders(
  orders: readonly OrderState[],
  outcome: Extract<OrderOutcome, 'expired' | 'lost' | 'withdrawn' | 'readmitted' | 'died'>,
): OrderState[] {
  const isLast = outcome === 'readmitted' || outcome === 'died';
  return orders.map((order) => {
    if (order.status === 'closed') return order;
    const goesOn = order.given.kind === 'pending-result' || order.status === 'in-conversation';
    return goesOn && !isLast ? order : withOutcome(order, outcome);
  });
}

/** The order as the plan of the next stay goes on with it: dated by the new discharge; of a medicine the supply that is still in hand counts. */
export function carryOrder({ given, medicine, dispensed }: OrderState): GivenOrder {
  if (!given.medicine || !medicine?.supply) return given;
  const handedOut = dispensed.findLast(({ quantity }) => quantity)?.quantity;
  const before = given.medicine.quantity;
  const isSamePack = before?.packSize !== undefined && before.unit === handedOut?.unit;
  const quantity = handedOut ? { ...(isSamePack ? before : {}), ...handedOut } : before;
  return { ...given, medicine: { ...given.medicine, quantity, startOn: medicine.supply.startOn } };
}
