/** Chinese working days: weekends, public holidays and make-up working days (调休), as the State Council publishes them year by year. */
import { addDays, type LocalDate, weekdayOf, yearOf } from './local-date.ts';

/** One year as published. */
export interface CalendarYear {
  year: number;
  /** rises when a year is published again, corrected */
  version: number;
  source: { title: string; reference: string; publishedOn: LocalDate };
  holidays: { name: { zh: string; en: string }; from: LocalDate; to: LocalDate }[];
  makeUpWorkdays: LocalDate[];
}

/** The years known. Any other year is unconfirmed: Monday to Friday, and whoever counts with it is told so. */
export interface Calendar {
  years: readonly CalendarYear[];
}

const yearIn = (calendar: Calendar, date: LocalDate): CalendarYear | undefined => calendar.years.find(({ year }) => year === yearOf(date));

export const isConfirmed = (calendar: Calendar, date: LocalDate): boolean => yearIn(calendar, date) !== undefined;

export function isWorkingDay(calendar: Calendar, date: LocalDate): boolean {
  const published = yearIn(calendar, date);
  if (published?.makeUpWorkdays.includes(date)) return true;
  if (published?.holidays.some(({ from, to }) => from <= date && date <= to)) return false;
  return weekdayOf(date) >= 1 && weekdayOf(date) <= 5;
}

/** The date itself, or the working day before it. */
export function workingDayUpTo(calendar: Calendar, date: LocalDate): LocalDate {
  let day = date;
  while (!isWorkingDay(calendar, day)) day = addDays(day, -1);
  return day;
}
