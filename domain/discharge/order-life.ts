/** How an order begins, which state a date gives it, and what happens to it on its dates when nobody reports. */
import { addWorkingDays } from '../time/calendar.ts';
import { addDays, type LocalDate, laterOf } from '../time/local-date.ts';
import type { GivenOrder, OrderOutcome, OrderState, OrderStatus } from './order.ts';
import { dateOrder, type OrderGround } from './order-dates.ts';
import { listOverdueRungs, listPendingResultRungs, type OverdueRole } from './overdue.ts';
import { numberOf } from './rules.ts';

/** `actedOn` is the last day whose dates have acted (duties.ts). */
export function createOrder(ground: OrderGround, order: { id: string; given: GivenOrder; actedOn: LocalDate }): OrderState {
  const facts = { given: order.given, reset: null, dispensed: [] };
  const created: OrderState = {
    id: order.id,
    ...facts,
    ...dateOrder(ground, facts),
    status: 'waiting',
    outcome: null,
    evidence: [],
    partials: 0,
    timesOverdue: 0,
    stopped: null,
    result: null,
    toldAt: null,
  };
  return withStatusOn(created, order.actedOn);
}

/** What a date makes of an order that is not closed and of which nobody is speaking. */
function withStatusOn(order: OrderState, actedOn: LocalDate): OrderState {
  if (order.status === 'closed' || order.status === 'in-conversation') return order;
  return { ...order, status: statusOn(order, actedOn) };
}

function statusOn({ reviewReasons, opensOn, dueOn }: OrderState, actedOn: LocalDate): OrderStatus {
  if (reviewReasons.length > 0 || opensOn === null || dueOn === null) return 'review';
  if (actedOn > dueOn) return 'overdue';
  return actedOn >= opensOn ? 'open' : 'waiting';
}

/** Dates an order by what was reported on it. */
export const withNewDates = (ground: OrderGround, order: OrderState, actedOn: LocalDate): OrderState =>
  withStatusOn({ ...order, ...dateOrder(ground, order) }, actedOn);

/**
 * Dates an order anew because the discharge, the risk, the plan or the calendar has changed. A day that is over is not put off by that once more: an order
 * that is overdue stays so, and one that was due on a day that was over already keeps the later day that it was given.
 */
export function redateOrder(ground: OrderGround, order: OrderState, actedOn: LocalDate): OrderState {
  if (order.status === 'closed') return order;
  const dated = withNewDates(ground, order, actedOn);
  // As it would have been dated on the day of the discharge.
  const meantOn = dateOrder({ ...ground, today: ground.dischargedOn }, order).dueOn;
  if (order.dueOn === null || dated.dueOn === null || meantOn === null || meantOn >= ground.today) return dated;
  if (order.status === 'overdue') return order;
  return order.dueOn >= ground.today && order.dueOn < dated.dueOn ? { ...dated, dueOn: order.dueOn, owner: order.owner } : dated;
}

export const withOutcome = (order: OrderState, outcome: OrderOutcome): OrderState => ({ ...order, status: 'closed', outcome });

/** Replaces what was ordered, which also ends a review and a conversation. What was reported stays. */
export function changeOrder(ground: OrderGround, order: OrderState, given: GivenOrder, actedOn: LocalDate): OrderState {
  const changed = { ...order, given, reset: null, stopped: null, status: 'waiting' as const };
  const dispensed = sameSupply(order.given, given) ? order.dispensed : [];
  return withStatusOn({ ...changed, dispensed, ...dateOrder(ground, { ...changed, dispensed }) }, actedOn);
}

/** With another quantity or another beginning the supply is counted from there. */
const sameSupply = (before: GivenOrder, after: GivenOrder): boolean =>
  JSON.stringify([before.medicine?.quantity, before.medicine?.startOn]) ===
  JSON.stringify([after.medicine?.quantity, after.medicine?.startOn]);

export type OrderStep =
  | { step: 'open' }
  | { step: 'overdue' }
  | { step: 'tell'; role: OverdueRole }
  /** The desk of the hospital books the revisit again. */
  | { step: 'rebook'; dueOn: LocalDate }
  /** A nurse of the centre looks after the wound at home. */
  | { step: 'home-visit'; dueOn: LocalDate }
  /** It is done at the next contact with the patient. */
  | { step: 'next-contact' }
  | { step: 'conversation'; reason: 'supply-ended' | 'overdue-twice' }
  | { step: 'expire' };

export type DatedStep = { on: LocalDate } & OrderStep;

/**
 * Lists what happens to an order on its dates as long as nobody reports, in the order in which it happens. Each acts at 09:00. A pending result has no end:
 * of its last rung, told every week, the next one after `after` is listed.
 */
export function listOrderSteps(ground: OrderGround, order: OrderState, after: LocalDate): DatedStep[] {
  const { opensOn, dueOn } = order;
  if (order.status === 'closed' || order.status === 'in-conversation' || order.status === 'review' || !opensOn || !dueOn) return [];
  const overdueOn = addDays(dueOn, 1);
  const steps: DatedStep[] = [{ on: opensOn, step: 'open' }, { on: overdueOn, step: 'overdue' }, ...listTold(ground, order, dueOn, after)];
  steps.push(...listRemedies(ground, order, overdueOn));
  const expiresOn = findExpiry(ground, order);
  const until = expiresOn ?? '9999-12-31';
  return [...steps.filter(({ on }) => on < until || on <= overdueOn), ...(expiresOn ? [{ on: expiresOn, step: 'expire' as const }] : [])]
    .filter(({ on }) => on > after)
    .toSorted((a, b) => (a.on < b.on ? -1 : Number(a.on > b.on)));
}

function listTold({ rules, calendar }: OrderGround, { given }: OrderState, dueOn: LocalDate, after: LocalDate): DatedStep[] {
  const rungs = given.kind === 'pending-result' ? listPendingResultRungs(rules, dueOn, after) : listOverdueRungs(rules, calendar, dueOn);
  return rungs.map(({ on, tell }) => ({ on, step: 'tell', role: tell }));
}

/** What is done about it beside that people are told. */
function listRemedies({ rules, calendar }: OrderGround, order: OrderState, overdueOn: LocalDate): DatedStep[] {
  const { given, medicine, timesOverdue } = order;
  switch (given.kind) {
    case 'medicine': {
      if (!medicine || medicine.asNeeded) return [];
      const endOn = medicine.supply?.endOn;
      const on = medicine.isRefill && endOn ? laterOf(addDays(endOn, 1), overdueOn) : overdueOn;
      return [{ on, step: 'conversation', reason: 'supply-ended' }];
    }
    case 'revisit':
      return timesOverdue + (order.status === 'overdue' ? 0 : 1) >= numberOf(rules, 'rebook-times')
        ? [{ on: overdueOn, step: 'conversation', reason: 'overdue-twice' }]
        : [{ on: overdueOn, step: 'rebook', dueOn: addWorkingDays(calendar, overdueOn, numberOf(rules, 'rebook-working-days')) }];
    case 'wound':
      return [
        { on: overdueOn, step: 'home-visit', dueOn: addWorkingDays(calendar, overdueOn, numberOf(rules, 'wound-home-visit-working-days')) },
      ];
    case 'education':
      return [{ on: overdueOn, step: 'next-contact' }];
    case 'retest':
    case 'pending-result':
    case 'rehabilitation':
    case 'device':
    case 'vaccination':
    case 'other':
      return [];
  }
}

/** The day on which an order that nobody has reported on is closed, never before it is overdue; undefined for one that does not end by itself. */
function findExpiry({ rules, dischargedOn }: OrderGround, { given, dueOn }: OrderState): LocalDate | undefined {
  const rule = rules.expiries.find(({ kind }) => kind === given.kind);
  if (!rule || dueOn === null) return undefined;
  return laterOf(addDays(rule.from === 'due' ? dueOn : dischargedOn, rule.days), addDays(dueOn, 1));
}

/** Opens what opens and makes overdue what was due the day before. */
export function actOnDate(order: OrderState, on: LocalDate): OrderState {
  const acted = withStatusOn(order, on);
  return acted.status === 'overdue' && order.status !== 'overdue' ? { ...acted, timesOverdue: order.timesOverdue + 1 } : acted;
}
