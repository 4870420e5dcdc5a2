/** The notice of a year may begin in the year before: real arrangements of the New Year, and a drawn one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CalendarYear, isConfirmed, isWorkingDay } from '../../../domain/time/calendar.ts';
import { addDays } from '../../../domain/time/local-date.ts';
import { findCalendarFlaws } from '../../../domain/time/validate-calendar.ts';
import { calendar } from '../../support/builders/follow-up.ts';

const noticeOf = (year: number, [from, to]: readonly [string, string], makeUpWorkdays: readonly string[] = []): CalendarYear => ({
  year,
  version: 1,
  source: { title: `国务院办公厅关于${year}年部分节假日安排的通知`, reference: '', publishedOn: `${year - 1}-11-01` },
  holidays: [{ name: { zh: '元旦', en: 'New Year' }, from, to }],
  makeUpWorkdays: [...makeUpWorkdays],
});

describe('the notice of a year may begin in the year before', () => {
  test.each([
    [
      '2007',
      noticeOf(2007, ['2007-01-01', '2007-01-03'], ['2006-12-30', '2006-12-31']),
      { '2006-12-30': true, '2006-12-31': true, '2007-01-03': false },
    ],
    [
      '2008',
      noticeOf(2008, ['2007-12-30', '2008-01-01'], ['2007-12-29']),
      { '2007-12-28': true, '2007-12-29': true, '2007-12-31': false, '2008-01-01': false, '2008-01-02': true },
    ],
    ['2012', noticeOf(2012, ['2012-01-01', '2012-01-03'], ['2011-12-31']), { '2011-12-31': true, '2012-01-03': false, '2012-01-04': true }],
    [
      '2019',
      noticeOf(2019, ['2018-12-30', '2019-01-01'], ['2018-12-29']),
      { '2018-12-29': true, '2018-12-30': false, '2018-12-31': false, '2019-01-01': false, '2019-01-02': true },
    ],
    [
      '2023, as it is shipped',
      calendar.years.find(({ year }) => year === 2023) as CalendarYear,
      { '2022-12-30': true, '2022-12-31': false, '2023-01-02': false, '2023-01-03': true },
    ],
    [
      '2027 as it might be',
      noticeOf(2027, ['2026-12-31', '2027-01-02'], ['2026-12-26']),
      { '2026-12-26': true, '2026-12-31': false, '2027-01-01': false },
    ],
  ] as const)('%s', (_, notice, days) => {
    expect(findCalendarFlaws(notice)).toEqual([]);
    // With the year before beside it too: the later notice says what holds.
    for (const years of [[notice], [noticeOf(notice.year - 1, [`${notice.year - 1}-01-01`, `${notice.year - 1}-01-01`]), notice]]) {
      const working = Object.fromEntries(Object.keys(days).map((day) => [day, isWorkingDay({ years }, day)]));
      expect(working).toEqual(days);
    }
    for (const day of Object.keys(days))
      expect(isConfirmed({ years: [notice] }, day)).toBe(day.startsWith(String(notice.year)) || isNamed(notice, day));
  });

  test('only in its December: an earlier day, or one of the year after, is a slip of the pen', () => {
    const pathsOf = (notice: CalendarYear) => findCalendarFlaws(notice).map(({ kind, path }) => `${kind} ${path}`);
    expect(pathsOf(noticeOf(2027, ['2026-11-30', '2027-01-01']))).toEqual(['impossible holidays.0']);
    expect(pathsOf(noticeOf(2027, ['2027-12-31', '2028-01-01']))).toEqual(['impossible holidays.0']);
    expect(pathsOf(noticeOf(2027, ['2027-01-01', '2027-01-01'], ['2025-12-27']))).toEqual(['impossible makeUpWorkdays.0']);
  });

  test('any New Year that begins in December is taken, and each of its days is off', () => {
    const drawn = fc.record({
      year: fc.integer({ min: 2001, max: 2150 }),
      before: fc.integer({ min: 0, max: 30 }),
      after: fc.integer({ min: 0, max: 6 }),
    });
    fc.assert(
      fc.property(drawn, ({ year, before, after }) => {
        const newYear = `${year}-01-01`;
        const notice = noticeOf(year, [addDays(newYear, -before), addDays(newYear, after)]);
        expect(findCalendarFlaws(notice)).toEqual([]);
        for (let day = -before; day <= after; day += 1) expect(isWorkingDay({ years: [notice] }, addDays(newYear, day))).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

const isNamed = ({ holidays, makeUpWorkdays }: CalendarYear, day: string): boolean =>
  makeUpWorkdays.includes(day) || holidays.some(({ from, to }) => from <= day && day <= to);
