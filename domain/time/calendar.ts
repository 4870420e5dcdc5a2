/** Chinese working days: weekends, public holidays and make-up working days (调休), as the State Council publishes them year by year. */
import { addDays, type LocalDate, weekdayOf, yearOf } from './local-date.ts';

/** One year as the State Council has published it. */
export interface CalendarYear {
  year: number;
  /** Rises when a year is corrected and published again. */
  version: number;
  source: { title: string; reference: string; publishedOn: LocalDate };
  holidays: { name: { zh: string; en: string }; from: LocalDate; to: LocalDate }[];
  makeUpWorkdays: LocalDate[];
}

/**
 * The years that have been published. In any other year Monday to Friday count as working days, and every date that rests on that is marked
 * as unconfirmed.
 */
export interface Calendar {
  years: readonly CalendarYear[];
}

const findYear = (calendar: Calendar, date: LocalDate): CalendarYear | undefined =>
  calendar.years.find(({ year }) => year === yearOf(date));

export const isConfirmed = (calendar: Calendar, date: LocalDate): boolean => findYear(calendar, date) !== undefined;

export function isWorkingDay(calendar: Calendar, date: LocalDate): boolean {
  const published = findYear(calendar, date);
  if (published?.makeUpWorkdays.includes(date)) return true;
  if (published?.holidays.some(({ from, to }) => from <= date && date <= to)) return false;
  return weekdayOf(date) >= 1 && weekdayOf(date) <= 5;
}

/** Returns the date itself, or the last working day before it. */
export function workingDayUpTo(calendar: Calendar, date: LocalDate): LocalDate {
  let day = date;
  while (!isWorkingDay(calendar, day)) day = addDays(day, -1);
  return day;
}
