/** When the next visit is: the phase's rhythm from the actual visit, working days, the yearly quota. */
import { type Calendar, workingDayUpTo } from '../time/calendar.ts';
import { addDays, addDuration, daysBetween, earlierOf, type LocalDate, laterOf, localDateOf, startOf, yearOf } from '../time/local-date.ts';
import { isMeasured } from './classify.ts';
import type { NextVisit, PhaseSet } from './evaluation.ts';
import type { Phase, Protocol, Window } from './protocol.ts';
import type { Visit } from './visit.ts';

/** On a non-working day it is the working day before; where that would not come after the visit, the day itself. */
export function dueDate(calendar: Calendar, visitedOn: LocalDate, nominal: LocalDate): LocalDate {
  const workday = workingDayUpTo(calendar, nominal);
  return workday > visitedOn ? workday : nominal;
}

export function openingDate({ opens }: Pick<Window, 'opens'>, visitedOn: LocalDate, dueOn: LocalDate): LocalDate {
  const opensOn = 'afterDays' in opens ? addDays(visitedOn, opens.afterDays) : addDays(dueOn, -opens.beforeDueDays);
  return earlierOf(laterOf(opensOn, addDays(visitedOn, 1)), dueOn);
}

export function nextVisitBy(window: Window, calendar: Calendar, visitedOn: LocalDate): NextVisit {
  const dueOn = dueDate(calendar, visitedOn, addDuration(visitedOn, window.due));
  return { opensOn: openingDate(window, visitedOn, dueOn), dueOn };
}

/**
 * The phase whose rhythm gives the visit after this one. A phase's last visit falls on its end: what would pass it is drawn to it,
 * unless less than half an interval is left; then the visit counts as that last one, and the next phase's rhythm begins.
 */
export function phaseOf(
  { phases }: Protocol,
  startedOn: LocalDate,
  visitedOn: LocalDate,
  phaseSet?: PhaseSet,
): { phase: Phase; nominal: LocalDate } {
  const set = phases.find(({ id }) => id === phaseSet?.id);
  const countedFrom = set && phaseSet ? phaseSet.countedFrom : startedOn;
  for (let phase = set ?? phases[0]; phase; ) {
    const nominal = addDuration(visitedOn, phase.every.due);
    const { until, next } = phase;
    const end = until && addDuration(countedFrom, until);
    if (end === null || nominal <= end) return { phase, nominal };
    if (2 * daysBetween(visitedOn, end) >= daysBetween(visitedOn, nominal)) return { phase, nominal: end };
    phase = phases.find(({ id }) => id === next);
  }
  throw new Error('The last phase ends.'); // a validated protocol's last phase has no end
}

/** A phase that begins on a day, wherever the protocol would be by time. */
export function phaseSetOn({ phases }: Protocol, id: string, date: LocalDate): PhaseSet {
  const before = phases.find(({ next }) => next === id)?.until ?? { days: 0 };
  return { id, countedFrom: addDuration(date, 'days' in before ? { days: -before.days } : { months: -before.months }) };
}

export interface QuotaLimit {
  latest: LocalDate;
  evidence: { year: number; required: number; done: number };
}

const isFaceToFace = ({ mode }: Visit): boolean => mode !== 'phone';

/** Face-to-face visits with a value in the calendar year of a date, by different days. The yearly health check counts once, where it counts. */
export function faceToFaceVisits(protocol: Protocol, visits: readonly Visit[], year: number): number {
  const [from, until] = [startOf(`${year}-01-01`), startOf(`${year + 1}-01-01`)];
  const counted = visits.filter((one) => one.visitedAt >= from && one.visitedAt < until && isFaceToFace(one) && isMeasured(protocol, one));
  const days = (of: readonly Visit[]) => new Set(of.map(({ visitedAt }) => localDateOf(visitedAt))).size;
  const exams = days(counted.filter(({ annualExam }) => annualExam));
  return days(counted.filter(({ annualExam }) => !annualExam)) + Math.min(exams, protocol.quota?.annualExamCounts ? 1 : 0);
}

/** What a year asks of somebody who was enrolled for a part of it. */
export function requiredVisits({ quota }: Protocol, startedOn: LocalDate, year: number): number {
  if (!quota || yearOf(startedOn) > year) return 0;
  if (yearOf(startedOn) < year) return quota.faceToFacePerYear;
  const enrolledDays = daysBetween(startedOn, `${year}-12-31`) + 1;
  return Math.min(quota.faceToFacePerYear, Math.floor(enrolledDays / quota.daysPerVisit));
}

/**
 * The latest day for the next visit so that the year's quota can still be kept. A visit is pulled forward only when it would otherwise be missed.
 * undefined: the quota is kept, or out of reach.
 */
export function quotaLimit(
  protocol: Protocol,
  calendar: Calendar,
  given: { startedOn: LocalDate; visits: readonly Visit[]; visitedOn: LocalDate },
): QuotaLimit | undefined {
  const { quota } = protocol;
  if (!quota) return undefined;
  const year = yearOf(given.visitedOn);
  const required = requiredVisits(protocol, given.startedOn, year);
  const done = faceToFaceVisits(protocol, given.visits, year);
  const left = required - done;
  if (left <= 0) return undefined;
  const lastDay = workingDayUpTo(calendar, `${year}-12-31`);
  const latest = workingDayUpTo(calendar, addDays(lastDay, -(left - 1) * quota.leastDaysApart));
  if (daysBetween(given.visitedOn, latest) < quota.leastDaysApart) return undefined;
  return { latest, evidence: { year, required, done } };
}
