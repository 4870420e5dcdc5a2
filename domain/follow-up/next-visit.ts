/** The date of the next visit follows from the phase's rhythm, counted from the actual visit, from working days and from the yearly quota. */
import { type Calendar, workingDayUpTo } from '../time/calendar.ts';
import { addDays, addDuration, daysBetween, earlierOf, type LocalDate, laterOf, localDateOf, startOf, yearOf } from '../time/local-date.ts';
import { isMeasured } from './classify.ts';
import type { NextVisit, PhaseSet } from './evaluation.ts';
import type { Phase, Protocol, Window } from './protocol.ts';
import type { Visit } from './visit.ts';

/** Moves a due date to the working day before it, unless that would not come after the visit. Then the date stays on its non-working day. */
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
 * Returns the phase whose rhythm gives the visit after this one, and the date before working days are considered. A phase's last visit falls on its end,
 * so a later date is drawn to the end. When less than half an interval is left, this visit counts as that last one, and the next phase begins.
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
  // A validated protocol's last phase has no end, so this is a defect.
  throw new Error('The last phase ends.');
}

/** Returns the setting by which a phase begins on a day, whatever phase the time since the enrolment would give. */
export function phaseSetOn({ phases }: Protocol, id: string, date: LocalDate): PhaseSet {
  const before = phases.find(({ next }) => next === id)?.until ?? { days: 0 };
  return { id, countedFrom: addDuration(date, 'days' in before ? { days: -before.days } : { months: -before.months }) };
}

export interface QuotaLimit {
  latest: LocalDate;
  evidence: { year: number; required: number; done: number };
}

const isFaceToFace = ({ mode }: Visit): boolean => mode !== 'phone';

/** Counts the days of a calendar year with a measured face-to-face visit. Yearly health checks count once, if the protocol counts them. */
export function faceToFaceVisits(protocol: Protocol, visits: readonly Visit[], year: number): number {
  const [from, until] = [startOf(`${year}-01-01`), startOf(`${year + 1}-01-01`)];
  const counted = visits.filter((one) => one.visitedAt >= from && one.visitedAt < until && isFaceToFace(one) && isMeasured(protocol, one));
  const days = (of: readonly Visit[]) => new Set(of.map(({ visitedAt }) => localDateOf(visitedAt))).size;
  const exams = days(counted.filter(({ annualExam }) => annualExam));
  return days(counted.filter(({ annualExam }) => !annualExam)) + Math.min(exams, protocol.quota?.annualExamCounts ? 1 : 0);
}

/** Returns how many face-to-face visits a year requires. A part of a year requires a part of them. */
export function requiredVisits({ quota }: Protocol, startedOn: LocalDate, year: number): number {
  if (!quota || yearOf(startedOn) > year) return 0;
  if (yearOf(startedOn) < year) return quota.faceToFacePerYear;
  const enrolledDays = daysBetween(startedOn, `${year}-12-31`) + 1;
  return Math.min(quota.faceToFacePerYear, Math.floor(enrolledDays / quota.daysPerVisit));
}

/**
 * Returns the latest day for the next visit by which the year's quota can still be kept, so that a visit is pulled forward only when the quota would
 * otherwise be missed; undefined when the quota is kept or out of reach.
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
