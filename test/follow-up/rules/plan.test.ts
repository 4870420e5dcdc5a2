/** The one next visit over all enrolments, from the decider alone. */
import { expect, test } from 'vitest';
import { followUp } from '../../../domain/follow-up/decider.ts';
import { isReferredAlready } from '../../../domain/follow-up/state.ts';
import { addDays } from '../../../domain/time/local-date.ts';
import { monday, patientOfAge, visitWithGlucose, visitWithPressure } from '../../support/builders/follow-up.ts';
import { lifeOf, lifeWith } from '../../support/builders/follow-up-life.ts';

test('of two forms filled in at one visit the first leaves the other asked for: no second reminder, the same task', () => {
  const life = lifeOf('htn-2017', 't2dm-2017');
  life.visit('htn-2017', visitWithPressure(monday, 120, 75));
  life.visit('t2dm-2017', visitWithGlucose(addDays(monday, 1), 6));
  const { plan } = life.until('window-open');
  expect(plan).toMatchObject({ enrolmentIds: ['htn-2017', 't2dm-2017'], stage: 'open' });
  const day = plan?.dueOn as string;
  const { plan: rest } = life.visit('htn-2017', visitWithPressure(day, 120, 75));
  expect(rest).toEqual({ ...plan, dueOn: life.enrolment('t2dm-2017').next?.dueOn, enrolmentIds: ['t2dm-2017'] });
  expect(rest && plan && rest.dueOn > plan.dueOn).toBe(true);
  expect(followUp.tasks(life.state()).map(({ id }) => id)).toEqual([`visit-${plan?.n}`]);
  life.visit('t2dm-2017', visitWithGlucose(day, 6));
  expect(life.state().plan).toMatchObject({ stage: 'planned' });
  expect(life.journal().filter((name) => name === 'window-open')).toHaveLength(1);
});

test('of a visit that is overdue what is left stays the same task, and nobody is told twice', () => {
  const life = lifeOf('htn-2017', 't2dm-2017');
  life.visit('htn-2017', visitWithPressure(monday, 120, 75));
  life.visit('t2dm-2017', visitWithGlucose(addDays(monday, 3), 6));
  const { plan } = life.until('overdue');
  const { plan: rest } = life.visit('htn-2017', visitWithPressure(addDays(plan?.dueOn as string, 1), 120, 75));
  expect(rest).toEqual({ ...plan, dueOn: life.enrolment('t2dm-2017').next?.dueOn, enrolmentIds: ['t2dm-2017'] });
  expect(life.until('expired').enrolments.map(({ missed }) => missed)).toEqual([0, 1]);
  expect(life.journal().filter((name) => name === 'overdue' || name === 'window-open')).toEqual(['window-open', 'overdue']);
});

test('a visit on its first day whose next one is due on the same date: the task is done, and the next one is asked for in its turn', () => {
  const life = lifeOf('htn-2017');
  const { plan } = life.until('window-open');
  const { plan: next } = life.visit('htn-2017', visitWithPressure(plan?.opensOn as string, 160, 95));
  expect(next).toMatchObject({ n: 2, dueOn: plan?.dueOn, opensOn: addDays(plan?.opensOn as string, 1), stage: 'planned' });
  expect(followUp.tasks(life.state()).map(({ id }) => id)).not.toContain('visit-1');
  expect(life.until('window-open').plan).toMatchObject({ n: 2, stage: 'open' });
});

test('who has diabetes keeps the target that goes with it, whatever they are enrolled in afterwards', () => {
  const [glucose, pressure] = [lifeWith({ names: ['t2dm-2017'], patient: patientOfAge(70, 0, { diabetes: true }) }), patientOfAge(70)];
  glucose.enrol('htn-2017', pressure);
  expect(glucose.visit('htn-2017', visitWithPressure(monday, 145, 80)).enrolments[1]?.last).toMatchObject({
    class: 2,
    target: { systolic: 140 },
  });
});

test.each([
  ['routine', 'routine', true],
  ['routine', 'urgent', false],
  ['same-day', 'routine', true],
  ['same-day', 'urgent', false],
  ['urgent', 'routine', true],
  ['urgent', 'urgent', true],
] as const)(
  'an open %s referral and what calls for a %s one: done already is %s; once reviewed it does nothing any more',
  (urgency, asked, done) => {
    const sent = { id: 'r', sentAt: 1, urgency };
    expect(isReferredAlready({ referrals: [{ ...sent, reviewedAt: null }] }, asked)).toBe(done);
    expect(isReferredAlready({ referrals: [{ ...sent, reviewedAt: 2 }] }, asked)).toBe(false);
  },
);
