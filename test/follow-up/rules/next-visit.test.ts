/** Dates: working days, the yearly quota, visits that fall together. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../domain/follow-up/evaluate.ts';
import { mergeVisits } from '../../../domain/follow-up/merge-visits.ts';
import { faceToFaceVisits, requiredVisits } from '../../../domain/follow-up/next-visit.ts';
import type { Visit } from '../../../domain/follow-up/visit.ts';
import { isConfirmed, isWorkingDay, workingDayUpTo } from '../../../domain/time/calendar.ts';
import {
  addDays,
  addDuration,
  addMonths,
  ageOn,
  type Duration,
  daysBetween,
  type LocalDate,
  localDateOf,
  startOf,
  weekdayOf,
  yearOf,
} from '../../../domain/time/local-date.ts';
import {
  buildPressure,
  calendar,
  evaluateVisit,
  monday,
  newPatient,
  newVisit,
  protocol,
  protocols,
  visitWithGlucose,
  visitWithPressure,
} from '../../support/builders/follow-up.ts';

const anyDate = fc.integer({ min: 0, max: 365 * 8 }).map((days) => addDays('2023-01-01', days));

describe('local dates', () => {
  test('a day begins at four in the afternoon of the day before, by UTC', () => {
    expect([localDateOf(Date.parse('2026-03-01T15:59:59.999Z')), localDateOf(Date.parse('2026-03-01T16:00:00Z'))]).toEqual([
      '2026-03-01',
      '2026-03-02',
    ]);
    fc.assert(fc.property(anyDate, (date) => localDateOf(startOf(date)) === date && localDateOf(startOf(date) - 1) === addDays(date, -1)));
  });
  test('are counted as Date counts them, over a century and a half', () => {
    for (let day = -25_600; day < 29_200; day++) {
      const date = localDateOf(day * 86_400_000);
      const utc = new Date(day * 86_400_000);
      expect([date, weekdayOf(date), startOf(date)]).toEqual([utc.toISOString().slice(0, 10), utc.getUTCDay(), (day * 24 - 8) * 3_600_000]);
    }
  });
  test('months are clamped to the month’s end', () => {
    expect(['2025-11-30', '2027-11-30', '2026-01-31', '2026-12-31'].map((date) => addMonths(date, 3))).toEqual([
      '2026-02-28',
      '2028-02-29',
      '2026-04-30',
      '2027-03-31',
    ]);
    expect(addMonths('2026-03-15', -3)).toBe('2025-12-15');
  });
  test('the birthday counts; a day in leap years too', () => {
    expect([ageOn('1961-03-02', '2026-03-01'), ageOn('1961-03-02', '2026-03-02')]).toEqual([64, 65]);
    expect(['2027-02-28', '2027-03-01', '2028-02-28', '2028-02-29'].map((date) => ageOn('1960-02-29', date))).toEqual([66, 67, 67, 68]);
  });
});

describe('working days', () => {
  test('weekends, holidays and make-up days as published', () => {
    const isWorking = (date: LocalDate) => isWorkingDay(calendar, date);
    expect(
      ['2025-10-08', '2025-10-09', '2025-10-11', '2025-10-12', '2026-01-04', '2026-02-14', '2026-02-23', '2026-02-24', '2026-10-10'].map(
        isWorking,
      ),
    ).toEqual([false, true, true, false, true, true, false, true, true]);
    const inYear = (year: number) =>
      Array.from({ length: 366 }, (_, day) => addDays(`${year}-01-01`, day)).filter((date) => yearOf(date) === year && isWorking(date))
        .length;
    expect([2023, 2024, 2025, 2026].map(inYear)).toEqual([249, 251, 248, 248]);
  });
  test('a year that nobody has published is Monday to Friday, and unconfirmed', () => {
    expect([isWorkingDay(calendar, '2027-01-01'), isConfirmed(calendar, '2027-01-01'), isConfirmed(calendar, '2026-12-31')]).toEqual([
      true,
      false,
      true,
    ]);
    expect(workingDayUpTo(calendar, '2027-01-03')).toBe('2027-01-01');
    expect(evaluateVisit('htn-2017', visitWithPressure('2026-10-12', 120, 75)).calendarConfirmed).toBe(false);
    expect(evaluateVisit('htn-2017', visitWithPressure('2026-09-14', 120, 75)).calendarConfirmed).toBe(true);
  });
  test('a visit in a long holiday is never followed by a due date before it', () => {
    const { nextVisit } = evaluateVisit('t2dm-new', visitWithGlucose('2026-02-16', 6));
    expect(nextVisit).toEqual({ opensOn: '2026-02-20', dueOn: '2026-02-23' });
  });
});

describe('the quota of face-to-face visits', () => {
  const htn = protocol('htn-2017');
  const count = (...visits: Visit[]) => faceToFaceVisits(htn, visits, 2026);

  test('clinic and home count, the phone does not; nor an unmeasured visit, another year, the same day twice', () => {
    const good = (date: LocalDate, values: Partial<Visit> = {}) => visitWithPressure(date, 120, 75, values);
    expect(count(good('2026-01-05'), good('2026-04-07', { mode: 'home' }), good('2026-07-06', { mode: 'phone' }))).toBe(2);
    expect(
      count(newVisit('2026-01-05', { notMeasuredReason: 'refused' }), good('2025-12-31'), good('2026-04-07'), good('2026-04-07')),
    ).toBe(1);
  });
  test('the yearly health check counts once, if it holds a blood pressure', () => {
    const exam = (date: LocalDate, values: Partial<Visit> = {}) => newVisit(date, { annualExam: true, ...values });
    expect(
      count(
        exam('2026-01-05', { bloodPressures: [buildPressure(120, 75)] }),
        exam('2026-03-05', { bloodPressures: [buildPressure(120, 75)] }),
      ),
    ).toBe(1);
    expect(count(exam('2026-01-05'))).toBe(0);
    expect(faceToFaceVisits(protocol('t2dm-2017'), [exam('2026-01-05', { fastingGlucose: 6 })], 2026)).toBe(1);
  });
  test('4 a year; of a part of a year one for each 91 days', () => {
    const required = (startedOn: LocalDate) => requiredVisits(htn, startedOn, 2026);
    expect(
      ['2025-06-01', '2026-01-01', '2026-01-02', '2026-01-03', '2026-07-02', '2026-10-02', '2026-10-03', '2027-01-01'].map(required),
    ).toEqual([4, 4, 4, 3, 2, 1, 0, 0]);
  });
  test('a visit is pulled forward rather than missed', () => {
    const visits = ['2025-11-03', '2026-02-10', '2026-05-11'].map((date) => visitWithPressure(date, 120, 75));
    const { nextVisit, because } = evaluateVisit('htn-2017', visitWithPressure('2026-10-12', 120, 75), { visits });
    expect(nextVisit).toEqual({ opensOn: '2026-12-17', dueOn: '2026-12-31' });
    expect(because.at(-1)).toMatchObject({ rule: 'htn-2017/1#quota', evidence: { required: 4, done: 3 } });
  });
  test('two that are missing are both still possible; what is out of reach is not run after', () => {
    const visits = ['2025-11-03', '2026-02-10'].map((date) => visitWithPressure(date, 120, 75));
    const due = (date: LocalDate) => evaluateVisit('htn-2017', visitWithPressure(date, 120, 75), { visits }).nextVisit.dueOn;
    expect(due('2026-10-12')).toBe('2026-12-17');
    expect(due('2026-12-14')).toBe('2027-03-12');
  });
});

const chronic = ['htn-2017', 'htn-2025', 't2dm-2017', 't2dm-new', 'complications'];
const anyVisit = (date: LocalDate) =>
  fc
    .record({
      systolic: fc.integer({ min: 100, max: 190 }),
      diastolic: fc.integer({ min: 60, max: 99 }),
      fastingGlucose: fc.integer({ min: 35, max: 175 }).map((tenths) => tenths / 10),
      reaction: fc.boolean(),
      newComplication: fc.boolean(),
      mode: fc.constantFrom('clinic' as const, 'home' as const, 'phone' as const),
    })
    .map(({ systolic, diastolic, fastingGlucose, reaction, newComplication, mode }) =>
      visitWithPressure(date, systolic, diastolic, { fastingGlucose, newComplication, mode, adverseReactions: reaction ? ['cough'] : [] }),
    );

describe('for every protocol, person and visit', () => {
  test('the due date comes after the visit, its window opens between them, and no interval is longer than the rhythm', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...protocols),
        anyDate,
        fc.integer({ min: 0, max: 700 }),
        fc.integer({ min: 0, max: 95 }),
        fc.integer({ min: 0, max: 3 }),
        fc.infiniteStream(fc.nat()),
        (one, date, enrolledDays, age, months, noise) => {
          const patient = newPatient({ birthDate: addMonths(date, -12 * (age + 1)) });
          const pick = (most: number) => (noise.next().value as number) % most;
          const visitOn = (day: LocalDate) =>
            visitWithPressure(day, 110 + pick(80), 70 + pick(45), {
              fastingGlucose: 3 + pick(150) / 10,
              newComplication: pick(9) === 0,
              adverseReactions: pick(4) === 0 ? ['cough'] : [],
            });
          const visits = Array.from({ length: pick(5) }, (_, index) => visitOn(addDays(date, -20 * (index + 1))));
          const tier =
            months === 0 ? undefined : { name: 'tier', because: { rule: 'tier', clause: 'tier', source: 'tier' }, every: { months } };
          const { nextVisit, because, phase } = evaluate({
            protocol: one,
            calendar,
            patient,
            visits,
            visit: visitOn(date),
            startedOn: addDays(date, -enrolledDays),
            tier,
          });
          const rhythm = one.phases.find(({ id }) => id === phase)?.every.due as Duration;
          expect(nextVisit.dueOn > date && nextVisit.opensOn > date && nextVisit.opensOn <= nextVisit.dueOn).toBe(true);
          expect(nextVisit.dueOn <= addDuration(date, rhythm)).toBe(true);
          if (tier) expect(nextVisit.dueOn <= addDuration(date, tier.every)).toBe(true);
          expect(because.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  test('the same visit is judged the same, in whatever order the earlier ones are given', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...chronic),
        fc.tuple(...['2026-01-05', '2026-01-19', '2026-02-09'].map(anyVisit)),
        anyVisit(monday),
        (id, visits, visit) => {
          expect(evaluateVisit(id, visit, { visits: visits.toReversed() })).toEqual(evaluateVisit(id, visit, { visits }));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('every value as high or higher is judged at least as serious', () => {
    const serious = ['continue', 'adjust', 'refer', 'refer-urgent'];
    const of = (id: string, systolic: number, diastolic: number) =>
      serious.indexOf(evaluateVisit(id, visitWithPressure(monday, systolic, diastolic)).action);
    fc.assert(
      fc.property(
        fc.constantFrom('htn-2017', 'htn-2025'),
        fc.integer({ min: 100, max: 200 }),
        fc.integer({ min: 60, max: 95 }),
        fc.nat(20),
        fc.nat(20),
        (id, systolic, diastolic, more, moreToo) => {
          expect(of(id, systolic + more, diastolic + moreToo)).toBeGreaterThanOrEqual(of(id, systolic, diastolic));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('who attends as planned keeps the quota of every year', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...chronic),
        anyDate.filter((date) => date < '2026-01-01'),
        fc.infiniteStream(fc.nat({ max: 1_000 })),
        (id, startedOn, noise) => {
          const one = protocol(id);
          const visits: Visit[] = [];
          for (let date = startedOn; date < '2027-01-01'; ) {
            const off = (noise.next().value as number) % 5 === 0;
            const visit = visitWithPressure(date, off ? 150 : 120, 75, { fastingGlucose: off ? 8 : 6 });
            // Anywhere in the window, the last day included.
            const { opensOn, dueOn } = evaluate({ protocol: one, calendar, patient: newPatient(), visits, visit, startedOn }).nextVisit;
            visits.push(visit);
            date = addDays(opensOn, (noise.next().value as number) % (daysBetween(opensOn, dueOn) + 1));
          }
          for (let year = yearOf(startedOn); year <= 2026; year++)
            expect(faceToFaceVisits(one, visits, year), `${id} ${startedOn} ${year}`).toBeGreaterThanOrEqual(
              requiredVisits(one, startedOn, year),
            );
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a spring visit by phone: another one is pulled forward, and the quota is kept', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        anyDate.filter((date) => date < '2025-01-01'),
        (startedOn) => {
          const one = protocol('htn-2017');
          const visits: Visit[] = [];
          const inSpring = (date: LocalDate) => date.slice(5, 7) >= '04' && date.slice(5, 7) <= '06';
          for (let date = startedOn; date < '2027-01-01'; ) {
            const visit = visitWithPressure(date, 120, 75, { mode: inSpring(date) ? 'phone' : 'clinic' });
            const { dueOn } = evaluate({ protocol: one, calendar, patient: newPatient(), visits, visit, startedOn }).nextVisit;
            visits.push(visit);
            date = dueOn;
          }
          for (const year of [2025, 2026]) expect(faceToFaceVisits(one, visits, year), `${startedOn} ${year}`).toBe(4);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('visits that fall together', () => {
  const plan = (id: string, opensOn: LocalDate, dueOn: LocalDate) => ({ id, opensOn, dueOn });
  test('become one on the stricter date; what opens later stays its own', () => {
    expect(
      mergeVisits([
        plan('htn-2017', '2026-05-19', '2026-06-02'),
        plan('t2dm-2017', '2026-05-27', '2026-06-10'),
        plan('elderly', '2026-09-01', '2026-12-01'),
      ]),
    ).toEqual([
      { opensOn: '2026-05-27', dueOn: '2026-06-02', ids: ['htn-2017', 't2dm-2017'] },
      { opensOn: '2026-09-01', dueOn: '2026-12-01', ids: ['elderly'] },
    ]);
  });
  test('a check within two weeks does not wait for the quarterly visit', () => {
    expect(
      mergeVisits([plan('htn-2017', '2026-05-19', '2026-06-02'), plan('t2dm-2017', '2026-03-03', '2026-03-16')]).map(({ ids }) => ids),
    ).toEqual([['t2dm-2017'], ['htn-2017']]);
  });
  test('never later than the stricter date, none lost, none doubled', () => {
    const anyPlan = fc.tuple(anyDate, fc.nat(100)).map(([opensOn, days]) => ({ opensOn, dueOn: addDays(opensOn, days) }));
    fc.assert(
      fc.property(fc.array(anyPlan, { maxLength: 8 }), (plans) => {
        const named = plans.map((one, index) => ({ ...one, id: `p${index}` }));
        const merged = mergeVisits(named);
        expect(merged.flatMap((one) => one.ids).sort()).toEqual(named.map((one) => one.id).sort());
        for (const { opensOn, dueOn, ids: together } of merged) {
          const members = named.filter((one) => together.includes(one.id));
          expect(members.every((one) => dueOn <= one.dueOn && one.opensOn <= opensOn) && opensOn <= dueOn).toBe(true);
          expect(members.some((one) => one.dueOn === dueOn)).toBe(true);
        }
      }),
    );
  });
});
