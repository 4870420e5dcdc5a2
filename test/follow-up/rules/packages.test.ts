/** Packages: the personalised one comes home, and asks to measure between visits. */
import { expect, test } from 'vitest';
import { followUp } from '../../../domain/follow-up/decider.ts';
import { addDays } from '../../../domain/time/local-date.ts';
import { monday, visitWithPressure } from '../../support/builders/follow-up.ts';
import { eventsIn, FollowUpCourse, templatesIn } from '../../support/builders/follow-up-course.ts';

test('basic: a visit in the clinic, nothing between two visits', () => {
  const course = new FollowUpCourse();
  course.enrol('htn-2017');
  course.visit('htn-2017', visitWithPressure(monday, 128, 80));
  expect(course.state.plan).toMatchObject({ mode: 'clinic' });
  const decided = course.until('2026-05-25');
  expect(eventsIn(decided)).toEqual(['window-open']);
  expect(templatesIn(decided)).toEqual(['follow-up-open', 'follow-up-open']);
  expect(followUp.tasks(course.state)).toMatchObject([{ name: 'follow-up-visit' }]);
});

test('personalised: a visit at home, and each month between visits the person is asked to measure', () => {
  const course = new FollowUpCourse();
  course.enrol('htn-2017', { package: 'personalised' });
  course.visit('htn-2017', visitWithPressure(monday, 128, 80));
  expect(course.state.plan).toMatchObject({ mode: 'home' });
  const decided = course.until('2026-05-25');
  expect(eventsIn(decided)).toEqual(['monitoring', 'monitoring', 'window-open']);
  expect(templatesIn(decided)).toEqual(['follow-up-measure', 'follow-up-measure', 'follow-up-open-at-home', 'follow-up-open-at-home']);
  expect(followUp.tasks(course.state)).toMatchObject([{ name: 'follow-up-home-visit' }]);
});

test('changed in the middle: what is planned changes with it, the dates stay', () => {
  const course = new FollowUpCourse();
  course.enrol('htn-2017');
  course.visit('htn-2017', visitWithPressure(monday, 128, 80));
  const { dueOn } = course.of('htn-2017').next ?? {};
  course.ask('htn-2017', 'change-package', addDays(monday, 10), { package: 'personalised' });
  expect([course.state.plan?.mode, course.of('htn-2017').next?.dueOn]).toEqual(['home', dueOn]);
  expect(eventsIn(course.until(addDays(monday, 40)))).toEqual(['monitoring']);
  course.ask('htn-2017', 'change-package', addDays(monday, 41), { package: 'basic' });
  expect(course.state.plan?.mode).toBe('clinic');
  expect(eventsIn(course.until('2026-05-18'))).toEqual([]);
});
