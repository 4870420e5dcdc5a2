/** Chinese working days: weekends, public holidays and make-up working days (调休), as the State Council publishes them year by year. */
import { addDays, type LocalDate, weekdayOf, yearOf } from './local-date.ts';

/**
 * One year as the State Council has published it. Its New Year may take in the last days of the year before: off from 31 December, or 29 December worked
 * instead.
 */
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

/** The years whose notices may say something of the date. That of the year after is the later one, and takes precedence where it names the date. */
const findYears = (calendar: Calendar, date: LocalDate): CalendarYear[] =>
  [yearOf(date) + 1, yearOf(date)].flatMap((wanted) => calendar.years.find(({ year }) => year === wanted) ?? []);

/** What a notice says of a date that it names; undefined for any other. */
function namedBy({ holidays, makeUpWorkdays }: CalendarYear, date: LocalDate): 'working' | 'off' | undefined {
  if (makeUpWorkdays.includes(date)) return 'working';
  return holidays.some(({ from, to }) => from <= date && date <= to) ? 'off' : undefined;
}

export const isConfirmed = (calendar: Calendar, date: LocalDate): boolean =>
  findYears(calendar, date).some((published) => published.year === yearOf(date) || namedBy(published, date) !== undefined);

export function isWorkingDay(calendar: Calendar, date: LocalDate): boolean {
  for (const published of findYears(calendar, date)) {
    const named = namedBy(published, date);
    if (named !== undefined) return named === 'working';
  }
  return weekdayOf(date) >= 1 && weekdayOf(date) <= 5;
}

/** Returns the date itself, or the last working day before it. */
export function workingDayUpTo(calendar: Calendar, date: LocalDate): LocalDate {
  let day = date;
  while (!isWorkingDay(calendar, day)) day = addDays(day, -1);
  return day;
}

/** Returns the n-th working day after the date, or before it where n is below 0. With 0 it is the date itself, worked or not. */
export function addWorkingDays(calendar: Calendar, date: LocalDate, days: number): LocalDate {
  const step = days < 0 ? -1 : 1;
  let day = date;
  for (let left = Math.abs(days); left > 0; ) {
    day = addDays(day, step);
    if (isWorkingDay(calendar, day)) left -= 1;
  }
  return day;
}
