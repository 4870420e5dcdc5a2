/** Nobody is lost in silence: a visit at home, the community committee, and a doctor who says why; whoever turns up goes on. */
import { expect, test } from 'vitest';
import { followUp } from '../../../domain/follow-up/decider.ts';
import { findBrokenInvariant } from '../../../domain/follow-up/simulated-life.ts';
import type { FollowUpState } from '../../../domain/follow-up/state.ts';
import { addDays, localDateOf } from '../../../domain/time/local-date.ts';
import { DAY_MS } from '../../../domain/time/shanghai.ts';
import { visitWithPressure } from '../../support/builders/follow-up.ts';
import { gp } from '../../support/builders/follow-up-course.ts';
import { lifeOf } from '../../support/builders/follow-up-life.ts';

const nurse = { ...gp, personId: 'person-nurse', role: 'nurse' };

/** Two windows have passed without a visit. */
function missing(...names: string[]) {
  const life = lifeOf(...names);
  life.until('expired');
  life.until('expired');
  return life;
}

const taskNames = (state: FollowUpState) => followUp.tasks(state).map(({ name, role }) => [name, role]);
type Life = ReturnType<typeof missing>;
const report = (life: Life, outcome: string, over: object = {}) =>
  life.command('report-search', { enrolmentId: life.state().enrolments[0]?.id, outcome, ...over });

test('who does not come for two windows is looked for at home, then through the committee, and is lost when a doctor says why', () => {
  const life = missing('htn-2017');
  expect(life.state()).toMatchObject({ plan: null, endedAt: null, search: { stage: 'home-visit', why: 'missed-windows' } });
  expect(taskNames(life.state())).toEqual([['find-at-home', 'nurse']]);
  report(life, 'not-found');
  expect(taskNames(life.state())).toEqual([['ask-community', 'nurse']]);
  report(life, 'not-found');
  expect(taskNames(life.state())).toEqual([['confirm-lost', 'gp']]);
  report(life, 'moved');
  expect(life.enrolment('htn-2017')).toMatchObject({ status: 'ended', endReason: 'lost', lostReason: 'moved' });
  expect(life.state()).toMatchObject({ search: null, plan: null, endedAt: expect.any(Number) });
  expect(followUp.tasks(life.state())).toEqual([]);
});

test('what is learnt at the door goes straight to the doctor, who alone says that somebody is lost', () => {
  const life = missing('htn-2017');
  report(life, 'refused');
  expect(life.state().search).toMatchObject({ stage: 'decision', learned: 'refused' });
  const input = { enrolmentId: 'htn-2017', outcome: 'refused' };
  const byNurse = followUp.decide(life.state(), { kind: 'command', name: 'report-search', id: 'x', at: life.now(), actor: nurse, input });
  expect(byNurse).toEqual({ ok: false, refusal: { code: 'role-may-not' } });
  report(life, 'refused');
  expect(life.enrolment('htn-2017').lostReason).toBe('refused');
});

test('a report on a step that somebody else has reported on changes nothing', () => {
  const life = missing('htn-2017');
  const step = life.state().search?.clock.id;
  report(life, 'not-found', { step });
  expect(() => report(life, 'not-found', { step })).toThrow('transition-not-allowed');
  expect(life.state().search?.stage).toBe('community');
});

test('while nobody does anything somebody is called again and again, and nobody is lost', () => {
  const life = missing('htn-2017');
  life.forwardTo(life.now() + 60 * DAY_MS);
  expect(life.state().search).toMatchObject({ stage: 'home-visit', calls: 8 });
  expect(life.enrolment('htn-2017').status).toBe('active');
  const called = life.steps().filter(({ event }) => event.name === 'search-overdue');
  expect(new Set(called.map(({ event }) => event.id)).size).toBe(8);
});

test('whoever is found, or comes by themselves, is asked to come soon for everything', () => {
  for (const turnUp of [
    (life: Life) => report(life, 'found'),
    (life: Life) => life.visit('htn-2017', { ...visitWithPressure(localDateOf(life.now()), 128, 80), visitedAt: life.now() + DAY_MS }),
    (life: Life) => life.fact('patient-moved', { homeInstitutionId: 'inst-c02' }),
  ]) {
    const life = missing('htn-2017', 't2dm-2017');
    turnUp(life);
    expect(life.state().search).toBeNull();
    const other = life.enrolment('t2dm-2017');
    expect(other.missed).toBe(0);
    expect((other.next?.dueOn ?? '') <= addDays(localDateOf(life.now()), 14)).toBe(true);
    expect(life.state().plan?.stage).toBe('planned');
  }
});

test('a message that could not be brought to somebody by any way begins the search, once', () => {
  const life = lifeOf('htn-2017');
  life.until('window-open');
  life.fact('resident-not-reached', { template: 'follow-up-open', learned: null });
  expect(life.state()).toMatchObject({ plan: null, search: { stage: 'home-visit', why: 'not-reached' } });
  const { search } = life.state();
  life.fact('resident-not-reached', { template: 'follow-up-measure', learned: null });
  expect(life.state().search).toEqual(search);
});

test('nobody is looked for who is in hospital or has died; a death that is taken back lets the search go on', () => {
  const inHospital = missing('htn-2017');
  inHospital.fact('patient-admitted', {});
  expect(inHospital.state()).toMatchObject({ search: null, plan: null });
  expect(inHospital.enrolment('htn-2017').status).toBe('paused');

  const life = missing('htn-2017');
  const { search } = life.state();
  life.fact('patient-died', {});
  expect(life.state().search).toBeNull();
  life.fact('death-retracted', {});
  expect(life.state().search).toEqual(search);
});

test('a search without a task is noticed', () => {
  const life = missing('htn-2017');
  expect(findBrokenInvariant({ ...life.state(), search: null })).toContain('do not agree');
});

test('what older code has decided keeps its meaning: a state without a search has none, and who it has ended stays ended', () => {
  const { search: _, ...older } = lifeOf('htn-2017').state();
  const stored: FollowUpState = { ...followUp.initial, ...older };
  expect(stored.search).toBeNull();
  expect(followUp.obligations(stored)).toEqual(followUp.obligations(lifeOf('htn-2017').state()));
});
