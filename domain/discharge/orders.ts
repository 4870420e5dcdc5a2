/** The orders of an episode: dated with the discharge, dated anew with what it rests on, and what has to be judged or spoken about because of one. */
import { addDays, daysBetween, localDateOf } from '../time/local-date.ts';
import { instantOf, startClock } from '../time/sla-clock.ts';
import { codeOrder } from './code-orders.ts';
import { dueOfConversation } from './conversations.ts';
import { actedOn, actingInstantOf } from './duties.ts';
import type { GivenOrder, OrderState } from './order.ts';
import type { OrderGround } from './order-dates.ts';
import { createOrder, redateOrder, withNewDates } from './order-life.ts';
import { dischargedOnOf, rungPercents } from './owed-duties.ts';
import { expandPlan, findMissingInformation, type InformationPart, informationParts } from './plan.ts';
import { isWritten, type NewOrder, WRITTEN } from './plan-input.ts';
import { computeRisk } from './risk.ts';
import { numberOf, type TriageLevel } from './rules.ts';
import { type Conversation, type DischargeState, type DutyClock, findDuty, isAsking, type Owner } from './state.ts';
import { findTemplate } from './templates.ts';
import { abnormalDueOn, triageAt } from './triage.ts';

const HOUR_MS = 3_600_000;

/** What orders are dated by. Before the discharge it is as if it were today. */
export function groundOf(state: DischargeState, at: number): OrderGround {
  const { rules, templates, calendar, plan } = state;
  const today = localDateOf(at);
  const dischargedOn = dischargedOnOf(state) ?? today;
  return {
    rules,
    templates,
    calendar,
    dischargedOn,
    today,
    visitDueOn: findDuty(state, 'visit')?.dueOn ?? addDays(dischargedOn, numberOf(rules, 'visit-medium-days')),
    template: findTemplate(templates, plan?.template),
    operatedOn: plan?.operatedOn ?? undefined,
    site: plan?.site ?? undefined,
    joint: plan?.joint ?? undefined,
  };
}

/** The risk by what is known of the stay and what the ward has told. */
export function withRisk(state: DischargeState): DischargeState {
  const { scores, standing, plan, riskOverride } = state;
  const dischargedOn = dischargedOnOf(state);
  const admittedAt = standing?.admittedAt ?? null;
  const stayDays = dischargedOn === undefined || admittedAt === null ? null : daysBetween(localDateOf(admittedAt), dischargedOn);
  const facts = { ...plan?.riskInputs, stayDays, admissionType: standing?.admissionType ?? null };
  return { ...state, risk: computeRisk(scores, facts, { override: riskOverride, disposition: standing?.disposition ?? null }) };
}

/** An order of a plan that is a draft: nothing is asked of it yet. */
export const toDraftOrder = (order: OrderState): OrderState =>
  order.status === 'closed' ? order : { ...order, status: 'waiting', opensOn: null, dueOn: null, because: [] };

/**
 * The orders as the plan has them, which take the place of those of the draft before. What was ordered beside the draft stays; what the plan asks for by the
 * same number, or teaches, is the plan's.
 */
export function withPlannedOrders(
  state: DischargeState,
  before: DischargeState['plan'],
  orders: readonly NewOrder[],
  at: number,
): DischargeState {
  // An item that was reported on already stays; the template does not add it again.
  const items = Object.values(before?.itemIds ?? {}).filter((id) => findOrder(state, id)?.evidence.length === 0);
  const ofDraft = new Set([...(before?.orders ?? []).map(({ id }) => id), ...items]);
  const beside = state.orders.filter(({ id }) => !ofDraft.has(id));
  const planned = orders.map(({ id, given }) => {
    const created = toDraftOrder(createOrder(groundOf(state, at), { id, given, actedOn: actedOn(at) }));
    const known = beside.find((order) => isSameResult(order.given, given));
    return known ? { ...created, result: known.result, toldAt: known.toldAt } : created;
  });
  const kept = beside.filter((order) => !orders.some(({ given }) => isSameResult(order.given, given)));
  return { ...state, orders: [...planned, ...kept] };
}

const isSameResult = (one: GivenOrder, other: GivenOrder): boolean =>
  one.kind === 'pending-result' && other.kind === 'pending-result' && one.number !== undefined && one.number === other.number;

/** The plan is active: the template adds its items, and each order that is not closed gets its dates. */
export function withActiveOrders(state: DischargeState, at: number): DischargeState {
  const ground = groundOf(state, at);
  const { plan } = state;
  if (!plan) return { ...state, orders: state.orders.map((order) => withNewDates(ground, order, actedOn(at))) };
  const given = state.orders.map((order) => order.given);
  const { template, ...rest } = plan;
  const expanded = expandPlan(ground, {
    ...rest,
    template: template ?? undefined,
    operatedOn: undefined,
    site: plan.site ?? undefined,
    joint: undefined,
    orders: given,
  });
  const dated = state.orders.map((order, index) =>
    withNewDates(ground, { ...order, given: expanded.orders[index] ?? order.given }, actedOn(at)),
  );
  const added = expanded.orders
    .slice(state.orders.length)
    .map((one) =>
      createOrder(ground, { id: idOfItem(state, one.item ?? one.kind), given: codeOrder(state.rules, one), actedOn: actedOn(at) }),
    );
  const orders = withoutSecondTeaching([...dated, ...added]);
  return { ...state, orders, missingMedicines: expanded.missingMedicines.map(({ id }) => id) };
}

/** Teaching that was owed because nobody had taught in the stay is that of the plan, where it has one. */
export const TEACHING = 'education-';
const withoutSecondTeaching = (orders: OrderState[]): OrderState[] =>
  orders.some(({ id, given }) => given.kind === 'education' && !id.startsWith(TEACHING))
    ? orders.filter(({ id, status }) => !id.startsWith(TEACHING) || status === 'closed')
    : orders;

/** The parts of the information about a discharge that nobody has given yet. */
export function missingInformation({ plan, orders, results }: DischargeState): InformationPart[] {
  if (!plan) return [...informationParts];
  if (!isWritten(plan)) return informationParts.filter((part) => part !== 'instructions' || !plan.information.instructions);
  const { responsibleClinician, instructions, ...none } = plan.information;
  const texts = { responsibleClinician: responsibleClinician ? WRITTEN : '', instructions: instructions ? WRITTEN : '' };
  const given = orders.map((order) => order.given);
  return findMissingInformation({ ...texts, ...none, diagnoses: [], procedures: [], allergies: [], orders: given }, given, results.length);
}

const idOfItem = ({ plan }: DischargeState, item: string): string => plan?.itemIds[item] ?? item;

/** The discharge, the risk, the plan or the calendar has changed. */
export const withOrdersRedated = (state: DischargeState, at: number): DischargeState => {
  const ground = groundOf(state, at);
  return { ...state, orders: state.orders.map((order) => redateOrder(ground, order, actedOn(at))) };
};

export const withOrder = (state: DischargeState, changed: OrderState): DischargeState => ({
  ...state,
  orders: state.orders.map((order) => (order.id === changed.id ? changed : order)),
});

export const findOrder = ({ orders }: DischargeState, id: string): OrderState | undefined => orders.find((order) => order.id === id);

/** Somebody who looks at what cannot be dated, as long as it cannot. */
export function withReviewClocks(state: DischargeState, at: number): DischargeState {
  const waiting = isAsking(state) ? state.orders.filter(({ status }) => status === 'review') : [];
  const kept = state.clocks.filter(({ clock, task }) => task !== 'review-order' || waiting.some(({ id }) => isReviewOf(clock.id, id)));
  const budgetMs = numberOf(state.rules, 'review-hours') * HOUR_MS;
  const begun = waiting.filter(({ id }) => !kept.some(({ clock }) => isReviewOf(clock.id, id)));
  if (kept.length === state.clocks.length && begun.length === 0) return state;
  // What is looked at again has a clock of its own, with other steps.
  const added = begun.map(({ id, owner }, index) =>
    buildClock(`review-${id}-of-${state.reviews + index + 1}`, 'review-order', owner, at, budgetMs),
  );
  return { ...state, reviews: state.reviews + begun.length, clocks: [...kept, ...added] };
}

const isReviewOf = (clockId: string, orderId: string): boolean => clockId.slice(0, clockId.lastIndexOf('-of-')) === `review-${orderId}`;

export const buildClock = (
  id: string,
  task: DutyClock['task'],
  owner: Owner,
  at: number,
  budgetMs: number,
  hasRungs = true,
): DutyClock => ({
  clock: startClock({ id, name: task, budgetMs: Math.max(budgetMs, 1), at, rungPercents: hasRungs ? rungPercents : [] }),
  owner,
  task,
});

const gp: Owner = { side: 'centre', role: 'gp' };

/** `id`: the step that it follows from. About a medicine whose stopping harms soon it has a clock, else a date. */
export function openConversation(
  state: DischargeState,
  { id, order, reason, at }: { id: string; order: OrderState | null; reason: string; at: number },
): DischargeState {
  const { dueOn, dueAt } = dueOfConversation(state, order?.given ?? null, at);
  const conversation: Conversation = { id, orderId: order?.id ?? null, reason, dueOn, dueAt, decision: null, called: 0 };
  const clock = dueAt === null ? [] : [buildClock(conversationClockId(id), 'conversation', gp, at, dueAt - at)];
  return { ...state, conversations: [...state.conversations, conversation], clocks: [...state.clocks, ...clock] };
}

export const conversationClockId = (id: string): string => `conversation-${id}`;

/** Ends what was to be spoken about, with what was agreed on; null where it has become needless. */
export const closeConversations = (
  state: DischargeState,
  matches: (conversation: Conversation) => boolean,
  decision: Conversation['decision'],
): DischargeState => {
  const closing = state.conversations.filter((one) => one.decision === null && matches(one));
  if (closing.length === 0) return state;
  return {
    ...state,
    conversations: decision
      ? state.conversations.map((one) => (closing.includes(one) ? { ...one, decision } : one))
      : state.conversations.filter((one) => !closing.includes(one)),
    clocks: state.clocks.filter(({ clock }) => !closing.some(({ id }) => clock.id === conversationClockId(id))),
  };
};

/** Somebody judges it within minutes or hours; what is only off its range has the time of a working day. */
export function openTriage(state: DischargeState, id: string, level: TriageLevel | 'abnormal', at: number): DischargeState {
  const needed =
    level === 'abnormal'
      ? { level: 'urgent' as const, dueAt: abnormalDueAt(state, at), ownerRole: 'gp' as const }
      : triageAt(state.rules, level, at, []);
  const owner: Owner = { side: 'centre', role: needed.ownerRole };
  const clock = buildClock(triageClockId(id), 'triage', owner, at, needed.dueAt - at);
  return {
    ...state,
    triages: [...state.triages, { id, level: needed.level, dueAt: instantOf(clock.clock, 100) ?? needed.dueAt, action: null }],
    clocks: [...state.clocks, clock],
  };
}

export const triageClockId = (id: string): string => `triage-${id}`;

function abnormalDueAt({ rules, calendar }: DischargeState, at: number): number {
  const dueOn = abnormalDueOn(rules, calendar, at);
  return actingInstantOf(addDays(dueOn, 1));
}
