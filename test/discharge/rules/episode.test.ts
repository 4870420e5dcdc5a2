/** An episode from the admission to its end, on the decider: what is owed when and by whom, what closes it, and what a corrected stay does to it. */
import { describe, expect, test } from 'vitest';
import { discharge } from '../../../domain/discharge/decider.ts';
import {
  centreActor,
  dischargedStanding,
  EpisodeLife,
  hospitalActor,
  planInput,
  shanghai,
  standingOf,
} from '../../support/builders/episodes.ts';

const discharged = () => {
  const life = EpisodeLife.begun();
  life.standing(dischargedStanding(), shanghai('2026-09-30 10:05'));
  return life;
};
const contact = { channel: 'phone', outcome: 'reached', familyContacts: 0 };

describe('the plain way', () => {
  test('from the admission through plan, contact, visit and reconciliation to the closing contact: completed, and over seven days later', () => {
    const life = EpisodeLife.begun();
    expect([life.state.status, life.last.messages.map(({ template }) => template)]).toEqual(['admitted', ['discharge-notice']]);
    life.command('educate', { understood: 'yes' }, shanghai('2026-09-29 10:05'), hospitalActor());
    life.standing(dischargedStanding(), shanghai('2026-09-30 10:05'));
    expect(life.tasks).toContain('record-plan inst-h1');
    life.command('record-plan', planInput, shanghai('2026-09-30 15:00'), hospitalActor());
    life.command('record-contact', contact, shanghai('2026-10-02 10:00'), hospitalActor());
    life.command(
      'record-visit',
      { visitedAt: shanghai('2026-10-06 09:30'), mode: 'clinic' },
      shanghai('2026-10-06 10:00'),
      centreActor('gp'),
    );
    life.command('reconcile', { medicines: 4, discrepancies: 0 }, shanghai('2026-10-07 10:00'), hospitalActor('pharmacist'));
    expect(life.state.duties.map(({ duty, state, late }) => [duty, state, late])).toEqual([
      ['plan', 'done', false],
      ['contact', 'done', false],
      ['visit', 'done', false],
      ['reconciliation', 'done', false],
      ['closing-contact', 'waiting', false],
    ]);
    life.command('record-contact', contact, shanghai('2026-10-26 10:00'));
    expect([life.state.status, life.state.endReason, life.tasks]).toEqual(['ended', 'completed', []]);
    life.runUntil(shanghai('2026-11-02 10:00'));
    expect(discharge.ended(life.state)).toBe(true);
  });

  test('commands belong to their side, and what a state does not allow is refused with what it does', () => {
    const life = discharged();
    const at = shanghai('2026-09-30 12:00');
    expect(life.tryCommand('record-plan', planInput, at)).toMatchObject({ code: 'transition-not-allowed', state: 'discharged' });
    expect(life.tryCommand('reconcile', { medicines: 1, discrepancies: 0 }, at)).toMatchObject({ code: 'transition-not-allowed' });
    expect(life.tryCommand('record-contact', { ...contact, patientId: 'p2' }, at)).toMatchObject({ code: 'patient-mismatch' });
    life.command('record-plan', planInput, at, hospitalActor());
    expect(life.tryCommand('record-plan', planInput, at, hospitalActor())).toMatchObject({ code: 'plan-active' });
    expect(EpisodeLife.begun().tryCommand('record-contact', contact, at)).toMatchObject({
      code: 'transition-not-allowed',
      state: 'admitted',
      allowed: ['add-order', 'change-order', 'set-risk'],
    });
  });
});

describe('what is late', () => {
  test('a plan is called for at 50, 80 and 100 % of its 24 hours: the owner, the head, the office', () => {
    const life = discharged();
    const from = life.happened.length;
    life.runUntil(shanghai('2026-10-01 10:00'));
    const rungs = life.happened.slice(from).filter(({ name }) => name === 'rung');
    expect(rungs.map(({ at, messages }) => [new Date(at).toISOString(), messages[0]?.template, messages[0]?.recipients[0]?.to])).toEqual([
      ['2026-09-30T14:00:00.000Z', 'rung-50', 'owner'],
      ['2026-09-30T21:12:00.000Z', 'rung-80', 'role'],
      ['2026-10-01T02:00:00.000Z', 'rung-100', 'office'],
    ]);
    expect(life.duty('plan')?.state).toBe('overdue');
  });

  test('dates act at nine, all of one date in one decision, and the overdue climb to the head and the office', () => {
    const life = discharged();
    life.runUntil(shanghai('2026-11-05 10:00'));
    const days = life.happened.filter(({ name }) => name === 'day');
    expect(new Set(days.map(({ at }) => new Date(at).toISOString().slice(10)))).toEqual(new Set(['T01:00:00.000Z']));
    expect(new Set(days.map(({ at }) => at)).size).toBe(days.length);
    expect(life.duty('visit')?.state).toBe('missed');
    expect(life.duty('reconciliation')?.state).toBe('missed');
    const contactCalls = days.flatMap(({ entries }) => entries.flatMap(({ because }) => because.map(({ clause }) => clause)));
    expect(contactCalls.filter((clause) => clause.startsWith('contact/'))).toEqual(['contact/owner', 'contact/head', 'contact/office']);
  });

  test('an episode that nobody has dealt with expires 90 days after the discharge', () => {
    const life = discharged().runUntil(shanghai('2026-12-29 09:00'));
    expect([life.state.status, life.state.endReason, life.last.at]).toEqual(['ended', 'expired', shanghai('2026-12-29 09:00')]);
  });
});

describe('the ladder', () => {
  const noAnswer = { channel: 'phone', outcome: 'no-answer', familyContacts: 1 };
  test('two calls four hours apart, the family, the home, the community, a letter: lost 14 days later', () => {
    const life = discharged();
    life.command('record-contact', noAnswer, shanghai('2026-10-01 10:00'));
    life.command('record-contact', noAnswer, shanghai('2026-10-01 12:00'));
    expect(life.state.ladder.rung).toBe(1);
    life.command('record-contact', noAnswer, shanghai('2026-10-01 15:00'));
    expect(life.state.ladder).toMatchObject({ rung: 2, dueOn: '2026-10-02' });
    life.command('record-contact', { ...noAnswer, channel: 'second-phone', contact: 0 }, shanghai('2026-10-02 10:00'));
    expect([life.state.ladder.rung, life.tasks]).toEqual([3, expect.arrayContaining(['home-visit inst-c01'])]);
    life.command('record-contact', { ...noAnswer, channel: 'home' }, shanghai('2026-10-09 10:00'));
    life.command('record-contact', { ...noAnswer, channel: 'community' }, shanghai('2026-10-12 10:00'));
    life.command('record-contact', { ...noAnswer, channel: 'letter' }, shanghai('2026-10-13 10:00'));
    expect(life.state.ladder.lostOn).toBe('2026-10-27');
    life.runUntil(shanghai('2026-10-27 09:00'));
    expect([life.state.endReason, life.duty('contact')?.state]).toEqual(['lost', 'lost']);
  });

  test('a call at night or soon after another is noted and does not count; an attempt ahead counts for its own rung', () => {
    const life = discharged();
    life.command('record-contact', { ...noAnswer, familyContacts: 0 }, shanghai('2026-10-01 21:30'));
    life.command('record-contact', { ...noAnswer, channel: 'home', familyContacts: 0 }, shanghai('2026-10-02 09:00'));
    life.command('record-contact', { ...noAnswer, familyContacts: 0 }, shanghai('2026-10-02 10:00'));
    expect([life.state.ladder.rung, life.state.attempts.map(({ counted }) => counted)]).toEqual([1, [false, true, true]]);
    life.command('record-contact', { ...noAnswer, familyContacts: 0 }, shanghai('2026-10-02 14:00'));
    expect(life.state.ladder.rung).toBe(4);
  });

  test('without a number the family is called at once; the next way is due from the last try, whenever it is recorded', () => {
    const life = discharged();
    const family = { ...noAnswer, hasNumber: false, channel: 'second-phone', contact: 0 };
    life.command('record-contact', { ...family, doneAt: shanghai('2026-10-08 10:00') }, shanghai('2026-10-09 10:00'));
    expect(life.state.ladder).toMatchObject({ rung: 3, dueOn: '2026-10-10' });
  });

  test('somebody who puts it off three times counts as not reached once, by day', () => {
    const life = discharged();
    const later = (text: string) => life.command('record-contact', { ...noAnswer, outcome: 'call-later' }, shanghai(text));
    for (const text of ['2026-10-01 10:00', '2026-10-02 10:00', '2026-10-02 22:00']) later(text);
    life.command('record-contact', noAnswer, shanghai('2026-10-03 10:00'));
    expect(life.state.ladder.rung).toBe(1);
    later('2026-10-03 15:00');
    expect(life.state.ladder.rung).toBe(2);
  });

  test('news that the patient has moved or died is not a try in vain', () => {
    const life = discharged();
    life.command('record-contact', { ...noAnswer, outcome: 'dead' }, shanghai('2026-10-01 10:00'));
    life.command('record-contact', { ...noAnswer, channel: 'second-phone', contact: 0, outcome: 'moved' }, shanghai('2026-10-01 11:00'));
    life.command('record-contact', { ...noAnswer, channel: 'home', outcome: 'moved' }, shanghai('2026-10-01 12:00'));
    life.fact('move-answered', { confirmed: false }, shanghai('2026-10-01 13:00'));
    life.command('record-contact', noAnswer, shanghai('2026-10-01 13:30'));
    life.fact('death-refuted', {}, shanghai('2026-10-01 14:00'));
    life.command('record-contact', noAnswer, shanghai('2026-10-01 15:00'));
    life.command('record-contact', noAnswer, shanghai('2026-10-02 10:00'));
    expect(life.state.ladder.rung).toBe(2);
    life.command('record-contact', { ...noAnswer, channel: 'second-phone', contact: 0 }, shanghai('2026-10-02 15:00'));
    expect(life.state.ladder.rung).toBe(3);
  });

  test('a visit is a sign of life', () => {
    const life = discharged();
    life.command('record-visit', { visitedAt: shanghai('2026-10-05 09:30'), mode: 'clinic' }, shanghai('2026-10-05 10:00'));
    expect([life.duty('contact'), life.state.ladder.rung]).toEqual([expect.objectContaining({ state: 'done' }), null]);
  });
});

describe('in the stay', () => {
  const at = shanghai('2026-09-25 10:00');
  test('a briefing is called for at half its time, at 80 % and at its end; told late, it is done', () => {
    const life = EpisodeLife.begun({ standing: standingOf() }, shanghai('2026-09-21 14:05')).runUntil(at);
    const rungs = life.happened.filter(({ name }) => name === 'rung');
    expect(rungs.map(({ at: rungAt }) => new Date(rungAt + 8 * 3_600_000).toISOString().slice(5, 16))).toEqual([
      '09-22T14:00',
      '09-23T04:24',
      '09-23T14:00',
    ]);
    life.command('brief', { expectedDays: 9 }, at, hospitalActor('specialist'));
    expect(life.state.inStay.find(({ duty }) => duty === 'briefing')).toMatchObject({ state: 'done', doneAt: at });
    expect(life.tasks).toEqual(['educate inst-h1']);
  });

  test('a result is told within a day; untold at the discharge it is a pending result, and teaching that was not understood an order', () => {
    const life = EpisodeLife.begun();
    life.fact('result-reported', { number: 'L-7', orderId: 'r-L-7', abnormal: false, critical: false }, at);
    life.fact('result-reported', { number: 'L-8', orderId: 'r-L-8', abnormal: true, critical: false }, at);
    expect(life.tryCommand('tell-results', { numbers: ['L-9'] }, at, hospitalActor('specialist'))).toMatchObject({ code: 'not-found' });
    life.command('tell-results', { numbers: ['L-7'] }, at + 60_000, hospitalActor('specialist'));
    life.command('educate', { understood: 'partly' }, at + 60_000, hospitalActor());
    life.standing(dischargedStanding(), shanghai('2026-09-30 10:05'));
    expect(life.state.inStay.map(({ duty, state }) => [duty, state])).toEqual([
      ['briefing', 'missed'],
      ['results', 'missed'],
      ['education', 'missed'],
    ]);
    expect(life.state.orders.map(({ given, status }) => [given.kind, given.number, status])).toEqual([
      ['pending-result', 'L-8', 'open'],
      ['education', undefined, 'waiting'],
    ]);
    const untold = life.state.orders[0]?.id;
    life.command('tell-result', { orderId: untold }, shanghai('2026-09-30 11:00'), hospitalActor('specialist'));
    expect(life.state.orders[0]).toMatchObject({ status: 'closed', outcome: 'done' });
    life.fact('result-reported', { number: 'L-9', orderId: 'r-L-9', abnormal: true, critical: true }, shanghai('2026-10-01 11:00'));
    expect([life.state.orders.length, life.state.triages.map(({ level }) => level)]).toEqual([3, ['emergency']]);
  });
});

describe('the stay', () => {
  test('a discharge that is taken back leaves nothing owed and the plan a draft; the next one dates all anew', () => {
    const life = discharged();
    life.command('record-plan', planInput, shanghai('2026-09-30 11:00'), hospitalActor());
    life.runUntil(shanghai('2026-10-01 09:00'));
    life.standing(standingOf(), shanghai('2026-10-01 14:00'));
    expect([life.state.status, life.tasks, life.state.duties, life.state.plan !== null]).toEqual([
      'admitted',
      ['briefing inst-h1', 'educate inst-h1'],
      [],
      true,
    ]);
    expect(life.last.messages.map(({ template }) => template)).toEqual(['discharge-cancelled']);
    life.standing(dischargedStanding({ dischargedAt: shanghai('2026-10-09 10:00') }), shanghai('2026-10-09 10:05'));
    expect([life.duty('plan')?.state, life.duty('visit')?.opensOn]).toEqual(['done', '2026-10-10']);
  });

  test('a date that the patient was told is corrected once when the discharge was another day', () => {
    const life = discharged().runUntil(shanghai('2026-10-01 09:00'));
    life.standing(dischargedStanding({ dischargedAt: shanghai('2026-09-29 10:00') }), shanghai('2026-10-01 10:00'));
    expect(life.last.messages.map(({ template }) => template)).toEqual(['dates-changed']);
    life.standing(dischargedStanding({ dischargedAt: shanghai('2026-09-29 11:00') }), shanghai('2026-10-01 11:00'));
    expect(life.last.messages).toEqual([]);
  });

  test('an older standing changes nothing', () => {
    const life = discharged();
    const before = life.state;
    life.standing(standingOf(), shanghai('2026-09-30 12:00'), 1);
    expect(life.state).toEqual(before);
  });

  test('a stay that is cancelled ends; told first as cancelled, nobody hears of it; the next admission brings it back', () => {
    const told = EpisodeLife.begun({ standing: standingOf({ status: 'cancelled' }) });
    expect([told.state.endReason, told.last.messages, told.tasks]).toEqual(['cancelled', [], []]);
    told.standing(standingOf(), shanghai('2026-09-22 10:00'));
    expect([told.state.status, told.state.endReason]).toEqual(['admitted', null]);
  });

  test.each([
    ['told as a fact', (life: EpisodeLife) => life.fact('patient-died', {}, shanghai('2026-10-05 10:00'))],
    ['told by the stay', (life: EpisodeLife) => life.standing(dischargedStanding({ disposition: 'died' }), shanghai('2026-10-05 10:00'))],
  ])('a death, %s, ends what is owed at once and for good', (_, die) => {
    const life = discharged();
    die(life);
    expect([life.state.endReason, life.tasks, discharge.tasks(life.state)]).toEqual(['died', [], []]);
    life.standing(standingOf(), shanghai('2026-10-06 10:00'));
    expect(life.state.endReason).toBe('died');
    expect(life.tryCommand('record-contact', contact, shanghai('2026-10-06 11:00'))).toMatchObject({ code: 'patient-died' });
  });

  test('a death that was wrong leaves everything where it stood; what is past by now acts at once', () => {
    const life = discharged();
    life.command('record-plan', planInput, shanghai('2026-09-30 11:00'), hospitalActor());
    life.runUntil(shanghai('2026-10-01 10:00'));
    const before = life.state;
    life.fact('patient-died', {}, shanghai('2026-10-01 11:00'));
    life.fact('death-retracted', {}, shanghai('2026-10-01 12:00'));
    expect({ ...life.state, actedOn: before.actedOn }).toEqual(before);
    life.fact('patient-died', {}, shanghai('2026-10-02 11:00'));
    life.runUntil(shanghai('2026-10-08 11:00'));
    life.fact('death-retracted', {}, shanghai('2026-10-08 12:00'));
    life.runUntil(shanghai('2026-10-08 12:01'));
    expect([life.state.status, life.duty('contact')?.state, life.duty('visit')?.state]).toEqual(['discharged', 'overdue', 'open']);
  });

  test('what was told of the stay while the patient was thought dead holds when they come back', () => {
    const life = EpisodeLife.begun();
    life.fact('patient-died', {}, shanghai('2026-09-25 10:00'));
    life.standing(dischargedStanding(), shanghai('2026-09-30 10:05'));
    expect([life.state.endReason, life.tasks]).toEqual(['died', []]);
    life.fact('death-retracted', {}, shanghai('2026-09-30 12:00'));
    expect([life.state.status, life.tasks]).toEqual(['discharged', expect.arrayContaining(['record-plan inst-h1'])]);
    const dead = EpisodeLife.begun();
    dead.standing(dischargedStanding({ disposition: 'died' }), shanghai('2026-09-30 10:05'));
    dead.fact('death-retracted', {}, shanghai('2026-09-30 12:00'));
    expect(dead.state.endReason).toBe('died');
  });

  test('a merger gives the episode to the survivor, and one that was wrong gives it back', () => {
    const life = discharged();
    const { patientId } = life.state;
    life.fact('patients-merged', { survivorPatientId: 'p-survivor' }, shanghai('2026-10-01 10:00'));
    expect(life.state.patientId).toBe('p-survivor');
    life.fact('merger-retracted', { patientId }, shanghai('2026-10-02 10:00'));
    expect(life.state.patientId).toBe(patientId);
  });

  test('a death also ends what has outlived an episode', () => {
    const life = discharged();
    const pending = { id: 'order-1', given: { kind: 'pending-result', title: '', number: 'L-1', expectedOn: '2026-10-20' } };
    life.command('record-plan', { ...planInput, orders: [pending] }, shanghai('2026-09-30 11:00'), hospitalActor());
    life.command('withdraw', {}, shanghai('2026-10-01 11:00'), centreActor('gp'));
    expect([life.state.endReason, life.state.orders[0]?.status]).toEqual(['withdrawn', 'open']);
    life.fact('patient-died', {}, shanghai('2026-10-02 10:00'));
    expect([life.state.orders[0]?.outcome, life.tasks]).toEqual(['died', []]);
  });

  test('a resident who has moved is the new centre’s, and the ladder keeps its rung', () => {
    const life = discharged().runUntil(shanghai('2026-09-30 12:00'));
    life.command('record-contact', { channel: 'phone', outcome: 'wrong-number', familyContacts: 1 }, shanghai('2026-10-08 12:00'));
    life.fact('patient-moved', { homeInstitutionId: 'inst-c02' }, shanghai('2026-10-08 13:00'));
    expect([life.state.ladder.rung, life.tasks]).toEqual([2, expect.arrayContaining(['post-discharge-visit inst-c02'])]);
  });
});
