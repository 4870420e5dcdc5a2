/** Screening: a value raised on so many different days is a provisional diagnosis, to be confirmed by a hospital. */

import { daysBetween, type LocalDate, localDateOf } from '../time/local-date.ts';
import { citeRule } from './cite-rule.ts';
import { bloodPressureOf } from './classify.ts';
import type { Because } from './evaluation.ts';
import type { Protocol } from './protocol.ts';
import type { Visit } from './visit.ts';

export interface ScreeningResult {
  /** clear: nothing raised. recheck: raised, on too few days. provisional: refer to confirm, and check the result within two weeks. */
  result: 'clear' | 'recheck' | 'provisional';
  dates: LocalDate[];
  because: Because[];
}

/** The days that count are the nearest ones within the protocol's span; two highs on one day are one. */
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
