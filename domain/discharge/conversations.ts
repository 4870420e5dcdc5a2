/** What a gp has to speak about with a patient who does not go on with an order: never a tick. */
import type { Reason } from '../kit/pathway.ts';
import { addWorkingDays } from '../time/calendar.ts';
import { addDays, type LocalDate, localDateOf } from '../time/local-date.ts';
import { citeNumber } from './cite.ts';
import type { DischargeGround } from './duties.ts';
import { isHighAlert } from './medicines.ts';
import type { GivenOrder, OrderState } from './order.ts';
import { dateOrder, type OrderGround } from './order-dates.ts';
import { withOutcome } from './order-life.ts';
import { numberOf } from './rules.ts';

/** Either a date, whose rungs act by day, or an instant with a clock. */
export interface ConversationDue {
  dueOn: LocalDate | null;
  dueAt: number | null;
  because: Reason[];
}

/** By the next working day; about a medicine whose stopping harms within days, within hours. */
export function dueOfConversation(
  { rules, calendar }: Pick<DischargeGround, 'rules' | 'calendar'>,
  about: Pick<GivenOrder, 'title' | 'medicine'> | null,
  at: number,
): ConversationDue {
  if (about && isHighAlert(rules, about)) {
    const hours = numberOf(rules, 'conversation-high-alert-hours');
    return { dueOn: null, dueAt: at + hours * 3_600_000, because: [citeNumber(rules, 'conversation-high-alert-hours')] };
  }
  const dueOn = addWorkingDays(calendar, localDateOf(at), numberOf(rules, 'conversation-working-days'));
  return { dueOn, dueAt: null, because: [citeNumber(rules, 'conversation-working-days')] };
}

/** Nothing is asked of an order of which is spoken. */
export const withConversation = (order: OrderState): OrderState => ({ ...order, status: 'in-conversation' });

export type ConversationDecision = 'resume' | 'replace' | 'stop-agreed';

/** What the gp and the patient have agreed on. An order that takes the place of a replaced one is created beside it. */
export function answerConversation(ground: OrderGround, order: OrderState, decision: ConversationDecision): OrderState {
  if (order.status === 'closed') return order;
  switch (decision) {
    case 'replace':
      return withOutcome(order, 'replaced');
    case 'stop-agreed':
      return withOutcome(order, order.stopped ?? 'stopped');
    case 'resume': {
      const { today } = ground;
      const reset = { opensOn: today, dueOn: addDays(today, numberOf(ground.rules, 'resume-days')), by: 'resume' as const };
      const resumed = { ...order, reset, stopped: null, partials: 0 };
      const dates = dateOrder(ground, resumed);
      return { ...resumed, ...dates, status: dates.reviewReasons.length > 0 ? 'review' : 'open' };
    }
  }
}
