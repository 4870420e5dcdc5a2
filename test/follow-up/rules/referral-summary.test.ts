/** What a hospital is told of whom a visit refers. */
import { expect, test } from 'vitest';
import { listDiseasesToTell, medicinesInWords, summaryInWords } from '../../../domain/follow-up/referral-summary.ts';
import { addDays, startOf } from '../../../domain/time/local-date.ts';
import { buildPressure, monday, newVisit } from '../../support/builders/follow-up.ts';
import { FollowUpCourse } from '../../support/builders/follow-up-course.ts';

const on = (days: number) => addDays(monday, days);
const both = { furtherParts: [{ enrolmentId: 'enrolment-t2dm-2017', visitId: 'visit-glucose' }] };

/** Seen on the given days after the Monday: systolic pressure, fasting glucose or null where it was not measured. */
function seen(...visits: [day: number, systolic: number, glucose: number | null][]) {
  const course = new FollowUpCourse();
  course.enrol('htn-2017');
  course.enrol('t2dm-2017');
  for (const [day, systolic, fastingGlucose] of visits) {
    const values = {
      bloodPressures: [buildPressure(systolic, 84)],
      fastingGlucose,
      notMeasuredReason: fastingGlucose === null ? 'device-broken' : null,
    };
    course.visit('htn-2017', newVisit(on(day), values), { ...both, allowSecondSameDay: true });
  }
  const last = visits.at(-1)?.[0] ?? 0;
  return listDiseasesToTell(course.state, 'enrolment-htn-2017', startOf(on(last)) + 10 * 3_600_000);
}

test('every disease that is off target is told, with its values, the newest first, and since when', () => {
  const [pressure, glucose, ...more] = seen([0, 126, 6.1], [60, 148, 8.2], [74, 156, 8.6]);
  expect(more).toEqual([]);
  expect(pressure).toMatchObject({
    code: 'hypertension',
    zh: '高血压',
    en: 'hypertension',
    offTargetSince: on(60),
    target: { systolic: 140, diastolic: 90 },
  });
  expect(pressure?.lastValues.map(({ value, overTarget }) => [value, overTarget])).toEqual([
    ['156/84', true],
    ['148/84', true],
    ['126/84', false],
  ]);
  expect(glucose).toMatchObject({ code: 'diabetes', offTargetSince: on(60), target: { fastingGlucose: 7 } });
  expect(glucose?.lastValues.map(({ kind, value }) => [kind, value])).toEqual([
    ['fasting-glucose', 8.6],
    ['fasting-glucose', 8.2],
    ['fasting-glucose', 6.1],
  ]);
});

test('a disease on target is not told, unless it is the one referred for another reason', () => {
  expect(seen([0, 156, 6.1]).map(({ code }) => code)).toEqual(['hypertension']);
  expect(seen([0, 126, 8.2]).map(({ code, offTargetSince }) => [code, offTargetSince])).toEqual([
    ['hypertension', null],
    ['diabetes', on(0)],
  ]);
});

test('a visit without the value breaks no row and begins none', () => {
  const [, glucose] = seen([0, 156, 8.2], [14, 156, null], [28, 156, 8.4]);
  expect(glucose).toMatchObject({ offTargetSince: on(0), lastValues: [{ value: 8.4 }, { value: 8.2 }] });
});

test('the words name the diseases, the targets, the values with their days, the medicines and the form', () => {
  const medicines = medicinesInWords({
    medications: [{ name: '氨氯地平', dose: '5 mg', timesPerDay: 1 }, { name: '二甲双胍' }],
    insulin: { kind: '甘精胰岛素', usage: '睡前 10 IU' },
  });
  expect(medicines).toEqual(['氨氯地平 5 mg 每日 1 次', '二甲双胍', '甘精胰岛素 睡前 10 IU']);
  expect(summaryInWords({ diseases: seen([0, 156, 6.1]), medicines }, '血压 156/84')).toBe(
    `高血压自 ${monday} 起未达标，目标血压低于 140/90 mmHg，近期 156/84 mmHg（${monday}）；用药：氨氯地平 5 mg 每日 1 次、二甲双胍、甘精胰岛素 睡前 10 IU；随访记录：血压 156/84`,
  );
  expect(medicinesInWords({ medications: null, insulin: null })).toEqual([]);
});
