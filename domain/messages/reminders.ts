/** When a resident is reminded of an appointment. Pure; instants are in milliseconds. */
import { type Calendar, workingDayUpTo } from '../time/calendar.ts';
import { addDays, localDateOf, startOf } from '../time/local-date.ts';
import { DAY_MS } from '../time/shanghai.ts';

/** The alliance's office answers the telephone on working days, so that is when somebody who cannot come is able to say so. */
const REMINDER_MINUTE = 10 * 60;
/** Whoever was told within a day of the reminder has just been told. */
const TOLD_BEFORE_MS = DAY_MS;

/** Returns the instant on the working day before; undefined when that is over or too soon after `at`. */
export function findReminderAt(calendar: Calendar, startsAt: number, at: number): number | undefined {
  const dayBefore = workingDayUpTo(calendar, addDays(localDateOf(startsAt), -1));
  const remindAt = startOf(dayBefore) + REMINDER_MINUTE * 60_000;
  return remindAt - at >= TOLD_BEFORE_MS ? remindAt : undefined;
}
