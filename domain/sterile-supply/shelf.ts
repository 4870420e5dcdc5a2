/** What a centre has to know of a pack on its shelf. */
import { daysBetween, type LocalDate } from '../time/local-date.ts';

/** 0 on the last day; less than 0 once it is over; null for a pack without a date. */
export const daysLeftOf = (expiresOn: LocalDate | null, on: LocalDate): number | null =>
  expiresOn === null ? null : daysBetween(on, expiresOn);

/** Its last day comes before the next visit, so it cannot be changed for another one in time. */
export const expiresBeforeVisit = (expiresOn: LocalDate | null, nextVisitOn: LocalDate | null): boolean =>
  expiresOn !== null && nextVisitOn !== null && expiresOn < nextVisitOn;
