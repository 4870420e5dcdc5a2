/** Until when an episode goes on, and when it is handed over. Each date acts at 09:00. */
import { addDays, daysBetween, type LocalDate, laterOf } from '../time/local-date.ts';
import type { OrderState } from './order.ts';
import { type DischargeRules, numberOf } from './rules.ts';

/** Refills go on and on, so they do not keep an episode open. */
const keepsOpen = ({ medicine, dueOn, status }: OrderState): boolean =>
  status !== 'closed' && dueOn !== null && medicine?.isRefill !== true;

/** The day on which all that is still open ends as expired. */
export function computeLimit(rules: DischargeRules, dischargedOn: LocalDate, orders: readonly OrderState[]): LocalDate {
  const limit = addDays(dischargedOn, numberOf(rules, 'limit-days'));
  const lastDue = orders.filter(keepsOpen).reduce((last, { dueOn }) => laterOf(last, dueOn ?? last), dischargedOn);
  return laterOf(limit, addDays(lastDue, numberOf(rules, 'limit-after-last-due-days')));
}

export const handOverDate = (rules: DischargeRules, dischargedOn: LocalDate): LocalDate =>
  addDays(dischargedOn, numberOf(rules, 'hand-over-day'));

export interface Readmission {
  daysAfter: number;
  planned: boolean;
  within30: boolean;
}

export function judgeReadmission(rules: DischargeRules, dischargedOn: LocalDate, admittedOn: LocalDate, planned: boolean): Readmission {
  const daysAfter = daysBetween(dischargedOn, admittedOn);
  return { daysAfter, planned, within30: daysAfter >= 0 && daysAfter <= numberOf(rules, 'readmission-days') };
}
