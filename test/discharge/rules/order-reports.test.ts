/** What becomes of an order when somebody reports on it, and when nobody does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeEvidence, type WordedEvidence } from '../../../domain/discharge/code-orders.ts';
import { answerConversation, dueOfConversation } from '../../../domain/discharge/conversations.ts';
import type { GivenOrder, OrderState } from '../../../domain/discharge/order.ts';
import type { OrderGround } from '../../../domain/discharge/order-dates.ts';
import { actOnDate, changeOrder, listOrderSteps, redateOrder, withOutcome } from '../../../domain/discharge/order-life.ts';
import { type OrderReport, reportOrder, stopReasons } from '../../../domain/discharge/order-reports.ts';
import { mayTellResult, withResult, withResultTold } from '../../../domain/discharge/pending-results.ts';
import { addDays } from '../../../domain/time/local-date.ts';
import { buildOrder, buildOrderGround } from '../../support/builders/discharge.ts';

const D = '2026-11-02';
const on = (today: string): OrderGround => buildOrderGround({ dischargedOn: D, visitDueOn: '2026-11-16', today });
const ordered = (given: Partial<GivenOrder>): OrderState =>
  buildOrder({ kind: 'other', title: 'x', ...given }, buildOrderGround({ dischargedOn: D, visitDueOn: '2026-11-16' }));
const refill = ordered({ kind: 'medicine', medicine: { dose: '1片qd', quantity: { value: 14, unit: '片' }, longTerm: true } });

const report = (order: OrderState, today: string, given: OrderReport, role = 'nurse') =>
  reportOrder(on(today), order, given, { role, actedOn: today });
const shown = (verdict: ReturnType<typeof reportOrder>) => {
  if ('problem' in verdict) return `${verdict.problem.code} ${verdict.problem.path} ${verdict.problem.problem}`;
  const { order, effects } = verdict;
  const what = effects.map((one) => (one.effect === 'triage' ? one.level : one.effect)).join(' ');
  return `${order.outcome ?? `${order.status} ${order.opensOn} ${order.dueOn}`}${what ? ` / ${what}` : ''}`;
};
const done = (order: OrderState, evidence: Partial<WordedEvidence>, today = '2026-11-10') =>
  shown(report(order, today, { outcome: 'done', evidence: codeEvidence({ on: today, ...evidence }) }));
const orderAfter = (verdict: ReturnType<typeof reportOrder>): OrderState => {
  if ('problem' in verdict) throw new Error(verdict.problem.path);
  return verdict.order;
};

describe('done', () => {
  test.each([
    ['retest', { dueOn: '2026-11-12' }, {}, 'invalid evidence.value missing'],
    ['retest', { dueOn: '2026-11-12' }, { value: ' ' }, 'invalid evidence.value missing'],
    ['retest', { dueOn: '2026-11-12' }, { value: '4.1' }, 'done'],
    ['retest', { dueOn: '2026-11-12' }, { value: '5.9', abnormal: true }, 'done / abnormal'],
    ['retest', { dueOn: '2026-11-12' }, { value: '7.2', abnormal: true, critical: true }, 'done / emergency'],
    ['wound', { dueOn: '2026-11-12' }, {}, 'invalid evidence.woundState missing'],
    ['wound', { dueOn: '2026-11-12' }, { woundState: 'healed' }, 'done'],
    ['wound', { dueOn: '2026-11-12' }, { woundState: 'infected' }, 'done / urgent'],
    ['wound', { dueOn: '2026-11-12' }, { woundState: 'dehisced' }, 'done / urgent'],
    ['rehabilitation', {}, {}, 'done'],
    ['education', {}, { topics: ['a'] }, 'invalid evidence.understood missing'],
    ['education', {}, { understood: 'yes' }, 'invalid evidence.topics missing'],
    ['education', {}, { topics: ['a'], understood: 'partly' }, 'invalid evidence.understood not-done'],
    ['education', {}, { topics: ['a'], understood: 'yes' }, 'done'],
    ['device', {}, {}, 'invalid evidence.inUse missing'],
    ['device', {}, { inUse: false }, 'invalid evidence.inUse not-done'],
    ['device', {}, { inUse: true }, 'done'],
    ['vaccination', {}, {}, 'invalid evidence.vaccine missing'],
    ['vaccination', {}, { vaccine: '流感' }, 'done'],
    ['other', { dueOn: '2026-11-12' }, {}, 'invalid evidence.text missing'],
    ['other', { dueOn: '2026-11-12' }, { text: 'ok' }, 'done'],
    ['revisit', {}, {}, 'done'],
    ['revisit', { opensOn: '2026-11-11', dueOn: '2026-11-12' }, {}, 'invalid evidence.on too-early'],
    ['pending-result', {}, {}, 'invalid outcome not-by-report'],
    ['other', { dueOn: '2026-11-12' }, { on: '2026-11-11', text: 'ok' }, 'invalid evidence.on in-the-future'],
  ] as const)('%s %j with %j: %s', (kind, given, evidence, expected) => {
    expect(done(ordered({ kind, ...given }), evidence)).toBe(expected);
  });

  test('it needs evidence, and counts late, in review and in conversation, which it ends', () => {
    const order = ordered({ kind: 'device' });
    expect(shown(report(order, '2026-11-10', { outcome: 'done' }))).toBe('invalid evidence missing');
    expect(done(actOnDate(order, '2026-11-10'), { inUse: true })).toBe('done');
    expect(done({ ...order, status: 'in-conversation' }, { inUse: true })).toBe('done / conversation-ended');
    expect(done(ordered({ kind: 'retest' }), { value: '4' })).toBe('done');
    expect(done(withOutcome(order, 'done'), { inUse: true })).toBe('order-closed orderId unknown');
  });

  test('what repeats asks again from the day after it was done, until the last day', () => {
    const order = ordered({ kind: 'wound', dueOn: '2026-11-05', repeat: { everyDays: 3, untilOn: '2026-11-12' } });
    const first = report(order, '2026-11-05', { outcome: 'done', evidence: { on: '2026-11-05', woundState: 'healing' } });
    // Three days later is a Sunday.
    expect(shown(first)).toBe('waiting 2026-11-06 2026-11-06');
    const second = report(orderAfter(first), '2026-11-09', { outcome: 'done', evidence: { on: '2026-11-09', woundState: 'healing' } });
    expect(shown(second)).toBe('waiting 2026-11-10 2026-11-12');
    expect(shown(report(orderAfter(second), '2026-11-10', { outcome: 'done', evidence: { on: '2026-11-10', woundState: 'healed' } }))).toBe(
      'done',
    );
  });
});

describe('medicines', () => {
  test('what was handed out asks for the next refill, which begins when the supply ends', () => {
    expect(done(refill, {})).toBe('waiting 2026-11-24 2026-11-27 / sign-of-life');
    expect(done(refill, { quantity: { value: 28, unit: '片' } })).toBe('waiting 2026-12-08 2026-12-11 / sign-of-life');
    const late = report(refill, '2026-11-20', { outcome: 'done', evidence: { on: '2026-11-20' } });
    expect(orderAfter(late).medicine?.supply).toEqual({ startOn: '2026-11-20', days: 14, endOn: '2026-12-03' });
    const again = report(orderAfter(late), '2026-12-01', {
      outcome: 'done',
      evidence: { on: '2026-12-01', quantity: { value: 7, unit: '片' } },
    });
    expect(orderAfter(again).medicine?.supply).toEqual({ startOn: '2026-12-04', days: 7, endOn: '2026-12-10' });
    // As much as the last time.
    const third = report(orderAfter(again), '2026-12-09', { outcome: 'done', evidence: { on: '2026-12-09' } });
    expect(orderAfter(third).medicine?.supply).toEqual({ startOn: '2026-12-11', days: 7, endOn: '2026-12-17' });
  });

  test('packs that are handed out again are of the same size; another unit is for the pharmacist', () => {
    const packs = ordered({
      kind: 'medicine',
      medicine: { dose: '1片qd', quantity: { value: 2, unit: '盒', packSize: 7, packUnit: '片' }, longTerm: true },
    });
    const dispense = (quantity: { value: number; unit: string }) =>
      orderAfter(report(packs, '2026-11-10', { outcome: 'done', evidence: { on: '2026-11-10', quantity } }));
    expect(dispense({ value: 1, unit: '盒' }).medicine?.supply).toEqual({ startOn: '2026-11-16', days: 7, endOn: '2026-11-22' });
    expect(dispense({ value: 5, unit: 'ml' })).toMatchObject({
      status: 'review',
      reviewReasons: ['unit-mismatch'],
      dispensed: [{ on: '2026-11-10' }],
    });
  });

  test('a course that is refilled ends with the question whether it was taken', () => {
    const course = ordered({
      kind: 'medicine',
      medicine: { dose: '1片qd', quantity: { value: 7, unit: '片' }, untilOn: '2026-11-15' },
    });
    expect([course.opensOn, course.dueOn]).toEqual(['2026-11-03', '2026-11-06']);
    const refilled = report(course, '2026-11-06', { outcome: 'done', evidence: { on: '2026-11-06' } });
    expect(shown(refilled)).toBe('waiting 2026-11-15 2026-11-20 / sign-of-life');
    expect(done(orderAfter(refilled), {}, '2026-11-15')).toBe('invalid evidence.taken missing');
    expect(done(orderAfter(refilled), { taken: 'most' }, '2026-11-14')).toBe('invalid evidence.taken too-early');
    expect(done(orderAfter(refilled), { taken: 'most' }, '2026-11-15')).toBe('done');
  });

  test('"taken" closes a medicine for long and one as needed from day 24 on', () => {
    expect(done(refill, { taken: 'all' }, '2026-11-25')).toBe('invalid evidence.taken too-early');
    expect(done(refill, { taken: 'all' }, '2026-11-26')).toBe('done');
    const asNeeded = ordered({ kind: 'medicine', medicine: { dose: { asNeeded: true }, quantity: { value: 10, unit: '片' } } });
    expect(done(asNeeded, {}, '2026-11-26')).toBe('invalid evidence.taken missing');
    expect(done(asNeeded, { taken: 'most' }, '2026-11-25')).toBe('invalid evidence.taken too-early');
    expect(done(asNeeded, { taken: 'most' }, '2026-11-26')).toBe('done');
  });

  test('a supply that is refilled in time never has a gap and never overlaps', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ wait: fc.nat(20), tablets: fc.integer({ min: 1, max: 30 }) }), { maxLength: 6 }), (dispensings) => {
        let order = refill;
        let today = D;
        for (const { wait, tablets } of dispensings) {
          today = addDays(today, wait);
          const before = order.medicine?.supply;
          order = orderAfter(report(order, today, { outcome: 'done', evidence: { on: today, quantity: { value: tablets, unit: '片' } } }));
          const now = order.medicine?.supply;
          expect(now?.startOn).toBe([addDays(before?.endOn ?? '', 1), today].sort().at(-1));
          expect(now?.days).toBe(tablets);
        }
      }),
    );
  });
});

describe('not done', () => {
  test('in part: with a reason and another day, at most 14 days later; the third time somebody speaks with the patient', () => {
    const order = ordered({ kind: 'retest', dueOn: '2026-11-12' });
    const partial = (nextDueOn?: string, reason: string | undefined = 'half') =>
      ({ outcome: 'partial', reason, nextDueOn }) satisfies OrderReport;
    expect(shown(report(order, '2026-11-10', partial('2026-11-20', '')))).toBe('invalid reason missing');
    expect(shown(report(order, '2026-11-10', partial()))).toBe('invalid nextDueOn missing');
    expect(shown(report(order, '2026-11-10', partial('2026-11-27')))).toBe('invalid nextDueOn too-late');
    expect(shown(report(order, '2026-11-10', partial('2026-11-09')))).toBe('invalid nextDueOn too-early');
    const first = report(order, '2026-11-10', partial('2026-11-26'));
    expect(shown(first)).toBe('open 2026-11-10 2026-11-26');
    const second = report(orderAfter(first), '2026-11-12', partial('2026-11-20'));
    expect(shown(second)).toBe('open 2026-11-12 2026-11-20');
    expect(shown(report(orderAfter(second), '2026-11-13', partial('2026-11-20')))).toBe(
      'in-conversation 2026-11-13 2026-11-20 / conversation',
    );
  });

  test.each(stopReasons)('stopped because of %s is never a tick: the order rests and the gp speaks about it, once', (reason) => {
    const stopped = report(refill, '2026-11-10', { outcome: 'stopped', reason });
    expect(stopped).toMatchObject({ order: { status: 'in-conversation', outcome: null }, effects: [{ reason, tellSpecialist: true }] });
    expect(report(orderAfter(stopped), '2026-11-11', { outcome: 'refused', reason })).toMatchObject({
      effects: [],
      order: { stopped: 'refused' },
    });
    expect(listOrderSteps(on('2026-11-10'), orderAfter(stopped), '2026-11-10')).toEqual([]);
    expect(actOnDate(orderAfter(stopped), '2027-11-10').status).toBe('in-conversation');
  });

  test('a stop needs a reason of the list, and the hospital’s result cannot be stopped by a patient', () => {
    expect(shown(report(refill, '2026-11-10', { outcome: 'stopped' }))).toBe('invalid reason missing');
    expect(shown(report(refill, '2026-11-10', { outcome: 'refused', reason: 'mood' }))).toBe('invalid reason unknown');
    expect(shown(report(ordered({ kind: 'pending-result' }), '2026-11-10', { outcome: 'refused', reason: 'other' }))).toBe(
      'invalid outcome not-by-report',
    );
  });

  test('not needed says a gp, specialist or head, with a reason', () => {
    const given: OrderReport = { outcome: 'not-needed', reason: 'oxygen at home' };
    expect(shown(report(refill, '2026-11-10', given, 'nurse'))).toBe('forbidden outcome role');
    expect(shown(report(refill, '2026-11-10', { outcome: 'not-needed' }, 'gp'))).toBe('invalid reason missing');
    for (const role of ['gp', 'specialist', 'head']) expect(shown(report(refill, '2026-11-10', given, role))).toBe('not-needed');
  });

  test('a conversation is due by the next working day, about what must not be stopped within 4 hours', () => {
    const at = Date.parse('2026-11-06T15:00:00+08:00');
    expect(dueOfConversation(on('2026-11-06'), refill.given, at)).toMatchObject({ dueOn: '2026-11-09', dueAt: null });
    const warfarin = { ...refill.given, title: '华法林钠片' };
    expect(dueOfConversation(on('2026-11-06'), warfarin, at)).toMatchObject({
      dueOn: null,
      dueAt: Date.parse('2026-11-06T19:00:00+08:00'),
    });
    expect(dueOfConversation(on('2026-11-06'), null, at)).toMatchObject({ dueOn: '2026-11-09' });
  });

  test('it ends with going on within 7 days, with another order in its place, or with a stop that both agree on', () => {
    const stopped = orderAfter(report(refill, '2026-11-10', { outcome: 'stopped', reason: 'cost' }));
    const refused = orderAfter(report(refill, '2026-11-10', { outcome: 'refused', reason: 'cost' }));
    expect(answerConversation(on('2026-11-11'), stopped, 'resume')).toMatchObject({
      status: 'open',
      opensOn: '2026-11-11',
      dueOn: '2026-11-18',
      stopped: null,
    });
    // 7 days from a Sunday.
    expect(answerConversation(on('2026-11-15'), stopped, 'resume')).toMatchObject({ opensOn: '2026-11-15', dueOn: '2026-11-20' });
    expect(answerConversation(on('2026-11-11'), stopped, 'replace').outcome).toBe('replaced');
    expect(answerConversation(on('2026-11-11'), stopped, 'stop-agreed').outcome).toBe('stopped');
    expect(answerConversation(on('2026-11-11'), refused, 'stop-agreed').outcome).toBe('refused');
    const resumed = answerConversation(on('2026-11-11'), stopped, 'resume');
    expect(done(resumed, {}, '2026-11-12')).toBe('waiting 2026-11-24 2026-11-27 / sign-of-life');
  });
});

describe('when nobody reports', () => {
  const steps = (order: OrderState, from = D) =>
    listOrderSteps(on(D), order, from).map(
      (one) => `${one.on} ${one.step}${one.step === 'tell' ? ` ${one.role}` : ''}${'dueOn' in one ? ` ${one.dueOn}` : ''}`,
    );
  const told = ['2026-11-13 overdue', '2026-11-13 tell owner'];

  test('a retest opens, is overdue, is told, and expires 14 days after it was due', () => {
    expect(steps(ordered({ kind: 'retest', dueOn: '2026-11-12' }))).toEqual([
      '2026-11-03 open',
      ...told,
      '2026-11-17 tell head',
      '2026-11-20 tell office',
      '2026-11-26 expire',
    ]);
  });

  test('a revisit is booked again by the desk, and the second time spoken about', () => {
    const order = ordered({ kind: 'revisit', dueOn: '2026-11-12' });
    expect(steps(order)).toContain('2026-11-13 rebook 2026-11-17');
    const once = actOnDate(order, '2026-11-13');
    expect([once.status, once.timesOverdue]).toEqual(['overdue', 1]);
    expect(actOnDate(once, '2026-11-14').timesOverdue).toBe(1);
    const rebooked = changeOrder(on('2026-11-16'), once, { ...once.given, dueOn: '2026-11-19' }, '2026-11-16');
    expect(rebooked).toMatchObject({ status: 'open', dueOn: '2026-11-19', timesOverdue: 1 });
    expect(steps(rebooked)).toContain('2026-11-20 conversation');
    expect(steps(rebooked).some((step) => step.includes('rebook'))).toBe(false);
  });

  test('a wound is looked after at home, education is given at the next contact, a vaccination ends with its last day', () => {
    expect(steps(ordered({ kind: 'wound', dueOn: '2026-11-12' }))).toContain('2026-11-13 home-visit 2026-11-17');
    expect(steps(ordered({ kind: 'education', dueOn: '2026-11-12' }))).toEqual([
      '2026-11-03 open',
      ...told,
      '2026-11-13 next-contact',
      '2026-11-17 tell head',
      '2026-11-20 tell office',
      '2026-12-02 expire',
    ]);
    expect(steps(ordered({ kind: 'vaccination', dueOn: '2026-11-12' })).at(-1)).toBe('2026-11-13 expire');
    expect(steps(ordered({ kind: 'device' })).at(-1)).toBe('2026-12-02 expire');
  });

  test('a medicine that is not fetched is spoken about when it has run out, and does not expire', () => {
    // Due on Friday; the supply ends on Sunday.
    expect(steps(refill)).toEqual([
      '2026-11-10 open',
      '2026-11-14 overdue',
      '2026-11-14 tell owner',
      '2026-11-16 conversation',
      '2026-11-18 tell head',
      '2026-11-23 tell office',
    ]);
  });

  test('a pending result never ends: head the next day, office on day 3 and every week', () => {
    const order = ordered({ kind: 'pending-result', expectedOn: '2026-11-08' });
    expect(steps(order)).toEqual(['2026-11-09 overdue', '2026-11-09 tell owner', '2026-11-09 tell head', '2026-11-11 tell office']);
    expect(steps(order, '2026-11-11')).toEqual(['2026-11-18 tell office']);
    expect(steps(order, '2027-03-03')).toEqual(['2027-03-10 tell office']);
  });

  test('no step of an order that is closed, in review or spoken about', () => {
    expect(steps(ordered({ kind: 'retest' }))).toEqual([]);
    expect(steps(withOutcome(refill, 'done'))).toEqual([]);
  });
});

describe('dated anew', () => {
  test('with an earlier visit an order moves; one that is overdue stays overdue, and a day that is over is put off once', () => {
    const revisit = ordered({ kind: 'revisit' });
    expect(redateOrder({ ...on('2026-11-04'), visitDueOn: '2026-11-09' }, revisit, '2026-11-04')).toMatchObject({
      dueOn: '2026-11-09',
      status: 'open',
    });
    const overdue = actOnDate(ordered({ kind: 'device' }), '2026-11-06');
    expect(overdue.status).toBe('overdue');
    expect(redateOrder(on('2026-11-10'), overdue, '2026-11-10')).toEqual(overdue);
    const late = buildOrder({ kind: 'device', title: 'x' }, on('2026-11-10'));
    expect(late.dueOn).toBe('2026-11-11');
    expect(redateOrder(on('2026-11-11'), late, '2026-11-11').dueOn).toBe('2026-11-11');
  });

  test('a series, a date agreed on and what was handed out stay when the discharge is corrected by a day', () => {
    const moved = { ...on('2026-11-10'), dischargedOn: '2026-11-03' };
    const partial = orderAfter(
      report(ordered({ kind: 'retest', dueOn: '2026-11-12' }), '2026-11-10', { outcome: 'partial', reason: 'x', nextDueOn: '2026-11-18' }),
    );
    expect(redateOrder(moved, partial, '2026-11-10').dueOn).toBe('2026-11-18');
    const dispensed = orderAfter(report(refill, '2026-11-10', { outcome: 'done', evidence: { on: '2026-11-10' } }));
    expect(redateOrder(moved, dispensed, '2026-11-10').medicine?.supply?.endOn).toBe('2026-11-30');
  });
});

test('a pending result is done when it has come and was told, in this order; a worse correction is told again', () => {
  const order = ordered({ kind: 'pending-result' });
  expect(mayTellResult(order)).toBe(false);
  const came = withResult(order, { at: 1, abnormal: false, critical: false });
  expect([came.status, mayTellResult(came)]).toEqual(['open', true]);
  const worse = withResult(came, { at: 2, abnormal: true, critical: false });
  expect(withResultTold(worse, 3)).toMatchObject({ status: 'closed', outcome: 'done', toldAt: 3 });
});
