/** When a centre is visited next: on its next planned stop, else on its next visit day. */
import { addDays, type LocalDate, weekdayOf } from '../time/local-date.ts';

export interface VisitGround {
  /** The date of the centre's first planned stop from that date on; null without one. */
  plannedStopOn: LocalDate | null;
  /** 1 is Monday, 7 is Sunday. */
  visitDays: readonly number[];
}

/** The date itself counts. Null for a centre that has neither a stop nor a visit day. */
export function nextVisitOn({ plannedStopOn, visitDays }: VisitGround, from: LocalDate): LocalDate | null {
  if (plannedStopOn !== null) return plannedStopOn;
  const week = Array.from({ length: 7 }, (_, days) => addDays(from, days));
  return week.find((date) => visitDays.includes(weekdayOf(date) || 7)) ?? null;
}
