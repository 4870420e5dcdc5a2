/** What people are told of their next visit: by when, whether to come with an empty stomach, and a reminder of the day that was agreed on. */
import { expect, test } from 'vitest';
import { remindOfAgreedVisit, visitParameters } from '../../../domain/follow-up/invitations.ts';
import { standingOf } from '../../../domain/follow-up/standing.ts';
import type { FollowUpState, VisitPlan } from '../../../domain/follow-up/state.ts';
import { localDateOf, startOf } from '../../../domain/time/local-date.ts';
import { DAY_MS } from '../../../domain/time/shanghai.ts';
import { visitWithPressure } from '../../support/builders/follow-up.ts';
import { lifeOf } from '../../support/builders/follow-up-life.ts';

const planOf = ({ plan }: FollowUpState): VisitPlan => plan as VisitPlan;
const lastMinute = (date: string): number => startOf(date) + DAY_MS - 60_000;

test('an empty stomach is asked for where the visit examines what needs it, and nowhere else', () => {
  const asked = (name: string): boolean => {
    const state = lifeOf(name).state();
    return visitParameters(state, planOf(state)).fasting === true;
  };
  expect(['t2dm-2017', 'complications', 'elderly'].map(asked)).toEqual([true, true, true]);
  // The yearly check needs it too, and not again once it was made.
  const life = lifeOf('htn-2017');
  expect(visitParameters(life.state(), planOf(life.state()))).toMatchObject({ visit: 1, fasting: true });
  const after = life.visit('htn-2017', visitWithPressure(localDateOf(life.now() + DAY_MS), 126, 78, { annualExam: true }));
  const { dueOn, n } = planOf(after);
  expect(visitParameters(after, planOf(after))).toEqual({ visit: n, dueAt: lastMinute(dueOn) });
});

test('the day that was agreed on is what the person is told and reminded of; before a visit at home somebody calls', () => {
  const state = lifeOf('t2dm-2017').state();
  const plan = planOf(state);
  expect(remindOfAgreedVisit(state, 'step')).toEqual([]);
  const agreed: FollowUpState = { ...state, plan: { ...plan, agreedOn: plan.opensOn } };
  expect(visitParameters(agreed, planOf(agreed)).dueAt).toBe(lastMinute(plan.opensOn));
  expect(remindOfAgreedVisit(agreed, 'step')).toEqual([
    {
      step: 'step:reminder',
      template: 'follow-up-reminder',
      recipients: [{ to: 'patient', patientId: state.patientId }],
      parameters: { visit: plan.n, dueAt: lastMinute(plan.opensOn), fasting: true },
      remindsOf: startOf(plan.opensOn) + DAY_MS / 2,
    },
  ]);
  expect(remindOfAgreedVisit({ ...agreed, plan: { ...planOf(agreed), mode: 'home' } }, 'step')).toEqual([]);
});

test('a reminder of a day on which nobody is expected any more does not go', () => {
  const state = lifeOf('t2dm-2017').state();
  const plan = planOf(state);
  const agreed: FollowUpState = { ...state, plan: { ...plan, agreedOn: plan.opensOn } };
  const message = { audience: 'patient', template: 'follow-up-reminder', parameters: { dueAt: lastMinute(plan.opensOn) } } as const;
  expect(standingOf(agreed, message)).toMatchObject({ outdated: null, usefulUntil: lastMinute(plan.opensOn) });
  const moved: FollowUpState = { ...state, plan: { ...plan, agreedOn: plan.dueOn } };
  expect(standingOf(moved, message).outdated).toBe('already-done');
  expect(standingOf({ ...state, plan: null }, message).outdated).toBe('already-done');
});
