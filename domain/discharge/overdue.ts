/** Who hears, and when, of what was due on a date and is not done: each rung acts at 09:00 of its day. */
import { addWorkingDays, type Calendar } from '../time/calendar.ts';
import { addDays, daysBetween, type LocalDate } from '../time/local-date.ts';
import { type DischargeRules, numberOf } from './rules.ts';

export type OverdueRole = 'owner' | 'head' | 'office';

export interface OverdueRung {
  on: LocalDate;
  tell: OverdueRole;
}

/** The owner on the next day, the owner's head and the alliance office some working days after it was due. In the order of their days. */
export const listOverdueRungs = (rules: DischargeRules, calendar: Calendar, dueOn: LocalDate): OverdueRung[] => [
  { on: addDays(dueOn, 1), tell: 'owner' },
  { on: addWorkingDays(calendar, dueOn, numberOf(rules, 'head-after-working-days')), tell: 'head' },
  { on: addWorkingDays(calendar, dueOn, numberOf(rules, 'office-after-working-days')), tell: 'office' },
];

/** A result that does not come is never let go: the owner and the head on the next day, then the office again and again. Lists those after a day, as far as the first of the office. */
export function listPendingResultRungs(rules: DischargeRules, dueOn: LocalDate, after: LocalDate): OverdueRung[] {
  const firstOn = addDays(dueOn, numberOf(rules, 'pending-result-office-days'));
  const everyDays = numberOf(rules, 'pending-result-repeat-days');
  const times = after < firstOn ? 0 : Math.floor(daysBetween(firstOn, after) / everyDays) + 1;
  const rungs: OverdueRung[] = [
    { on: addDays(dueOn, 1), tell: 'owner' },
    { on: addDays(dueOn, 1), tell: 'head' },
    { on: addDays(firstOn, times * everyDays), tell: 'office' },
  ];
  return rungs.filter(({ on }) => on > after);
}
