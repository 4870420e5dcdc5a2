/** When duties after a discharge are due: own dates on working days (rule W), and the days on which somebody is called about what is overdue. */
import { type Calendar, isWorkingDay } from '../time/calendar.ts';
import { addDays, type LocalDate, laterOf } from '../time/local-date.ts';

/** The n-th working day after a date. */
export function workingDaysAfter(calendar: Calendar, date: LocalDate, n: number): LocalDate {
  let day = date;
  for (let left = n; left > 0; ) {
    day = addDays(day, 1);
    if (isWorkingDay(calendar, day)) left--;
  }
  return day;
}

export interface RuledDate {
  dueOn: LocalDate;
  /** No working day lies before it: the wards of the hospital work then, and owe it. */
  atHospital: boolean;
}

/**
 * Rule W: a due date on a day off goes back to the working day before, not before the day after the discharge nor before its window opens. One that is past
 * when it is computed becomes the next working day.
 */
export function ruleDate(
  calendar: Calendar,
  dueOn: LocalDate,
  { dischargedOn, opensOn, today }: { dischargedOn: LocalDate; opensOn: LocalDate; today: LocalDate },
): RuledDate {
  const earliest = laterOf(addDays(dischargedOn, 1), opensOn);
  let day = dueOn;
  while (day > earliest && !isWorkingDay(calendar, day)) day = addDays(day, -1);
  const ruled = isWorkingDay(calendar, day) && day >= earliest ? { dueOn: day, atHospital: false } : { dueOn, atHospital: true };
  return ruled.dueOn < today ? { dueOn: workingDaysAfter(calendar, today, 1), atHospital: false } : ruled;
}
