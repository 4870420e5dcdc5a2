/** Dates of Asia/Shanghai as text, `2026-03-01`, which also sorts. Fixed at +08:00: there has been no summer time since 1991. */

export type LocalDate = string;

const DAY_MS = 86_400_000;
const SHANGHAI_OFFSET_MS = 8 * 3_600_000;

const textOf = (day: number): LocalDate => new Date(day * DAY_MS).toISOString().slice(0, 10);
const dayOf = (date: LocalDate): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS;
const lastDayOfMonth = (year: number, month: number): number => new Date(Date.UTC(year, month + 1, 0)).getUTCDate();

/** The local date of an instant in milliseconds. */
export const localDateOf = (at: number): LocalDate => textOf(Math.floor((at + SHANGHAI_OFFSET_MS) / DAY_MS));
/** The instant at which a local date begins. */
export const startOf = (date: LocalDate): number => dayOf(date) * DAY_MS - SHANGHAI_OFFSET_MS;

export const addDays = (date: LocalDate, days: number): LocalDate => textOf(dayOf(date) + days);
export const daysBetween = (from: LocalDate, to: LocalDate): number => dayOf(to) - dayOf(from);
export const yearOf = (date: LocalDate): number => Number(date.slice(0, 4));
export const earlier = (a: LocalDate, b: LocalDate): LocalDate => (b < a ? b : a);
export const later = (a: LocalDate, b: LocalDate): LocalDate => (b > a ? b : a);

/** 0 is Sunday. */
export const weekdayOf = (date: LocalDate): number => new Date(dayOf(date) * DAY_MS).getUTCDay();

/** Calendar months, clamped to the month's end: 30 November + 3 is 28 or 29 February. */
export function addMonths(date: LocalDate, months: number): LocalDate {
  const day = Number(date.slice(8, 10));
  const month = yearOf(date) * 12 + Number(date.slice(5, 7)) - 1 + months;
  const [year, monthOfYear] = [Math.floor(month / 12), month % 12];
  return textOf(Date.UTC(year, monthOfYear, Math.min(day, lastDayOfMonth(year, monthOfYear))) / DAY_MS);
}

/** A length of time as protocols write it. */
export type Duration = { days: number } | { months: number };

export const addDuration = (date: LocalDate, duration: Duration): LocalDate =>
  'days' in duration ? addDays(date, duration.days) : addMonths(date, duration.months);

/** Full years on a date; the birthday counts. Born on 29 February: in other years it is 1 March. */
export const ageOn = (birthDate: LocalDate, date: LocalDate): number =>
  yearOf(date) - yearOf(birthDate) - (date.slice(5) < birthDate.slice(5) ? 1 : 0);
