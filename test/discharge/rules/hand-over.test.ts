/** To whom an episode hands its patient on: once, on day 30 or when all is done before, and not after what ended otherwise. */
import { describe, expect, test } from 'vitest';
import { discharge } from '../../../domain/discharge/decider.ts';
import type { LaterStay } from '../../../domain/discharge/standing.ts';
import {
  centreActor,
  dischargedStanding,
  EpisodeLife,
  hospitalActor,
  planInput,
  shanghai,
  standingOf,
} from '../../support/builders/episodes.ts';

const toFollowUp = { ...planInput, handover: { to: 'follow-up', protocol: 'hypertension-2017' } };
const day30 = shanghai('2026-10-30 09:00');

/** Discharged on 30 September with a plan. */
function planned(plan: object = toFollowUp): EpisodeLife {
  const life = EpisodeLife.begun();
  life.command('educate', { understood: 'yes' }, shanghai('2026-09-22 10:00'), hospitalActor());
  life.standing(dischargedStanding(), shanghai('2026-09-30 10:05'));
  life.command('record-plan', plan, shanghai('2026-09-30 11:00'), hospitalActor());
  return life;
}

const handOversIn = (life: EpisodeLife) =>
  life.happened.flatMap(({ at, entries }) => entries.filter(({ event }) => event === 'handed-over').map(() => at));

const reachedOn = (life: EpisodeLife, text: string) =>
  life.command('record-contact', { channel: 'phone', outcome: 'reached', familyContacts: 0 }, shanghai(text));

describe('to a follow-up', () => {
  test('at nine on day 30, once', () => {
    const life = planned();
    reachedOn(life, '2026-10-02 10:00');
    expect(life.runUntil(day30 - 1).state.handedOver).toBeNull();
    expect(life.runUntil(day30).state.handedOver).toEqual({ to: 'follow-up', at: day30, discharge: 1, answer: 'asked', enrolmentId: null });
    life.runUntil(shanghai('2027-02-01 10:00'));
    expect([handOversIn(life), life.state.endReason]).toEqual([[day30], 'expired']);
  });

  test('when everything is done before, at that instant', () => {
    const life = planned();
    reachedOn(life, '2026-10-02 10:00');
    life.command('record-visit', { visitedAt: shanghai('2026-10-06 09:00'), mode: 'clinic' }, shanghai('2026-10-06 10:00'));
    life.command('reconcile', { medicines: 1, discrepancies: 0 }, shanghai('2026-10-06 11:00'), hospitalActor('pharmacist'));
    reachedOn(life, '2026-10-26 10:00');
    expect([life.state.endReason, life.state.handedOver?.at]).toEqual(['completed', shanghai('2026-10-26 10:00')]);
    expect(handOversIn(life.runUntil(shanghai('2027-02-01 10:00')))).toHaveLength(1);
  });

  test('without one in the plan, and after a death, nobody is handed over; nor is who is lost or has withdrawn', () => {
    const dead = planned();
    dead.fact('patient-died', {}, shanghai('2026-10-20 10:00'));
    const lost = planned();
    const tried: [string, string][] = [
      ['phone', '2026-10-01 10:00'],
      ['phone', '2026-10-01 15:00'],
      ['home', '2026-10-02 10:00'],
      ['community', '2026-10-03 10:00'],
      ['letter', '2026-10-04 10:00'],
    ];
    for (const [channel, at] of tried) lost.command('record-contact', { channel, outcome: 'no-answer', familyContacts: 0 }, shanghai(at));
    expect(lost.runUntil(shanghai('2026-10-20 10:00')).state.endReason).toBe('lost');
    const withdrawn = planned();
    withdrawn.command('withdraw', {}, shanghai('2026-10-20 10:00'));
    for (const life of [planned(planInput), dead, lost, withdrawn])
      expect(handOversIn(life.runUntil(shanghai('2027-02-01 10:00')))).toEqual([]);
  });

  const later: LaterStay = {
    episodeId: 'later',
    hospitalId: 'inst-h2',
    admittedAt: shanghai('2026-10-12 09:00'),
    planned: false,
    status: 'admitted',
  };

  test('in hospital again on day 30 it waits; when there was no admission after all it happens then, and after a discharge from there not at all', () => {
    const life = planned();
    reachedOn(life, '2026-10-02 10:00');
    life.fact('later-stay', { stay: later }, shanghai('2026-10-12 10:00'));
    expect(life.runUntil(shanghai('2026-11-02 12:00')).state.handedOver).toBeNull();
    life.fact('later-stay', { stay: null }, shanghai('2026-11-03 14:00'));
    life.runUntil(shanghai('2026-11-03 14:00'));
    expect(handOversIn(life)).toHaveLength(1);
    const readmitted = planned();
    readmitted.fact('later-stay', { stay: { ...later, status: 'discharged' } }, shanghai('2026-10-12 10:00'));
    expect(handOversIn(readmitted.runUntil(shanghai('2027-02-01 10:00')))).toEqual([]);
  });

  test('what is brought back after day 30 is handed over then, and what was done on the dates between is not done again', () => {
    const life = planned();
    reachedOn(life, '2026-10-02 10:00');
    life.command('withdraw', {}, shanghai('2026-10-29 10:00'));
    life.command('reopen', {}, shanghai('2026-11-03 10:00'));
    const before = life.happened.length;
    life.runUntil(shanghai('2026-11-03 10:01'));
    expect([handOversIn(life).length, life.happened.length - before, life.state.actedOn]).toEqual([1, 2, '2026-11-03']);
  });

  test('somebody who is enrolled already is noted', () => {
    const life = planned();
    life.command('record-contact', { channel: 'phone', outcome: 'reached', familyContacts: 0 }, shanghai('2026-10-02 10:00'));
    life.fact('hand-over-refused', { enrolmentId: 'e1', code: 'already-enrolled' }, day30 + 1_000);
    expect(life.state.handedOver).toMatchObject({ answer: 'enrolled-already', enrolmentId: 'e1' });
    expect(life.tasks.some((task) => task.startsWith('enrol-resident'))).toBe(false);
  });

  test('a refusal that is heard while the patient is in hospital again is still the doctor’s afterwards', () => {
    const life = planned();
    reachedOn(life, '2026-10-02 10:00');
    life.runUntil(day30);
    life.fact('later-stay', { stay: later }, day30 + 1_000);
    life.fact('hand-over-refused', { enrolmentId: null, code: 'patient-mismatch' }, day30 + 2_000);
    life.fact('later-stay', { stay: null }, day30 + 3_000);
    expect(life.tasks).toContain('enrol-resident inst-c01');
  });

  test('where the follow-up refuses, the doctor of the centre has three working days, though the episode has ended; a note finishes it', () => {
    const life = planned();
    reachedOn(life, '2026-10-02 10:00');
    life.command('record-visit', { visitedAt: shanghai('2026-10-06 09:00'), mode: 'clinic' }, shanghai('2026-10-06 10:00'));
    life.command('reconcile', { medicines: 1, discrepancies: 0 }, shanghai('2026-10-06 11:00'), hospitalActor('pharmacist'));
    reachedOn(life, '2026-10-26 10:00');
    const refused = () => life.fact('hand-over-refused', { enrolmentId: null, code: 'patient-mismatch' }, shanghai('2026-10-26 10:01'));
    refused();
    refused();
    expect(life.tasks).toEqual(['enrol-resident inst-c01']);
    // Nobody has done it after the settling time: it stays.
    life.runUntil(shanghai('2026-11-20 10:00'));
    const [task] = discharge.tasks(life.state);
    expect([life.state.over, task?.role, task?.clock.budgetMs]).toEqual([
      false,
      'gp',
      shanghai('2026-10-30 00:00') - shanghai('2026-10-26 10:01'),
    ]);
    life.command('finish-task', { taskId: task?.id }, shanghai('2026-11-20 11:00'), centreActor('gp'));
    expect(life.tasks).toEqual([]);
    expect(life.tryCommand('finish-task', { taskId: task?.id }, shanghai('2026-11-20 11:01'), centreActor('gp'))).toMatchObject({
      code: 'transition-not-allowed',
    });
    expect(life.runUntil(shanghai('2026-11-28 10:00')).state.over).toBe(true);
  });

  test('only a task of which a note is owed is finished by one', () => {
    const life = EpisodeLife.begun({ standing: standingOf() });
    const [briefing] = discharge.tasks(life.state);
    expect(life.tryCommand('finish-task', { taskId: briefing?.id }, shanghai('2026-09-21 15:00'))).toMatchObject({
      code: 'transition-not-allowed',
    });
  });
});

describe('to the centre by a down referral', () => {
  const toCentre = { ...planInput, handover: { to: 'down-referral' } };

  test('when the plan is active: with the discharge, or with the plan that comes after it; once', () => {
    const draft = EpisodeLife.begun();
    draft.command('record-plan', toCentre, shanghai('2026-09-29 10:00'), hospitalActor());
    expect(draft.state.handedOver).toBeNull();
    draft.standing(dischargedStanding(), shanghai('2026-09-30 10:05'));
    expect(draft.state.handedOver).toMatchObject({ to: 'down-referral', at: shanghai('2026-09-30 10:05'), discharge: 1 });
    const { entries } = draft.last;
    expect(entries.find(({ event }) => event === 'handed-over')?.because).toMatchObject([
      { evidence: { nextVisitOn: draft.duty('visit')?.dueOn, to: 'down-referral' } },
    ]);
    const late = planned(toCentre);
    expect(late.state.handedOver?.at).toBe(shanghai('2026-09-30 11:00'));
    for (const life of [draft, late]) expect(handOversIn(life.runUntil(shanghai('2027-02-01 10:00')))).toHaveLength(1);
  });

  test('a discharge that was taken back is handed over anew with the next one', () => {
    const life = planned(toCentre);
    life.standing(standingOf(), shanghai('2026-09-30 12:00'));
    expect(life.state.handedOver).toBeNull();
    life.standing(dischargedStanding({ dischargedAt: shanghai('2026-10-02 10:00') }), shanghai('2026-10-02 10:05'));
    expect(life.state.handedOver).toMatchObject({ discharge: 2 });
    expect(handOversIn(life)).toHaveLength(2);
  });
});
