/** What happens to orders and conversations on their dates when nobody has reported: they open, are overdue, people are called, the patient is spoken to. */
import { addDays, type LocalDate, laterOf, startOf } from '../time/local-date.ts';
import { type DischargeEntry, entryOf } from './changes.ts';
import { withConversation } from './conversations.ts';
import type { DischargeDueEvent } from './events.ts';
import { type DischargeMessage, messageAboutDated } from './messages.ts';
import type { OrderState } from './order.ts';
import { actOnDate, type DatedStep, listOrderSteps, withOutcome } from './order-life.ts';
import { buildClock, conversationClockId, findOrder, groundOf, openConversation, withOrder } from './orders.ts';
import { listOverdueRungs } from './overdue.ts';
import { reasonOf } from './owed-duties.ts';
import { type Conversation, type DischargeState, isAsking, type Owner } from './state.ts';

const gp: Owner = { side: 'centre', role: 'gp' };

interface Acted {
  state: DischargeState;
  entries: DischargeEntry[];
  messages: DischargeMessage[];
}

/** When the rest of the pathway has ended, only results that have not come are still waited for. */
const isAsked = (state: DischargeState, { given }: OrderState): boolean => isAsking(state) || given.kind === 'pending-result';

const BEFORE_ALL = '0000-01-01';

const stepsOf = (state: DischargeState, order: OrderState): DatedStep[] =>
  isAsked(state, order) ? listOrderSteps(groundOf(state, startOf(order.dueOn ?? '1970-01-01')), order, actedOnOf(state, order)) : [];

function actedOnOf({ actedOn, resultsActedOn }: DischargeState, { given }: OrderState): LocalDate {
  const [all, ofResults] = [actedOn ?? BEFORE_ALL, resultsActedOn ?? BEFORE_ALL];
  return given.kind === 'pending-result' ? laterOf(all, ofResults) : all;
}

/** The date on which the next thing happens to an order; undefined when nothing does any more. */
export const nextOfOrder = (state: DischargeState, order: OrderState): LocalDate | undefined => stepsOf(state, order)[0]?.on;

/** `before`: as it was when the date came; `state`: with what else has acted on it. */
export function actOnOrders(before: DischargeState, state: DischargeState, date: LocalDate, event: DischargeDueEvent): Acted {
  return before.orders.reduce<Acted>(
    (acted, { id }) => {
      const order = findOrder(before, id);
      const steps = order ? stepsOf(before, order).filter(({ on }) => on === date) : [];
      if (!order || steps.length === 0) return acted;
      const opened = actOnDate(order, date);
      const entries = acted.entries.concat(entryFor(state, opened, steps, date));
      const start: Acted = { state: withOrder(acted.state, opened), entries, messages: acted.messages };
      return steps.reduce((now, step) => applyStep(now, id, step, event), start);
    },
    { state, entries: [], messages: [] },
  );
}

function applyStep(acted: Acted, id: string, step: DatedStep, event: DischargeDueEvent): Acted {
  const { state, messages } = acted;
  const order = findOrder(state, id);
  if (!order) return acted;
  const at = event.at;
  switch (step.step) {
    case 'open':
    case 'overdue':
    case 'next-contact':
      return acted;
    case 'tell': {
      const about = { taskId: `order-${id}`, owner: order.owner, dueOn: order.dueOn, parameters: { orderId: id } };
      return { ...acted, messages: [...messages, messageAboutDated(state, `order-${id}:${event.id}:${step.role}`, about, step.role)] };
    }
    case 'rebook':
      return {
        ...acted,
        state: withRemedy(state, `rebook-${id}-${order.timesOverdue}`, 'order-revisit', { side: 'hospital', role: 'desk' }, step.dueOn, at),
      };
    case 'home-visit':
      return {
        ...acted,
        state: withRemedy(state, `wound-${id}-${order.timesOverdue}`, 'home-visit', { side: 'centre', role: 'nurse' }, step.dueOn, at),
      };
    case 'conversation': {
      const speaking = withOrder(state, withConversation(order));
      return { ...acted, state: openConversation(speaking, { id: `${event.id}-${id}`, order, reason: step.reason, at }) };
    }
    case 'expire':
      return { ...acted, state: withOrder(state, withOutcome(order, 'expired')) };
  }
}

/** Somebody else does something about it, by a day. */
function withRemedy(
  state: DischargeState,
  id: string,
  task: 'order-revisit' | 'home-visit',
  owner: Owner,
  dueOn: LocalDate,
  at: number,
): DischargeState {
  const clock = buildClock(id, task, owner, at, startOf(addDays(dueOn, 1)) - at, false);
  return { ...state, clocks: [...state.clocks, clock] };
}

function entryFor(state: DischargeState, order: OrderState, steps: readonly DatedStep[], date: LocalDate): DischargeEntry {
  const opens = steps.some(({ step }) => step === 'open');
  const expires = steps.some(({ step }) => step === 'expire');
  const event = expires ? 'order-expired' : opens ? 'window-open' : 'overdue';
  const evidence = { orderId: order.id, kind: order.given.kind, item: order.given.item ?? null, dueOn: order.dueOn, on: date };
  const said = steps.map((step) => (step.step === 'tell' ? step.role : step.step)).join(' ');
  const because = reasonOf(`${order.given.kind}/${steps[0]?.step ?? ''}`, {
    ...evidence,
    steps: said,
  });
  return entryOf(state, state, event, [because, ...order.because]);
}

// --- conversations -------------------------------------------------------------------------

function callsOf({ rules, calendar, status }: DischargeState, { decision, dueOn, called }: Conversation) {
  return decision !== null || dueOn === null || status === 'suspended' ? undefined : listOverdueRungs(rules, calendar, dueOn)[called];
}

export const nextOfConversation = (state: DischargeState, conversation: Conversation): LocalDate | undefined =>
  callsOf(state, conversation)?.on;

export function tellConversations(state: DischargeState, date: LocalDate, event: DischargeDueEvent): Acted {
  return state.conversations.reduce<Acted>(
    (acted, conversation) => {
      const call = callsOf(state, conversation);
      if (call?.on !== date) return acted;
      const { id, dueOn, orderId, called } = conversation;
      const conversations = acted.state.conversations.map((one) => (one.id === id ? { ...one, called: called + 1 } : one));
      const about = { taskId: conversationClockId(id), owner: gp, dueOn, parameters: { conversation: id } };
      const because = reasonOf(`conversation/${call.tell}`, { conversation: id, orderId, dueOn, told: call.tell });
      return {
        state: { ...acted.state, conversations },
        entries: [...acted.entries, entryOf(state, state, 'overdue', [because])],
        messages: [...acted.messages, messageAboutDated(state, `${conversationClockId(id)}:${event.id}:${call.tell}`, about, call.tell)],
      };
    },
    { state, entries: [], messages: [] },
  );
}
