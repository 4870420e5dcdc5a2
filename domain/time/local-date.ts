/** Dates of Asia/Shanghai as text, `2026-03-01`, which also sorts. */
import { DAY_MS, SHANGHAI_OFFSET_MS } from './shanghai.ts';

export type LocalDate = string;

const padTwo = (number: number): string => (number < 10 ? `0${number}` : String(number));

/**
 * Days since 1970 to a date and back, by the Gregorian calendar counted from 1 March of the year 0, so that the leap day ends a year
 * (H. Hinnant, "chrono-compatible low-level date algorithms"). A Date would do, and takes most of the time of judging a visit.
 */
function textOf(day: number): LocalDate {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, '0')}-${padTwo(month)}-${padTwo(dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1)}`;
}

function dayOf(date: LocalDate): number {
  const month = monthOf(date);
  const year = yearOf(date) - (month <= 2 ? 1 : 0);
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + dayOfMonth(date) - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

export const yearOf = (date: LocalDate): number => Number(date.slice(0, 4));
const monthOf = (date: LocalDate): number => Number(date.slice(5, 7));
const dayOfMonth = (date: LocalDate): number => Number(date.slice(8, 10));

/** The local date of an instant in milliseconds. */
export const localDateOf = (at: number): LocalDate => textOf(Math.floor((at + SHANGHAI_OFFSET_MS) / DAY_MS));
/** The instant at which a local date begins. */
export const startOf = (date: LocalDate): number => dayOf(date) * DAY_MS - SHANGHAI_OFFSET_MS;

export const addDays = (date: LocalDate, days: number): LocalDate => textOf(dayOf(date) + days);
export const daysBetween = (from: LocalDate, to: LocalDate): number => dayOf(to) - dayOf(from);
export const earlierOf = (a: LocalDate, b: LocalDate): LocalDate => (b < a ? b : a);
export const laterOf = (a: LocalDate, b: LocalDate): LocalDate => (b > a ? b : a);

/** 0 is Sunday; 1 January 1970 was a Thursday. */
export const weekdayOf = (date: LocalDate): number => (((dayOf(date) + 4) % 7) + 7) % 7;

/** Calendar months, clamped to the month's end: 30 November + 3 is 28 or 29 February. */
export function addMonths(date: LocalDate, months: number): LocalDate {
  const firstOf = (month: number): LocalDate => `${String(Math.floor(month / 12)).padStart(4, '0')}-${padTwo((month % 12) + 1)}-01`;
  const month = yearOf(date) * 12 + monthOf(date) - 1 + months;
  const lastDay = daysBetween(firstOf(month), firstOf(month + 1));
  return addDays(firstOf(month), Math.min(dayOfMonth(date), lastDay) - 1);
}

/** A length of time as protocols write it. */
export type Duration = { days: number } | { months: number };

export const addDuration = (date: LocalDate, duration: Duration): LocalDate =>
  'days' in duration ? addDays(date, duration.days) : addMonths(date, duration.months);

/** Full years on a date; the birthday counts. Born on 29 February: in other years it is 1 March. */
export const ageOn = (birthDate: LocalDate, date: LocalDate): number =>
  yearOf(date) - yearOf(birthDate) - (date.slice(5) < birthDate.slice(5) ? 1 : 0);
