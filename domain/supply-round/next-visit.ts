/** When a centre is visited again: at its next planned stop, else on its next day of visits. */
import { addDays, type LocalDate, localDateOf, weekdayOf } from '../time/local-date.ts';

export interface VisitedCentre {
  /** The stop after which the next visit is asked for. */
  arriveAt: Date;
  nextStopAt: Date | null;
  /** 1 is Monday, 7 is Sunday. */
  visitDays: readonly number[];
}

const DAYS_OF_A_WEEK = 7;

/** Monday is 1, Sunday 7, as the days of visits are counted. */
export const visitDayOf = (date: LocalDate): number => weekdayOf(date) || DAYS_OF_A_WEEK;

/** Returns null for a centre that has neither a stop to come nor days of visits. */
export function findNextVisit({ arriveAt, nextStopAt, visitDays }: VisitedCentre): LocalDate | null {
  if (nextStopAt) return localDateOf(nextStopAt.getTime());
  const after = localDateOf(arriveAt.getTime());
  const days = Array.from({ length: DAYS_OF_A_WEEK }, (_, index) => addDays(after, index + 1));
  return days.find((day) => visitDays.includes(visitDayOf(day))) ?? null;
}
