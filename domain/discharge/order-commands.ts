/** This file decides what people say of orders: given, changed, reported, spoken about, judged. */
import { type DischargeVerdict, refuse } from './changes.ts';
import { answerConversation as answerOrder } from './conversations.ts';
import { actedOn } from './duties.ts';
import type { DischargeEventNamed, ReportedOrder } from './events.ts';
import type { OrderState } from './order.ts';
import { changeOrder as changeGiven, createOrder, withOutcome } from './order-life.ts';
import { type ReportEffect, reportOrder } from './order-reports.ts';
import {
  closeConversations,
  findOrder,
  groundOf,
  openConversation,
  openTriage,
  toDraftOrder,
  triageClockId,
  withOrder,
  withOrdersRedated,
  withRisk,
} from './orders.ts';
import { withDatesAnew } from './owed-duties.ts';
import { mayTellResult, withResult, withResultTold } from './pending-results.ts';
import type { NewOrder } from './plan-input.ts';
import type { DischargeState } from './state.ts';
import { withTriageAction } from './triage-actions.ts';

/** The state after a command, or why not. */
export type Changed = { state: DischargeState } | { verdict: DischargeVerdict };

const refused = (...of: Parameters<typeof refuse>): Changed => ({ verdict: refuse(...of) });

/** What is asked, by a person or by a message. */
type Asked<Name extends 'add-order' | 'change-order'> = Pick<DischargeEventNamed<Name>, 'at' | 'input'>;

export function addOrder(state: DischargeState, { at, input }: Asked<'add-order'>): Changed {
  if (findOrder(state, input.order.id)) return refused('already-exists');
  return { state: withNewOrder(state, input.order, at) };
}

function withNewOrder(state: DischargeState, { id, given }: NewOrder, at: number): DischargeState {
  const created = createOrder(groundOf(state, at), { id, given, actedOn: actedOn(at) });
  return { ...state, orders: [...state.orders, state.status === 'discharged' ? created : toDraftOrder(created)] };
}

export function changeOrder(state: DischargeState, { at, input }: Asked<'change-order'>): Changed {
  const order = findOrder(state, input.orderId);
  if (!order) return refused('not-found');
  if (order.status === 'closed') return refused('order-closed', { state: order.outcome });
  const changed = changeGiven(groundOf(state, at), order, input.order, actedOn(at));
  const spoken = closeConversations(state, ({ orderId }) => orderId === order.id, null);
  return { state: withoutRemedies(withOrder(spoken, state.status === 'discharged' ? changed : toDraftOrder(changed)), order.id) };
}

/** The hospital has taken back what it ordered; what was to be spoken about is needless. */
export function withdrawOrder(state: DischargeState, order: OrderState): DischargeState {
  const spoken = closeConversations(state, ({ orderId }) => orderId === order.id, null);
  return withoutRemedies(withOrder(spoken, withOutcome(order, 'withdrawn')), order.id);
}

/** What was to be done about an order that had not been reported on. */
const withoutRemedies = (state: DischargeState, orderId: string): DischargeState => ({
  ...state,
  clocks: state.clocks.filter(({ clock }) => !clock.id.startsWith(`rebook-${orderId}-`) && !clock.id.startsWith(`wound-${orderId}-`)),
});

/** All or none: one that cannot be reported refuses them all. */
export function reportOrders(
  state: DischargeState,
  reports: readonly ReportedOrder[],
  { id: step, at, actor }: { id: string; at: number; actor: { role: string } },
): Changed & { isSignOfLife?: boolean } {
  let now = state;
  let isSignOfLife = false;
  for (const { orderId, ...report } of reports) {
    const order = findOrder(now, orderId);
    if (!order) return refused('not-found');
    if (order.status === 'closed') return refused('order-closed', { state: order.outcome });
    const ground = groundOf(now, at);
    const verdict = reportOrder(ground, order, report, { role: actor.role, actedOn: actedOn(at) });
    if ('problem' in verdict)
      return refused(verdict.problem.code === 'forbidden' ? 'role-may-not' : 'transition-not-allowed', { state: order.status });
    now = withoutRemedies(withOrder(now, verdict.order), orderId);
    for (const effect of verdict.effects) {
      now = applyEffect(now, effect, { id: `${step}-${orderId}`, orderId, at });
      if (effect.effect === 'sign-of-life') isSignOfLife = true;
    }
  }
  return { state: now, isSignOfLife };
}

function applyEffect(
  state: DischargeState,
  effect: ReportEffect,
  { id, orderId, at }: { id: string; orderId: string; at: number },
): DischargeState {
  switch (effect.effect) {
    case 'conversation':
      return openConversation(state, { id, order: findOrder(state, orderId) ?? null, reason: effect.reason, at });
    case 'conversation-ended':
      return closeConversations(state, (one) => one.orderId === orderId, null);
    case 'triage':
      return openTriage(state, id, effect.level, at);
    case 'sign-of-life':
      return state;
  }
}

export function answerConversation(state: DischargeState, { at, input }: DischargeEventNamed<'answer-conversation'>): Changed {
  const { conversationId, decision, order: replacing } = input;
  const conversation = state.conversations.find(({ id }) => id === conversationId);
  if (!conversation) return refused('not-found');
  if (conversation.decision !== null) return refused('transition-not-allowed', { state: conversation.decision, allowed: [] });
  const answered = closeConversations(state, ({ id }) => id === conversationId, decision);
  const order = conversation.orderId === null ? undefined : findOrder(answered, conversation.orderId);
  if (!order) return { state: answered };
  const after = withOrder(answered, answerOrder(groundOf(answered, at), order, decision));
  return { state: decision === 'replace' && replacing ? withNewOrder(after, replacing, at) : after };
}

export function judgeTriage(state: DischargeState, { at, input }: DischargeEventNamed<'triage'>): Changed {
  const { triageId, action } = input;
  const triage = state.triages.find(({ id }) => id === triageId);
  if (!triage) return refused('not-found');
  if (triage.action !== null) return refused('transition-not-allowed', { state: triage.action, allowed: [] });
  const judged: DischargeState = {
    ...state,
    triages: state.triages.map((one) => (one.id === triageId ? { ...one, action } : one)),
    clocks: state.clocks.filter(({ clock }) => clock.id !== triageClockId(triageId)),
  };
  return { state: withTriageAction(judged, input, at) };
}

export function reportResult(state: DischargeState, { id, at, input }: DischargeEventNamed<'report-result'>): Changed {
  const { orderId, resultAt, abnormal, critical } = input;
  const order = findOrder(state, orderId);
  if (order?.given.kind !== 'pending-result') return refused('not-found');
  if (order.status === 'closed') return refused('order-closed', { state: order.outcome });
  const known = withOrder(state, withResult(order, { at: resultAt, abnormal, critical }));
  return { state: critical ? openTriage(known, `${id}-${orderId}`, 'emergency', at) : known };
}

export function tellResult(state: DischargeState, { at, input }: DischargeEventNamed<'tell-result'>): Changed {
  const { orderId, doneAt = at } = input;
  const order = findOrder(state, orderId);
  if (order?.given.kind !== 'pending-result') return refused('not-found');
  if (order.status === 'closed') return refused('order-closed', { state: order.outcome });
  if (!mayTellResult(order)) return refused('transition-not-allowed', { state: order.status, allowed: ['report-result'] });
  return { state: withOrder(state, withResultTold(order, doneAt)) };
}

/** Open dates that rest on the risk are computed anew. */
export function setRisk(state: DischargeState, { at, input }: DischargeEventNamed<'set-risk'>): Changed {
  const known = withRisk({ ...state, riskOverride: input.level });
  return { state: known.status === 'discharged' ? withOrdersRedated(withDatesAnew(known, at), at) : known };
}
