/** A follow-up that hears late of an admission is not paused when the person has been seen since. */
import { expect, test } from 'vitest';
import { enrolmentIn, newLife } from '../../support/builders/follow-up-state.ts';

const DAY = 86_400_000;

/** Enrolled, seen ten days later, and told another ten days later of an admission that began so many days ago. */
function admittedDaysAgo(days: number | undefined) {
  const life = newLife();
  life.enrol('pressure', 'htn-2017');
  life.days(10);
  life.visit('pressure', 128);
  life.days(10);
  life.fact('patient-admitted', { institutionId: 'inst-h1', ...(days === undefined ? {} : { toldLateByMs: days * DAY }) });
  return { life, status: enrolmentIn(life, 'pressure').status };
}

test('an admission of before the last visit, or of before the enrolment, is noted and pauses nothing', () => {
  for (const days of [15, 365]) {
    const { life, status } = admittedDaysAgo(days);
    expect(status).toBe('active');
    expect(life.decisions.at(-1)?.entries).toMatchObject([{ event: 'patient-admitted', because: [{ clause: 'noted' }] }]);
  }
});

test('one of after the last visit pauses, and so does one of which older code has not told when it began', () => {
  expect([0, 5, undefined].map((days) => admittedDaysAgo(days).status)).toEqual(['paused', 'paused', 'paused']);
});
