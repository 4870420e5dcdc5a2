/** Back from hospital: who was paused for the admission goes on, soon, never later than the protocol asks, and is not asked twice. */
import { describe, expect, test } from 'vitest';
import { addDays, localDateOf } from '../../../domain/time/local-date.ts';
import { enrolmentIn, type Life, newLife } from '../../support/builders/follow-up-state.ts';

const HOURS_72 = 72 * 3_600;
const accepted = (life: Life, over: object = {}) =>
  life.fact('down-referral-accepted', {
    referralId: 'r1',
    institutionId: 'inst-c01',
    firstFollowUpWithinSeconds: HOURS_72,
    nextVisitOn: null,
    ...over,
  });
const today = (life: Life, days = 0) => addDays(localDateOf(life.now), days);

/** Seen on Monday, asked for again in three months; in hospital ten days later. */
function admitted(): Life {
  const life = newLife();
  life.enrol('e1', 'htn-2017');
  life.visit('e1', 128);
  life.days(10);
  life.fact('patient-admitted', { institutionId: 'inst-h1' });
  life.days(4);
  return life;
}

describe('paused for the admission', () => {
  test.each([
    ['no date named: within the agreed 14 days', null, 14],
    ['a date of the plan', 24, 24],
    ['a date of the plan that has passed: the agreed days', -1, 14],
    ['a date after the one that the protocol asks for: the protocol’s', 300, 'protocol'],
  ] as const)('%s', (_, inDays, expected) => {
    const life = admitted();
    const asked = today(life, 0);
    const protocolDate = '2026-06-02';
    const { entries } = accepted(life, { nextVisitOn: inDays === null ? null : today(life, inDays) });
    const { status, pause, next } = enrolmentIn(life, 'e1');
    expect([status, pause]).toEqual(['active', null]);
    expect(next?.dueOn).toBe(expected === 'protocol' ? protocolDate : addDays(asked, expected));
    expect(next?.opensOn, 'until then the first follow-up is what is asked for').toBe(today(life, 4));
    expect(life.state.plan).toMatchObject({ dueOn: next?.dueOn, stage: 'planned' });
    expect(entries[0]?.because[0]?.evidence).toMatchObject({ referralId: 'r1', resumed: 'e1', dueOn: next?.dueOn });
  });

  test('the protocol’s date has passed meanwhile: within the agreed days, and nothing counts as missed', () => {
    const life = admitted();
    life.days(120);
    accepted(life, { nextVisitOn: today(life, 60) });
    expect(enrolmentIn(life, 'e1')).toMatchObject({ missed: 0, next: { dueOn: expect.stringMatching(/^2026-07/) } });
    expect((enrolmentIn(life, 'e1').next?.dueOn ?? '') <= today(life, 14)).toBe(true);
  });
});

test('active: what was planned comes no later; what has been asked for stays; a pause for another reason lasts', () => {
  const life = newLife();
  life.enrol('e1', 'htn-2017');
  life.visit('e1', 128);
  life.enrol('e2', 't2dm-2017');
  life.command('pause', { enrolmentId: 'e2', pauseReason: 'travel' });
  life.days(10);
  accepted(life);
  expect(enrolmentIn(life, 'e1').next?.dueOn).toBe(today(life, 14));
  expect(enrolmentIn(life, 'e2')).toMatchObject({ status: 'paused', pause: { reason: 'travel' } });
  life.days(5);
  expect(life.state.plan?.stage).toBe('open');
  const { plan } = life.state;
  accepted(life, { nextVisitOn: today(life, 30) });
  expect(life.state.plan).toEqual(plan);
});

test('the centre that received runs it, and is told', () => {
  const life = admitted();
  const { messages } = accepted(life, { institutionId: 'inst-c02' });
  expect(life.state).toMatchObject({ centreId: 'inst-c02', formerCentreIds: ['inst-c01'] });
  expect(messages.map(({ template }) => template)).toEqual(['follow-up-transferred']);
});

test('a follow-up that has ended stays ended: noted', () => {
  const life = newLife();
  life.enrol('e1', 'htn-2017');
  life.command('withdraw', { enrolmentId: 'e1' });
  const { set, entries } = accepted(life);
  expect([set, entries[0]?.because[0]?.clause]).toEqual([{}, 'noted']);
});
