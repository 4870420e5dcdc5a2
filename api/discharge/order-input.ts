/** Orders as bodies have them and as the pathway gets them: codes, dates and numbers there, words in the tables of episodes. */
import { v7 as uuid } from 'uuid';
import type { EpisodeRecord } from '../../db/discharge/episodes.ts';
import { codeEvidence, codeOrder } from '../../domain/discharge/code-orders.ts';
import { actedOn } from '../../domain/discharge/duties.ts';
import type { ReportedOrder } from '../../domain/discharge/events.ts';
import type { GivenOrder } from '../../domain/discharge/order.ts';
import { reportOrder } from '../../domain/discharge/order-reports.ts';
import { findOrder, groundOf } from '../../domain/discharge/orders.ts';
import { type NewOrder, WRITTEN } from '../../domain/discharge/plan-input.ts';
import type { DischargeRules } from '../../domain/discharge/rules.ts';
import { isKnownItem } from '../../domain/discharge/templates.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import type { OrderBody, ReportBody } from './bodies.ts';

/** What is written of each order, by its id. */
export type TextsOfOrders = Record<string, Record<string, unknown>>;

export interface OrderInput {
  given: GivenOrder;
  text: Record<string, unknown>;
}

/** The words stay outside of the pathway. A medicine of which nobody has said how it is taken is one that nobody can read. */
export function toGivenOrder({ rules }: { rules: DischargeRules }, { medicine, ...order }: OrderBody): OrderInput {
  const written = medicine?.dose;
  const given = codeOrder(rules, { ...order, ...(medicine ? { medicine: { ...medicine, dose: written ?? '' } } : {}) });
  return { given, text: { title: order.title, ...(typeof written === 'string' ? { dose: written } : {}) } };
}

export const newIdFor = ({ simulated }: Pick<EpisodeRecord, 'simulated'>): string => simulated?.newId() ?? uuid();

/** With new ids. Throws Problem 422 for an item that no template has. */
export function toNewOrders(
  record: Pick<EpisodeRecord, 'state' | 'simulated'>,
  orders: readonly { body: OrderBody; path: string }[],
): { orders: NewOrder[]; texts: TextsOfOrders } {
  const { state } = record;
  const texts: TextsOfOrders = {};
  const made = orders.map(({ body, path }): NewOrder => {
    if (body.item !== undefined && !isKnownItem(state.templates, body.item)) throw unknownItem(`${path}.item`);
    const id = newIdFor(record);
    const { given, text } = toGivenOrder(state, body);
    texts[id] = text;
    return { id, given };
  });
  return { orders: made, texts };
}

export const unknownItem = (path: string): Problem =>
  invalidRequestProblem(path, { zh: '没有这个模板项目', en: 'no such item of a template' });

/** What the pathway is told of the reports, and what was written. */
export function toReports(orders: readonly ReportBody[] = []): { reports: ReportedOrder[]; ofEvidence: TextsOfOrders } {
  const ofEvidence: TextsOfOrders = {};
  const reports = orders.map(({ evidence, reason, outcome, ...report }): ReportedOrder => {
    if (evidence) ofEvidence[report.orderId] = { ...evidence, ...(reason === undefined ? {} : { reason }) };
    // The reasons why somebody does not go on are codes; any other is written.
    const isCode = outcome === 'refused' || outcome === 'stopped';
    const said = reason === undefined ? {} : { reason: isCode ? reason : WRITTEN };
    return { ...report, outcome, ...said, ...(evidence ? { evidence: codeEvidence(evidence) } : {}) };
  });
  return { reports, ofEvidence };
}

/** What is reported has to be shown. Throws Problem 422, 403 or 404 of the first that is not; whether an order is still open is the pathway's to say. */
export function checkReports(record: EpisodeRecord, reports: readonly ReportedOrder[], role: string): void {
  const at = pathwayNow(record);
  reports.forEach(({ orderId, ...report }, index) => {
    const order = findOrder(record.state, orderId);
    if (!order) throw invalidRequestProblem(`orders.${index}.orderId`, { zh: '没有这个医嘱事项', en: 'no such order' });
    const verdict = reportOrder(groundOf(record.state, at), order, report, { role, actedOn: actedOn(at) });
    if (!('problem' in verdict) || verdict.problem.code === 'order-closed') return;
    if (verdict.problem.code === 'forbidden') throw new Problem('role-may-not');
    throw invalidRequestProblem(`orders.${index}.${verdict.problem.path}`, problemWords[verdict.problem.problem]);
  });
}

const problemWords = {
  missing: { zh: '须填写', en: 'is needed' },
  'too-early': { zh: '日期过早', en: 'is too early' },
  'in-the-future': { zh: '尚未到来', en: 'lies in the future' },
  'too-late': { zh: '日期过晚', en: 'is too late' },
  'not-by-report': { zh: '请用专门的操作登记', en: 'is recorded by a command of its own' },
  'not-done': { zh: '尚未完成', en: 'is not done by that' },
  unknown: { zh: '不是可用的代码', en: 'is no code of this' },
  role: { zh: '您的岗位无权', en: 'is not for your post' },
} as const;
