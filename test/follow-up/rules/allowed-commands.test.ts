/** What is shown as open to a centre and what the decider refuses are one rule: in each state of an enrolment, for every command. */
import { expect, test } from 'vitest';
import { allowedCommands, isEnrolmentCommand, refusalInState } from '../../../domain/follow-up/allowed-commands.ts';
import { followUp } from '../../../domain/follow-up/decider.ts';
import { followUpEvents } from '../../../domain/follow-up/events.ts';
import { addDays, startOf } from '../../../domain/time/local-date.ts';
import { monday, protocol, visitWithPressure } from '../../support/builders/follow-up.ts';
import { FollowUpCourse } from '../../support/builders/follow-up-course.ts';

const at = startOf(addDays(monday, 10)) + 36_000_000;

/** Inputs that nothing but the state could refuse. */
const inputs: Record<string, object> = {
  'record-visit': {
    visitId: 'v',
    visit: visitWithPressure(addDays(monday, 10), 128, 80),
    late: false,
    classOverride: null,
    referralId: 'r',
  },
  pause: { pauseReason: 'travel' },
  transfer: { toInstitutionId: 'inst-c02' },
  'change-package': { package: 'personalised' },
  'change-phase': { phase: protocol('htn-2017').phases[0]?.id },
  'change-tier': { tier: 'high' },
  'acknowledge-education': { lesson: 'salt' },
  'move-version': { protocol: protocol('htn-2017') },
};

const active = () => {
  const course = new FollowUpCourse();
  course.enrol('htn-2017');
  return course;
};

const states: [string, () => FollowUpCourse][] = [
  ['active', active],
  [
    'paused',
    () => {
      const course = active();
      course.ask('htn-2017', 'pause', addDays(monday, 1), { pauseReason: 'travel' });
      return course;
    },
  ],
  [
    'withdrawn',
    () => {
      const course = active();
      course.ask('htn-2017', 'withdraw', addDays(monday, 1));
      return course;
    },
  ],
];

test.each(states)('%s', (_, courseIn) => {
  const { state } = courseIn();
  const [enrolment] = state.enrolments;
  if (!enrolment) throw new Error('It has one enrolment.');
  const allowed = allowedCommands(state, enrolment, state.centreId);
  for (const name of followUpEvents.commands) {
    if (!isEnrolmentCommand(name)) continue;
    const actor = { personId: 'p', institutionId: state.centreId, role: 'gp' };
    const input = { enrolmentId: enrolment.id, ...inputs[name] };
    const verdict = followUp.decide(state, { kind: 'command', name, id: 'e', at, actor, input });
    const refusal = refusalInState(state, enrolment, name);
    if (refusal !== undefined) expect(verdict, name).toEqual({ ok: false, refusal: { code: refusal } });
    else expect(verdict.ok, `${name}: ${JSON.stringify(verdict.ok ? '' : verdict.refusal)}`).toBe(true);
    expect(allowed.includes(name), name).toBe(refusal === undefined);
  }
});

test('nothing is open to another institution, nor when the pathway is over', () => {
  const { state } = active();
  const [enrolment] = state.enrolments;
  if (!enrolment) throw new Error('It has one enrolment.');
  expect(allowedCommands(state, enrolment, 'inst-h1')).toEqual([]);
  expect(allowedCommands({ ...state, over: true }, enrolment, state.centreId)).toEqual([]);
});
