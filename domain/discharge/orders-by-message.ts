/**
 * Orders and a plan that the hospital's system has sent. They are a fact and never refused: they are added and changed as by people, and an order that is
 * closed stays as it is. What is sent of somebody in hospital is a draft; after the discharge it is asked for at once. The ward still owes its plan.
 */
import { acceptWith, type DischargeVerdict, endEpisode, entryOf } from './changes.ts';
import { endWhenCompleted } from './completion.ts';
import { actedOn } from './duties.ts';
import type { DischargeEventNamed } from './events.ts';
import { withLaterStay, withoutLaterStay } from './later-stay.ts';
import { messagesOfNewWork } from './messages.ts';
import { addOrder, changeOrder, withdrawOrder } from './order-commands.ts';
import { withOutcome } from './order-life.ts';
import { findOrder, withActiveOrders, withOrdersRedated, withReviewClocks } from './orders.ts';
import { withDatesAnew } from './owed-duties.ts';
import type { OrderByMessage, PlanByMessage } from './sent-orders.ts';
import { type DischargeState, withActedOn } from './state.ts';

type OrdersReported = DischargeEventNamed<'orders-reported'>;

/** What became of an order. */
type Fate = 'added' | 'replaced' | 'withdrawn' | 'closed';

export function followOrders(state: DischargeState, event: OrdersReported): DischargeVerdict {
  const fates: Record<Fate, string[]> = { added: [], replaced: [], withdrawn: [], closed: [] };
  const heard = hear(state, event, fates);
  const ended = endWhenCompleted(heard, event.at);
  const evidence = {
    ...Object.fromEntries(Object.entries(fates).flatMap(([fate, ids]) => (ids.length === 0 ? [] : [[fate, ids.join(' ')]]))),
    ...(event.input.plan ? { template: event.input.plan.template, templateBefore: state.plan?.template ?? null } : {}),
  };
  const entries = [entryOf(state, heard, event.name, evidence), ...ended.entries];
  return acceptWith(state, ended.after, event, entries, messagesOfNewWork(state, heard, event.id));
}

/** What an end has closed stays closed, but what is sent is kept there, and goes on if the episode does. */
function hear(state: DischargeState, event: OrdersReported, fates: Record<Fate, string[]>): DischargeState {
  const { beforeDeath, status, endReason } = state;
  if (beforeDeath) return hearOfDead(state, beforeDeath, event, fates);
  if (state.resting) return withLaterStay(hear(withoutLaterStay(state), event, fates), event.at);
  if (status !== 'ended' || endReason === null) return apply(state, event, fates);
  const goingOn = apply({ ...state, status: 'discharged', endReason: null, endedAt: null }, event, fates);
  const hasNew = goingOn.orders.some(({ id, status: of }) => of !== 'closed' && findOrder(state, id) === undefined);
  // Whoever had done everything has something to do again.
  if (endReason === 'completed' && hasNew) return goingOn;
  return endEpisode({ ...goingOn, endedAt: state.endedAt }, endReason, event.at);
}

/** Nothing is asked of somebody who has died. What was sent is known if they live after all. */
function hearOfDead(
  state: DischargeState,
  before: NonNullable<DischargeState['beforeDeath']>,
  event: OrdersReported,
  fates: Record<Fate, string[]>,
): DischargeState {
  const living = hear({ ...state, ...before, beforeDeath: null }, event, fates);
  const { status, endReason, resting, number, standing, departmentId, duties, clocks, ladder, orders, conversations } = living;
  const beforeDeath = { status, endReason, resting, number, standing, departmentId, duties, clocks, ladder, orders, conversations };
  const closed = orders.map((order) => findOrder(state, order.id) ?? (order.status === 'closed' ? order : withOutcome(order, 'died')));
  return { ...state, plan: living.plan, orders: closed, beforeDeath };
}

function apply(state: DischargeState, event: OrdersReported, fates: Record<Fate, string[]>): DischargeState {
  const { at, input } = event;
  const planned = input.plan ? hearPlan(state, input.plan, at) : state;
  let now = planned;
  for (const order of input.orders) now = hearOrder(now, order, at, fates);
  if (now.status === 'admitted') return now.plan || now === state ? now : { ...now, plan: draftByMessage(null, at) };
  return withReviewClocks(withActedOn(now, actedOn(at)), at);
}

function hearOrder(state: DischargeState, { id, given }: OrderByMessage, at: number, fates: Record<Fate, string[]>): DischargeState {
  const known = findOrder(state, id);
  if (known?.status === 'closed') {
    fates.closed.push(id);
    return state;
  }
  if (given === null) {
    if (!known) return state;
    fates.withdrawn.push(id);
    return withdrawOrder(state, known);
  }
  const changed = known
    ? changeOrder(state, { at, input: { orderId: id, order: given } })
    : addOrder(state, { at, input: { order: { id, given } } });
  fates[known ? 'replaced' : 'added'].push(id);
  return 'state' in changed ? changed.state : state;
}

type Plan = NonNullable<DischargeState['plan']>;

/** What the ward has to write of a discharge is not there yet. */
const draftByMessage = (plan: PlanByMessage | null, at: number): Plan => ({
  template: plan?.template ?? null,
  without: [],
  information: { responsibleClinician: false, instructions: plan?.instructions ?? false, noMedication: false, noPendingResults: false },
  operatedOn: null,
  site: null,
  joint: null,
  riskInputs: {},
  orders: [],
  itemIds: plan?.itemIds ?? {},
  linkConsent: 'none',
  handover: null,
  recordedAt: at,
  byMessage: true,
});

/** A plan that people have written goes before: it gets a template where it has none. That another one was sent stands in the timeline. */
function hearPlan(state: DischargeState, sent: PlanByMessage, at: number): DischargeState {
  const { plan } = state;
  if (!plan) return withItems({ ...state, plan: draftByMessage(sent, at) }, at);
  const information = { ...plan.information, instructions: plan.information.instructions || sent.instructions };
  const told: DischargeState = { ...state, plan: { ...plan, information } };
  const isFree = plan.template === null || (plan.byMessage === true && state.status === 'admitted');
  if (sent.template === null || sent.template === plan.template || !isFree) return told;
  return withItems({ ...told, plan: { ...plan, information, template: sent.template, itemIds: sent.itemIds } }, at);
}

/** After the discharge the template adds its items at once; what was ordered already keeps its dates, but for those that rest on the template. */
function withItems(state: DischargeState, at: number): DischargeState {
  if (state.status === 'admitted') return state;
  const before = new Map(state.orders.map((order) => [order.id, order]));
  const dated = withDatesAnew(state, at);
  const expanded = withActiveOrders(dated, at);
  return withOrdersRedated({ ...expanded, orders: expanded.orders.map((order) => before.get(order.id) ?? order) }, at);
}
