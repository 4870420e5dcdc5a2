/** The orders of an episode, on the decider: dated with the discharge, asked for on their days, reported, spoken about, and what is left of them at the end. */
import { describe, expect, test } from 'vitest';
import { discharge } from '../../../domain/discharge/decider.ts';
import type { GivenOrder } from '../../../domain/discharge/order.ts';
import {
  centreActor,
  dischargedStanding,
  EpisodeLife,
  hospitalActor,
  planInput,
  shanghai,
  standingOf,
} from '../../support/builders/episodes.ts';

const medicine = (over: Partial<GivenOrder['medicine']> = {}): GivenOrder => ({
  kind: 'medicine',
  title: '',
  medicine: { dose: '1片qd', quantity: { value: 14, unit: '片' }, longTerm: true, ...over },
});
const items = ['revisit-week-1', 'revisit-week-6', 'potassium-week-1', 'potassium-week-4', 'daily-weight', 'rehabilitation'];
const plan = {
  ...planInput,
  template: 'heart-failure',
  without: ['revisit-week-2', 'revisit-week-3'],
  riskInputs: {
    hemoglobinGPerL: 115,
    sodiumMmolPerL: 133,
    oncologyService: false,
    cancer: false,
    procedure: false,
    comorbidities: ['heart-failure', 'diabetes'],
    emergencyVisits6Months: 1,
    admissions12Months: 1,
  },
  itemIds: Object.fromEntries(items.map((item) => [item, item])),
  orders: [
    { id: 'o1', given: medicine() },
    { id: 'o2', given: medicine({ dose: '1片bid', quantity: { value: 28, unit: '片' } }) },
    { id: 'o3', given: medicine({ dose: '2.5mg qd', strength: { value: 5, unit: 'mg', per: '片' } }) },
    { id: 'o4', given: medicine({ quantity: { value: 7, unit: '片' } }) },
    { id: 'o9', given: { kind: 'pending-result', title: '', number: 'L-1', expectedOn: '2026-10-05' } },
  ],
};

/** The worked example: the plan is a draft in the stay and active with the discharge. */
function heartFailure(): EpisodeLife {
  const life = EpisodeLife.begun();
  life.command('record-plan', plan, shanghai('2026-09-29 10:00'), hospitalActor());
  expect([life.state.orders.length, life.tasks]).toEqual([5, ['briefing inst-h1', 'educate inst-h1']]);
  life.standing(dischargedStanding(), shanghai('2026-09-30 10:00'));
  return life;
}
const order = (life: EpisodeLife, id: string) => life.state.orders.find((one) => one.id === id);
const clauses = (life: EpisodeLife, event: string) =>
  life.happened.flatMap(({ entries }) => entries.filter((one) => one.event === event).map(({ because }) => because[0]?.clause));

test('the worked example, to the date: duties, owners, orders, risk and limit', () => {
  const life = heartFailure();
  expect(life.state.risk).toMatchObject({ level: 'high', source: 'scores' });
  expect(life.state.duties.map(({ duty, state, opensOn, dueOn, owner }) => [duty, state, opensOn, dueOn, owner.side])).toEqual([
    ['plan', 'done', null, null, 'hospital'],
    ['contact', 'open', '2026-09-30', '2026-10-03', 'hospital'],
    ['visit', 'waiting', '2026-10-01', '2026-10-07', 'hospital'],
    ['reconciliation', 'open', '2026-09-30', '2026-10-07', 'hospital'],
    ['closing-contact', 'waiting', '2026-10-24', '2026-10-30', 'centre'],
  ]);
  expect(life.state.orders.map(({ id, opensOn, dueOn, owner }) => [id, opensOn, dueOn, owner.side])).toEqual(
    [
      ['o1', '2026-10-09', '2026-10-13', 'centre'],
      ['o2', '2026-10-09', '2026-10-13', 'centre'],
      ['o3', '2026-10-22', '2026-10-27', 'centre'],
      ['o4', '2026-10-01', '2026-10-06', 'hospital'],
      ['o9', '2026-09-30', '2026-10-05', 'hospital'],
      ['revisit-week-1', '2026-10-01', '2026-10-07', 'hospital'],
      ['revisit-week-6', '2026-11-05', '2026-11-11', 'centre'],
      ['potassium-week-1', '2026-10-03', '2026-10-07', 'hospital'],
      ['potassium-week-4', '2026-10-25', '2026-10-28', 'centre'],
      ['daily-weight', '2026-10-01', '2026-10-07', 'hospital'],
      ['rehabilitation', '2026-10-01', '2026-10-21', 'centre'],
    ].map(([id, opens, due, side]) => [id, opens, due, id === 'revisit-week-6' ? 'hospital' : side]),
  );
  life.runUntil(shanghai('2026-12-29 09:00'));
  expect([life.state.endReason, life.last.at]).toEqual(['expired', shanghai('2026-12-29 09:00')]);
  expect(life.happened.length).toBeLessThan(125);
});

describe('reports', () => {
  test('a refill that was handed out asks again and is a sign of life; all or none of several reports is taken', () => {
    const life = heartFailure();
    const at = shanghai('2026-10-12 10:00');
    const dispensed = { orderId: 'o1', outcome: 'done', evidence: { on: '2026-10-12' } };
    const early = { orderId: 'potassium-week-4', outcome: 'done' };
    expect(life.tryCommand('report-orders', { orders: [dispensed, early] }, at)).toMatchObject({ code: 'transition-not-allowed' });
    expect(order(life, 'o1')?.dispensed).toEqual([]);
    life.command('report-orders', { orders: [dispensed] }, at);
    expect(order(life, 'o1')).toMatchObject({ status: 'waiting', dueOn: '2026-10-27' });
    expect(life.duty('contact')).toMatchObject({ state: 'done', late: true });
  });

  test('a medicine that was stopped is no tick: the order rests, the gp speaks about it by the next working day, the specialist is told', () => {
    const life = heartFailure();
    life.command('report-orders', { orders: [{ orderId: 'o2', outcome: 'stopped', reason: 'feels-well' }] }, shanghai('2026-10-09 11:00'));
    const conversation = life.state.conversations.find(({ orderId }) => orderId === 'o2');
    expect([order(life, 'o2')?.status, conversation]).toMatchObject([
      'in-conversation',
      { orderId: 'o2', dueOn: '2026-10-10', decision: null },
    ]);
    expect(life.last.messages.flatMap(({ recipients }) => recipients.map((one) => ('role' in one ? one.role : one.to)))).toEqual([
      'gp',
      'specialist',
    ]);
    expect(life.tasks).toContain('conversation inst-c01');
    const answer = { conversationId: conversation?.id, decision: 'resume' };
    life.command('answer-conversation', answer, shanghai('2026-10-10 10:00'), centreActor('gp'));
    expect(order(life, 'o2')).toMatchObject({ status: 'open', opensOn: '2026-10-10', dueOn: '2026-10-16' });
    expect(life.tryCommand('answer-conversation', answer, shanghai('2026-10-10 11:00'))).toMatchObject({ code: 'transition-not-allowed' });
  });

  test('a result is done when it has come and was told; a critical one is an emergency', () => {
    const life = heartFailure();
    const at = shanghai('2026-10-03 10:00');
    expect(life.tryCommand('tell-result', { orderId: 'o9' }, at, hospitalActor('specialist'))).toMatchObject({
      code: 'transition-not-allowed',
    });
    life.command('report-result', { orderId: 'o9', resultAt: at, abnormal: true, critical: true }, at, hospitalActor('specialist'));
    expect(life.state.triages).toMatchObject([{ level: 'emergency', dueAt: at + 30 * 60_000, action: null }]);
    life.command('tell-result', { orderId: 'o9' }, at + 60_000, hospitalActor('specialist'));
    expect(order(life, 'o9')).toMatchObject({ status: 'closed', outcome: 'done' });
    life.command('triage', { triageId: life.state.triages[0]?.id, action: 'advise' }, at + 120_000);
    expect(life.tasks.filter((task) => task.startsWith('triage'))).toEqual([]);
  });

  test('a visit closes the visit that was ordered, and symptoms are judged within minutes or hours', () => {
    const life = heartFailure();
    const at = shanghai('2026-10-05 10:00');
    life.command('record-visit', { visitedAt: at, mode: 'clinic', symptoms: ['weight-gain'] }, at, centreActor('gp'));
    expect(order(life, 'revisit-week-1')).toMatchObject({ status: 'closed', outcome: 'done' });
    expect(order(life, 'revisit-week-6')?.status).toBe('waiting');
    expect(life.state.triages).toMatchObject([{ level: 'urgent', dueAt: at + 4 * 3_600_000 }]);
    expect(life.last.messages.map(({ template }) => template)).toEqual(['discharge-triage']);
  });

  test('an order without rule or dose holds no other: somebody looks at it within a day, and a change ends the review', () => {
    const life = heartFailure();
    const at = shanghai('2026-10-09 10:00');
    life.command('add-order', { order: { id: 'x', given: medicine({ dose: '?' }) } }, at);
    expect([order(life, 'x')?.status, order(life, 'x')?.reviewReasons, life.tasks]).toEqual([
      'review',
      ['dose-not-parsed'],
      expect.arrayContaining(['review-order inst-h1']),
    ]);
    life.command('change-order', { orderId: 'x', order: medicine() }, at + 60_000, hospitalActor('pharmacist'));
    expect([order(life, 'x')?.status, life.tasks.filter((task) => task.startsWith('review-order'))]).toEqual(['open', []]);
  });
});

describe('what nobody reports', () => {
  test('a visit that was not made is booked again by the desk, the second time the gp speaks about it', () => {
    const life = heartFailure().runUntil(shanghai('2026-10-08 09:00'));
    expect(life.tasks).toEqual(expect.arrayContaining(['order-revisit inst-h1']));
    expect(life.state.clocks.map(({ clock, owner }) => [clock.id, owner.role])).toContainEqual(['rebook-revisit-week-1-1', 'desk']);
  });

  test('when the supply has ended the gp speaks about it; a result that does not come outlives the episode', () => {
    const life = heartFailure().runUntil(shanghai('2026-10-14 09:00'));
    expect(life.state.conversations.map(({ orderId, reason }) => [orderId, reason])).toContainEqual(['o1', 'supply-ended']);
    life.command('withdraw', {}, shanghai('2026-10-15 10:00'), centreActor('gp'));
    expect([life.state.endReason, order(life, 'o9')?.status, order(life, 'rehabilitation')?.outcome]).toEqual([
      'withdrawn',
      'overdue',
      'withdrawn',
    ]);
    const before = clauses(life, 'overdue').length;
    life.runUntil(shanghai('2026-10-30 09:00'));
    expect(clauses(life, 'overdue').length).toBeGreaterThan(before);
    expect([discharge.ended(life.state), life.tasks]).toEqual([false, expect.arrayContaining(['order-pending-result inst-h1'])]);
  });
});

test('a discharge that is taken back leaves the evidence; with the next one everything is dated anew', () => {
  const life = heartFailure();
  const at = shanghai('2026-10-12 10:00');
  life.command('report-orders', { orders: [{ orderId: 'rehabilitation', outcome: 'done', evidence: { on: '2026-10-12' } }] }, at);
  life.standing(standingOf(), shanghai('2026-10-12 14:00'));
  expect([life.tasks, order(life, 'o1')?.dueOn]).toEqual([['briefing inst-h1', 'educate inst-h1'], null]);
  life.standing(dischargedStanding({ dischargedAt: shanghai('2026-10-13 10:00') }), shanghai('2026-10-13 10:05'));
  expect([order(life, 'rehabilitation')?.outcome, order(life, 'o1')?.dueOn, life.state.orders.length]).toEqual(['done', '2026-10-26', 11]);
});

test('a death closes every order at once, and nobody is asked or called any more', () => {
  const life = heartFailure().runUntil(shanghai('2026-10-14 10:00'));
  life.fact('patient-died', {}, shanghai('2026-10-20 10:00'));
  expect([life.tasks, life.state.clocks, new Set(life.state.orders.map(({ status }) => status))]).toEqual([[], [], new Set(['closed'])]);
  life.runUntil(shanghai('2026-11-30 10:00'));
  expect(discharge.ended(life.state)).toBe(true);
});
