/** What becomes of an order when somebody reports on it. A report changes nothing itself: it returns the order and what has to follow. */
import { addDays, type LocalDate } from '../time/local-date.ts';
import { withConversation } from './conversations.ts';
import type { Evidence, OrderState, ResetWindow } from './order.ts';
import { dateOrder, type OrderGround } from './order-dates.ts';
import { findEvidenceProblem, type ReportProblem } from './order-evidence.ts';
import { withNewDates, withOutcome } from './order-life.ts';
import { numberOf } from './rules.ts';

export const stopReasons = ['side-effect', 'cost', 'feels-well', 'feels-worse', 'hard-to-get', 'forgot', 'other'] as const;
export type StopReason = (typeof stopReasons)[number];

export interface OrderReport {
  outcome: 'done' | 'partial' | 'refused' | 'stopped' | 'not-needed';
  evidence?: Evidence | undefined;
  /** Of a stop one of `stopReasons`; of what is done in part or not needed the state needs to know only that there is one. */
  reason?: string | undefined;
  nextDueOn?: LocalDate | undefined;
}

export interface Reporter {
  role: string;
  /** The last day whose dates have acted. */
  actedOn: LocalDate;
}

export type ReportEffect =
  | { effect: 'conversation'; reason: StopReason | 'partial'; tellSpecialist: boolean }
  /** What was done ends the conversation about the order. */
  | { effect: 'conversation-ended' }
  | { effect: 'triage'; level: 'emergency' | 'urgent' | 'abnormal' }
  /** Somebody has handed out a medicine or seen the patient: a sign of life. */
  | { effect: 'sign-of-life' };

export type ReportVerdict = { problem: ReportProblem } | { order: OrderState; effects: ReportEffect[] };

/** Who may say that an order is not needed. */
const mayDropOrders: readonly string[] = ['gp', 'specialist', 'head'];

export function reportOrder(ground: OrderGround, order: OrderState, report: OrderReport, by: Reporter): ReportVerdict {
  if (order.status === 'closed') return { problem: { code: 'order-closed', path: 'orderId', problem: 'unknown' } };
  switch (report.outcome) {
    case 'done':
      return reportDone(ground, order, report.evidence, by);
    case 'partial':
      return reportPartial(ground, order, report, by);
    case 'refused':
    case 'stopped':
      return reportStop(order, report.outcome, report.reason);
    case 'not-needed':
      if (!mayDropOrders.includes(by.role)) return { problem: { code: 'forbidden', path: 'outcome', problem: 'role' } };
      if (!report.reason?.trim()) return invalid('reason', 'missing');
      return { order: withOutcome(order, 'not-needed'), effects: endConversation(order) };
  }
}

const invalid = (path: string, problem: ReportProblem['problem']): ReportVerdict => ({ problem: { code: 'invalid', path, problem } });
const endConversation = ({ status }: OrderState): ReportEffect[] =>
  status === 'in-conversation' ? [{ effect: 'conversation-ended' }] : [];

function reportDone(ground: OrderGround, order: OrderState, evidence: Evidence | undefined, by: Reporter): ReportVerdict {
  const problem = findEvidenceProblem(ground, order, evidence);
  if (problem || !evidence) return { problem: problem ?? { code: 'invalid', path: 'evidence', problem: 'missing' } };
  const shown: OrderState = {
    ...order,
    // A report ends the conversation, so the state is found anew by the dates.
    status: order.status === 'in-conversation' ? 'waiting' : order.status,
    stopped: null,
    partials: 0,
    evidence: [...order.evidence, evidence],
  };
  const effects = [...endConversation(order), ...findings(order, evidence)];
  const isDispensed = order.given.kind === 'medicine' && !evidence.taken;
  if (isDispensed) return { order: withSupply(ground, shown, evidence, by), effects: [...effects, { effect: 'sign-of-life' }] };
  const next = findNextWindow(order, evidence.on);
  if (!next) return { order: withOutcome(shown, 'done'), effects };
  return { order: withNewDates(ground, { ...shown, status: 'waiting', reset: next }, by.actedOn), effects };
}

/** The next refill is asked for. */
function withSupply(ground: OrderGround, order: OrderState, { on, quantity }: Evidence, by: Reporter): OrderState {
  const dispensed = [...order.dispensed, { on, quantity }];
  return withNewDates(ground, { ...order, status: 'waiting', dispensed, reset: null }, by.actedOn);
}

/** Each time that it was done it is asked again, as long as the next date is not after the last one. */
function findNextWindow(order: OrderState, doneOn: LocalDate): ResetWindow | undefined {
  const { repeat } = order.given;
  if (!repeat) return undefined;
  const dueOn = addDays(doneOn, repeat.everyDays);
  return dueOn <= repeat.untilOn ? { opensOn: addDays(doneOn, 1), dueOn, by: 'repeat' } : undefined;
}

/** What somebody has to look at, whatever becomes of the order. */
function findings({ given }: OrderState, evidence: Evidence): ReportEffect[] {
  if (given.kind === 'wound' && (evidence.woundState === 'infected' || evidence.woundState === 'dehisced'))
    return [{ effect: 'triage', level: 'urgent' }];
  if (given.kind !== 'retest') return [];
  if (evidence.critical) return [{ effect: 'triage', level: 'emergency' }];
  return evidence.abnormal ? [{ effect: 'triage', level: 'abnormal' }] : [];
}

/** The rest is due on another day, soon; the third time somebody speaks with the patient. */
function reportPartial(ground: OrderGround, order: OrderState, report: OrderReport, by: Reporter): ReportVerdict {
  const { nextDueOn, reason, evidence } = report;
  if (order.given.kind === 'pending-result') return invalid('outcome', 'not-by-report');
  if (!reason?.trim()) return invalid('reason', 'missing');
  if (!nextDueOn) return invalid('nextDueOn', 'missing');
  if (evidence && evidence.on > ground.today) return invalid('evidence.on', 'in-the-future');
  if (nextDueOn < ground.today) return invalid('nextDueOn', 'too-early');
  const latest = addDays(order.dueOn ?? ground.today, numberOf(ground.rules, 'partial-days'));
  if (nextDueOn > latest) return invalid('nextDueOn', 'too-late');
  const partials = order.partials + 1;
  const reset: ResetWindow = { opensOn: ground.today, dueOn: nextDueOn, by: 'partial' };
  const noted = { ...order, partials, evidence: evidence ? [...order.evidence, evidence] : order.evidence, reset };
  const effects = evidence ? findings(order, evidence) : [];
  if (partials >= numberOf(ground.rules, 'partial-times') && order.status !== 'in-conversation')
    return {
      order: withConversation({ ...noted, ...dateOrder(ground, noted) }),
      effects: [...effects, { effect: 'conversation', reason: 'partial', tellSpecialist: false }],
    };
  if (order.status === 'in-conversation') return { order: noted, effects };
  return { order: withNewDates(ground, { ...noted, status: 'waiting' }, by.actedOn), effects };
}

/** Whoever does not go on is spoken to. Said twice it is one conversation. */
function reportStop(order: OrderState, stopped: 'refused' | 'stopped', reason: string | undefined): ReportVerdict {
  // Nobody but the hospital owes a result, so no patient can end the waiting for it.
  if (order.given.kind === 'pending-result') return invalid('outcome', 'not-by-report');
  if (!reason) return invalid('reason', 'missing');
  const known = stopReasons.find((one) => one === reason);
  if (!known) return invalid('reason', 'unknown');
  const effects: ReportEffect[] =
    order.status === 'in-conversation' ? [] : [{ effect: 'conversation', reason: known, tellSpecialist: true }];
  return { order: withConversation({ ...order, stopped }), effects };
}
