/** Finds what is wrong with a published year of working days, and where. */

import { buildFlaw, type Flaw } from '../kit/flaw.ts';
import type { CalendarYear } from './calendar.ts';
import { weekdayOf, yearOf } from './local-date.ts';

export function findCalendarFlaws({ year, holidays, makeUpWorkdays }: CalendarYear): Flaw[] {
  const flaws: Flaw[] = [];
  for (const [index, { from, to }] of holidays.entries()) {
    const at = `holidays.${index}`;
    if (yearOf(from) !== year || yearOf(to) !== year) flaws.push(buildFlaw('impossible', at, '不在该年', 'not in that year'));
    if (to < from) flaws.push(buildFlaw('impossible', `${at}.to`, '终点不在起点之后', 'ends before it begins'));
    const clash = holidays.findIndex((other, place) => place < index && other.from <= to && from <= other.to);
    if (clash >= 0) flaws.push(buildFlaw('overlap', at, `与 holidays.${clash} 重叠`, `overlaps holidays.${clash}`));
  }
  for (const [index, day] of makeUpWorkdays.entries()) {
    const at = `makeUpWorkdays.${index}`;
    if (yearOf(day) !== year) flaws.push(buildFlaw('impossible', at, '不在该年', 'not in that year'));
    if (makeUpWorkdays.indexOf(day) < index) flaws.push(buildFlaw('duplicate', at, '重复', 'given twice'));
    if (![0, 6].includes(weekdayOf(day))) flaws.push(buildFlaw('impossible', at, '不是周末', 'not on a weekend'));
    if (holidays.some(({ from, to }) => from <= day && day <= to))
      flaws.push(buildFlaw('overlap', at, '同时是假日', 'a holiday at the same time'));
  }
  return flaws;
}
