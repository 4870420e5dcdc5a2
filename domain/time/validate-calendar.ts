/** Finds what is wrong with a published year of working days, and where. */

import { buildFlaw, type Flaw } from '../kit/flaw.ts';
import type { CalendarYear } from './calendar.ts';
import { type LocalDate, weekdayOf } from './local-date.ts';

/** The notice of a year arranges its New Year, which may begin with, or be worked for on, the last days of the year before. */
const isArrangedBy = (year: number, day: LocalDate): boolean => `${year - 1}-12-01` <= day && day <= `${year}-12-31`;

const notInYear = (at: string): Flaw =>
  buildFlaw('impossible', at, '不在该年，也不在上一年十二月', 'neither in that year nor in December before it');

export function findCalendarFlaws({ year, holidays, makeUpWorkdays }: CalendarYear): Flaw[] {
  const flaws: Flaw[] = [];
  for (const [index, { from, to }] of holidays.entries()) {
    const at = `holidays.${index}`;
    if (!isArrangedBy(year, from) || !isArrangedBy(year, to)) flaws.push(notInYear(at));
    if (to < from) flaws.push(buildFlaw('impossible', `${at}.to`, '终点不在起点之后', 'ends before it begins'));
    const clash = holidays.findIndex((other, place) => place < index && other.from <= to && from <= other.to);
    if (clash >= 0) flaws.push(buildFlaw('overlap', at, `与 holidays.${clash} 重叠`, `overlaps holidays.${clash}`));
  }
  for (const [index, day] of makeUpWorkdays.entries()) {
    const at = `makeUpWorkdays.${index}`;
    if (!isArrangedBy(year, day)) flaws.push(notInYear(at));
    if (makeUpWorkdays.indexOf(day) < index) flaws.push(buildFlaw('duplicate', at, '重复', 'given twice'));
    if (![0, 6].includes(weekdayOf(day))) flaws.push(buildFlaw('impossible', at, '不是周末', 'not on a weekend'));
    if (holidays.some(({ from, to }) => from <= day && day <= to))
      flaws.push(buildFlaw('overlap', at, '同时是假日', 'a holiday at the same time'));
  }
  return flaws;
}
