/** A visit is moved to another day of its window: the task is due then, the resident is reminded of that day and of no other. */
import { expect, test } from 'vitest';
import { followUp } from '../../../domain/follow-up/decider.ts';
import { addDays, localDateOf, startOf } from '../../../domain/time/local-date.ts';
import { instantOf } from '../../../domain/time/sla-clock.ts';
import { monday, visitWithPressure } from '../../support/builders/follow-up.ts';
import { FollowUpCourse } from '../../support/builders/follow-up-course.ts';

function withOpenWindow(): FollowUpCourse {
  const course = new FollowUpCourse();
  course.enrol('htn-2017');
  course.visit('htn-2017', visitWithPressure(monday, 128, 80));
  const { opensOn } = course.of('htn-2017').next ?? {};
  course.until(opensOn as string);
  return course;
}

const planOf = ({ state: { plan } }: FollowUpCourse) => plan as NonNullable<typeof plan>;
function dueOnOf({ state }: FollowUpCourse): string {
  const [task] = followUp.tasks(state);
  return localDateOf(((task && instantOf(task.clock, 100)) ?? 0) - 1);
}

test('the task is due on the day that was agreed on, and the window stays as it is', () => {
  const course = withOpenWindow();
  const { n, opensOn, dueOn } = planOf(course);
  expect(dueOnOf(course)).toBe(dueOn);
  const agreedOn = addDays(opensOn, 3);
  const { entries, messages } = course.ask('htn-2017', 'agree-visit-date', addDays(opensOn, 1), { visit: n, agreedOn });
  expect([planOf(course).agreedOn, planOf(course).dueOn, dueOnOf(course)]).toEqual([agreedOn, dueOn, agreedOn]);
  expect(entries).toMatchObject([{ event: 'agree-visit-date', because: [{ evidence: { visit: n, agreedOn, before: null } }] }]);
  const reminder = { audience: 'patient', template: 'follow-up-reminder', parameters: messages[0]?.parameters ?? {} } as const;
  expect(messages).toMatchObject([{ template: 'follow-up-reminder', remindsOf: startOf(agreedOn) + 43_200_000 }]);
  expect(followUp.standing(course.state, reminder).outdated).toBeNull();
  course.ask('htn-2017', 'agree-visit-date', addDays(opensOn, 1), { visit: n, agreedOn: dueOn });
  expect(followUp.standing(course.state, reminder).outdated).toBe('already-done');
});

test('no visit is moved out of its window, into the past, or after it was made', () => {
  const course = withOpenWindow();
  const { n, opensOn, dueOn } = planOf(course);
  const ask = (agreedOn: string, visit = n) => course.ask('htn-2017', 'agree-visit-date', addDays(opensOn, 2), { visit, agreedOn });
  for (const day of [addDays(dueOn, 1), addDays(opensOn, -1), opensOn]) expect(() => ask(day)).toThrow('not-reschedulable');
  course.visit('htn-2017', visitWithPressure(addDays(opensOn, 2), 128, 80));
  expect(() => ask(addDays(opensOn, 3))).toThrow('not-reschedulable');
});
