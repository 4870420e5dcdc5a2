/** The items of a protocol that a visit has to do, by the phase and by the date on which each was done last. */
import { addDuration, type LocalDate, localDateOf } from '../time/local-date.ts';
import type { Item, Protocol } from './protocol.ts';
import type { Visit } from './visit.ts';

/** Items that are examined on an empty stomach, whatever the protocol. Source: 国家基本公共卫生服务规范（第三版）, fasting glucose and the yearly check. */
const fastingItems: readonly string[] = ['fasting-glucose', 'annual-health-check', 'health-check'];

export const isFastingItem = ({ code }: Item): boolean => fastingItems.includes(code);

/** Says whether a visit has done the item, because its form names the item or holds the value. */
export function isDone({ code }: Pick<Item, 'code'>, visit: Visit): boolean {
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

/** Returns the items of every visit, and those that are due again on the date. `visits` are the visits of the enrolment, oldest first. */
export function itemsDue({ items }: Protocol, phase: string | undefined, visits: readonly Visit[], date: LocalDate): Item[] {
  return items.filter((item) => {
    if (item.phases && phase !== undefined && !item.phases.includes(phase)) return false;
    if (item.every === 'visit') return true;
    const last = visits.findLast((visit) => isDone(item, visit));
    return !last || addDuration(localDateOf(last.visitedAt), item.every) <= date;
  });
}
