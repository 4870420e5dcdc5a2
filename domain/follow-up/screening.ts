/** Screening: a blood pressure that is raised on so many different days is a provisional diagnosis, which a hospital has to confirm. */

import { daysBetween, type LocalDate, localDateOf } from '../time/local-date.ts';
import { citeRule } from './cite-rule.ts';
import type { Because } from './evaluation.ts';
import { bloodPressureOf } from './measured-values.ts';
import type { Protocol } from './protocol.ts';
import type { Visit } from './visit.ts';

export interface ScreeningResult {
  /**
   * 'clear' means that nothing is raised, 'recheck' that values are raised on too few days. With 'provisional' the person is referred, and
   * the result checked within two weeks.
   */
  result: 'clear' | 'recheck' | 'provisional';
  dates: LocalDate[];
  because: Because[];
}

/**
 * Screens visits by a protocol. Several raised values on one day count as one, and the first days that lie within the protocol's span are
 * reported.
 */
export function screenVisits(protocol: Protocol, visits: readonly Visit[]): ScreeningResult {
  const { screening } = protocol;
  if (!screening) return { result: 'clear', dates: [], because: [] };
  const { systolic, diastolic, dates: needed, withinDays } = screening;
  const raised = visits.filter((visit) => {
    const pressure = bloodPressureOf(visit);
    return pressure !== null && (pressure.systolic >= systolic || pressure.diastolic >= diastolic);
  });
  const days = [...new Set(raised.map(({ visitedAt }) => localDateOf(visitedAt)))].toSorted();
  const together = days.flatMap((first, index) => {
    const last = days[index + needed - 1];
    return last !== undefined && (withinDays === null || daysBetween(first, last) <= withinDays) ? [days.slice(index, index + needed)] : [];
  })[0];
  const dates = together ?? days;
  const result = together ? 'provisional' : days.length > 0 ? 'recheck' : 'clear';
  const evidence = { dates: dates.join(', '), needed, withinDays };
  return { result, dates, because: days.length > 0 ? [citeRule(protocol, screening, evidence)] : [] };
}
