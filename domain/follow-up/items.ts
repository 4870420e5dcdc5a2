/** What a visit is to look at and do: by the phase of the protocol, and by when it was last done. */
import { addDuration, type LocalDate, localDateOf } from '../time/local-date.ts';
import type { Item, Protocol } from './protocol.ts';
import type { Visit } from './visit.ts';

/** Whether a visit has done it: its form says so, or holds the value. */
function isDone({ code }: Item, visit: Visit): boolean {
  if (visit.itemsDone?.includes(code)) return true;
  switch (code) {
    case 'blood-pressure':
      return visit.bloodPressures.length > 0;
    case 'fasting-glucose':
      return visit.fastingGlucose !== null;
    case 'heart-rate':
      return visit.heartRate !== null;
    case 'annual-health-check':
      return visit.annualExam;
    default:
      return false;
  }
}

/** On a date: those of every visit, and those whose time has come since they were last done. `visits`: of the enrolment, oldest first. */
export function itemsDue({ items }: Protocol, phase: string | undefined, visits: readonly Visit[], date: LocalDate): Item[] {
  return items.filter((item) => {
    if (item.phases && phase !== undefined && !item.phases.includes(phase)) return false;
    if (item.every === 'visit') return true;
    const last = visits.findLast((visit) => isDone(item, visit));
    return !last || addDuration(localDateOf(last.visitedAt), item.every) <= date;
  });
}
