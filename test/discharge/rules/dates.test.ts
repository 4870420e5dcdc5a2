/** When what is owed after a discharge is due, by the working days of 2026. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { computeDueDate } from '../../../domain/discharge/due-date.ts';
import { computeDuties } from '../../../domain/discharge/duties.ts';
import { listOverdueRungs, listPendingResultRungs } from '../../../domain/discharge/overdue.ts';
import { riskLevels } from '../../../domain/discharge/risk-model.ts';
import { addWorkingDays, isWorkingDay } from '../../../domain/time/calendar.ts';
import { addDays } from '../../../domain/time/local-date.ts';
import { publishedCalendar as calendar, discharge, templateOf } from '../../support/builders/discharge.ts';

const { rules, templates } = discharge;
const days = fc.integer({ min: 0, max: 300 }).map((day) => addDays('2026-01-05', day));

test('the n-th working day counts make-up days and no holidays, forwards and backwards', () => {
  expect(addWorkingDays(calendar, '2026-09-30', 2)).toBe('2026-10-09');
  expect(addWorkingDays(calendar, '2026-10-09', 1)).toBe('2026-10-10');
  expect(addWorkingDays(calendar, '2026-10-13', -3)).toBe('2026-10-09');
  expect(addWorkingDays(calendar, '2026-10-03', 0)).toBe('2026-10-03');
});

const date = (dueOn: string, opensOn: string, dischargedOn: string, today = dischargedOn) => {
  const due = computeDueDate(calendar, { dueOn, opensOn, dischargedOn, today });
  return `${due.dueOn}${due.isHospitals ? ' hospital' : ''}`;
};

test.each([
  ['a working day stays', ['2026-10-15', '2026-10-01', '2026-09-30'], '2026-10-15'],
  ['a Sunday goes back to the Friday', ['2026-11-15', '2026-11-01', '2026-10-30'], '2026-11-13'],
  ['a make-up Saturday is worked', ['2026-10-11', '2026-10-01', '2026-09-30'], '2026-10-10'],
  ['not before the day after the discharge', ['2026-10-03', '2026-09-30', '2026-09-30'], '2026-10-03 hospital'],
  ['not before its window opens', ['2026-11-15', '2026-11-14', '2026-10-30'], '2026-11-15 hospital'],
  ['the day on which it opens is in the window', ['2026-11-15', '2026-11-13', '2026-10-30'], '2026-11-13'],
  ['what is past is due on the next working day', ['2026-10-03', '2026-09-30', '2026-09-30', '2026-10-10'], '2026-10-12'],
  ['what is due today is not past', ['2026-10-12', '2026-10-01', '2026-09-30', '2026-10-12'], '2026-10-12'],
  ['a working day that is over helps nobody', ['2026-11-15', '2026-11-01', '2026-10-30', '2026-11-14'], '2026-11-15 hospital'],
  ['the day of the discharge is the day after', ['2026-11-03', '2026-11-01', '2026-11-03'], '2026-11-04'],
] as const)('%s', (_, [dueOn, opensOn, dischargedOn, today], expected) => {
  expect(date(dueOn, opensOn, dischargedOn, today)).toBe(expected);
});

test('a due date is on a day that its owner works, after the discharge, and never after what was meant unless that is past', () => {
  fc.assert(
    fc.property(days, fc.nat(40), fc.nat(40), fc.nat(60), (dischargedOn, opens, length, late) => {
      const [opensOn, today] = [addDays(dischargedOn, opens), addDays(dischargedOn, late)];
      const dueOn = addDays(opensOn, length);
      const due = computeDueDate(calendar, { dueOn, opensOn, dischargedOn, today });
      expect(due.isHospitals || isWorkingDay(calendar, due.dueOn)).toBe(true);
      expect(due.dueOn > dischargedOn && due.dueOn >= today).toBe(true);
      if (dueOn >= today && dueOn > dischargedOn) expect(due.dueOn <= dueOn && due.dueOn >= opensOn).toBe(true);
      if (due.isHospitals)
        for (let day = opensOn; day <= dueOn; day = addDays(day, 1))
          expect(day <= dischargedOn || day < today || !isWorkingDay(calendar, day)).toBe(true);
    }),
  );
});

test('a date in a year that is not published is marked', () => {
  const ground = { opensOn: '2026-12-28', dischargedOn: '2026-12-20', today: '2026-12-20' };
  expect(computeDueDate(calendar, { ...ground, dueOn: '2026-12-30' }).unconfirmed).toBe(false);
  expect(computeDueDate(calendar, { ...ground, dueOn: '2027-01-10' }).unconfirmed).toBe(true);
});

const duties = (dischargedOn: string, risk: (typeof riskLevels)[number], template?: string) => {
  const found = computeDuties({
    rules,
    templates,
    calendar,
    dischargedOn,
    today: dischargedOn,
    risk,
    template: templateOf(template ?? ''),
  });
  return Object.entries(found).map(
    ([duty, { opensOn, dueOn, owner, missedOn }]) =>
      `${duty} ${opensOn} ${dueOn} ${owner.side} ${owner.role}${missedOn ? ` ${missedOn}` : ''}`,
  );
};

test('the duties of the worked example are due to the day, the holiday long', () => {
  expect(duties('2026-09-30', 'high', 'heart-failure')).toEqual([
    'contact 2026-09-30 2026-10-03 hospital nurse',
    'visit 2026-10-01 2026-10-07 hospital specialist 2026-10-31',
    'reconciliation 2026-09-30 2026-10-07 hospital pharmacist 2026-10-31',
    'closing-contact 2026-10-24 2026-10-30 centre nurse',
  ]);
});

test.each([
  ['low', undefined, '2026-11-10', '2026-11-12', '2026-12-10'],
  ['medium', undefined, '2026-11-10', '2026-11-12', '2026-11-24'],
  ['high', undefined, '2026-11-10', '2026-11-12', '2026-11-17'],
  ['low', 'stroke', '2026-11-10', '2026-11-12', '2026-11-24'],
  ['high', 'stroke', '2026-11-10', '2026-11-12', '2026-11-17'],
  ['low', 'heart-failure', '2026-11-10', '2026-11-12', '2026-11-17'],
  // Discharged on a Friday: two working days are the Tuesday, day 4; day 3 is the Monday, day 5 the Wednesday.
  ['low', undefined, '2026-11-13', '2026-11-17', '2026-12-11'],
  ['high', undefined, '2026-11-13', '2026-11-16', '2026-11-20'],
  ['low', 'heart-failure', '2026-11-13', '2026-11-16', '2026-11-20'],
] as const)('risk %s, template %s, discharged on %3$s', (risk, template, dischargedOn, contactOn, visitOn) => {
  const [contact, visit] = duties(dischargedOn, risk, template);
  expect([contact?.split(' ')[2], visit?.split(' ')[2]]).toEqual([contactOn, visitOn]);
});

test('a higher risk never has a later contact or visit', () => {
  fc.assert(
    fc.property(days, fc.constantFrom('', 'copd', 'stroke', 'heart-failure'), (dischargedOn, template) => {
      const all = riskLevels.map((risk) =>
        computeDuties({ rules, templates, calendar, dischargedOn, today: dischargedOn, risk, template: templateOf(template) }),
      );
      for (const duty of ['contact', 'visit'] as const)
        expect(all.map((one) => one[duty].dueOn)).toEqual(all.map((one) => one[duty].dueOn).toSorted((a, b) => (a < b ? 1 : -1)));
    }),
  );
});

test('who is told of what is overdue: the owner the next day, the head and the office by working days', () => {
  expect(listOverdueRungs(rules, calendar, '2026-10-07').map(({ on, tell }) => `${tell} ${on}`)).toEqual([
    'owner 2026-10-08',
    'head 2026-10-10',
    'office 2026-10-14',
  ]);
});

test('a result that does not come is told to the head the next day, to the office on day 3 and then every week without an end', () => {
  const told = (after: string) => listPendingResultRungs(rules, '2026-10-05', after).map(({ on, tell }) => `${tell} ${on}`);
  expect(told('2026-10-05')).toEqual(['owner 2026-10-06', 'head 2026-10-06', 'office 2026-10-08']);
  expect(told('2026-10-06')).toEqual(['office 2026-10-08']);
  expect(told('2026-10-08')).toEqual(['office 2026-10-15']);
  expect(told('2026-10-14')).toEqual(['office 2026-10-15']);
  expect(told('2027-10-06')).toEqual(['office 2027-10-07']);
});
