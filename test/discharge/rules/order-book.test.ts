/** All orders of an episode over the days. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GivenOrder, OrderState } from '../../../domain/discharge/order.ts';
import { actOrdersOn, carryOrder, closeRevisits, endOrders, nextOrderDate, reportOrders } from '../../../domain/discharge/order-book.ts';
import { createOrder } from '../../../domain/discharge/order-life.ts';
import { orderKinds } from '../../../domain/discharge/rules.ts';
import { addDays } from '../../../domain/time/local-date.ts';
import { buildOrderGround } from '../../support/builders/discharge.ts';

const D = '2026-03-02';
const ground = (today: string = D) => buildOrderGround({ dischargedOn: D, today });
const create = (id: string, given: Partial<GivenOrder>): OrderState =>
  createOrder(ground(), { id, given: { kind: 'other', title: 'x', ...given }, actedOn: D });
const by = (role: string, actedOn: string) => ({ role, actedOn });

/** Lets the dates act until nothing happens any more, or a day has come. */
function live(orders: OrderState[], until: string) {
  const log: string[] = [];
  let now = D;
  let left = orders;
  for (let date = nextOrderDate(ground(), left, now); date !== undefined && date <= until; date = nextOrderDate(ground(), left, now)) {
    const day = actOrdersOn(ground(date), left, date);
    log.push(...day.happened.map(({ orderId, step }) => `${date} ${orderId} ${step.step}${step.step === 'tell' ? ` ${step.role}` : ''}`));
    left = day.orders;
    now = date;
  }
  return { orders: left, log };
}

test('an order that nobody reports on opens, is overdue, is told to three, and expires, each once', () => {
  const { orders, log } = live([create('a', { dueOn: '2026-03-10' })], '2026-12-31');
  expect(log).toEqual([
    '2026-03-03 a open',
    '2026-03-11 a overdue',
    '2026-03-11 a tell owner',
    '2026-03-13 a tell head',
    '2026-03-18 a tell office',
    '2026-03-24 a expire',
  ]);
  expect(orders[0]).toMatchObject({ status: 'closed', outcome: 'expired', timesOverdue: 1 });
});

test('a medicine that runs out ends in a conversation, in which nothing is asked any more', () => {
  const medicine = { dose: '1片qd', quantity: { value: 7, unit: '片' }, longTerm: true };
  const { orders, log } = live([create('m', { kind: 'medicine', medicine })], '2026-12-31');
  // The supply ends on Sunday 8; the refill is due on Friday 6.
  expect(log).toEqual(['2026-03-03 m open', '2026-03-07 m overdue', '2026-03-07 m tell owner', '2026-03-09 m conversation']);
  expect(orders[0]?.status).toBe('in-conversation');
});

test('a pending result is told to the office every week for as long as it takes', () => {
  const { log } = live([create('p', { kind: 'pending-result' })], '2026-04-06');
  expect(log).toEqual([
    '2026-03-10 p overdue',
    '2026-03-10 p tell owner',
    '2026-03-10 p tell head',
    '2026-03-12 p tell office',
    '2026-03-19 p tell office',
    '2026-03-26 p tell office',
    '2026-04-02 p tell office',
  ]);
});

test('whatever is ordered, every date lies after the one before, each step comes once, and all but what waits for a person ends', () => {
  const anOrder = fc.record({
    kind: fc.constantFrom(...orderKinds),
    opens: fc.option(fc.nat(40), { nil: undefined }),
    length: fc.option(fc.nat(40), { nil: undefined }),
    tablets: fc.integer({ min: 1, max: 80 }),
    longTerm: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(anOrder, { maxLength: 6 }), (list) => {
      const orders = list.map(({ kind, opens, length, tablets, longTerm }, index) =>
        create(`o${index}`, {
          kind,
          ...(opens === undefined ? {} : { opensOn: addDays(D, opens) }),
          ...(length === undefined ? {} : { dueOn: addDays(D, (opens ?? 0) + length) }),
          ...(kind === 'medicine' ? { medicine: { dose: '1片qd', quantity: { value: tablets, unit: '片' }, longTerm } } : {}),
        }),
      );
      const { orders: left, log } = live(orders, '2026-12-31');
      expect(log).toEqual(log.toSorted((a, b) => (a.slice(0, 10) < b.slice(0, 10) ? -1 : Number(a.slice(0, 10) > b.slice(0, 10)))));
      expect(new Set(log).size).toBe(log.length);
      for (const { status, given } of left)
        expect(status === 'closed' || status === 'in-conversation' || status === 'review' || given.kind === 'pending-result').toBe(true);
    }),
  );
});

test('several reports are all or none', () => {
  const orders = [create('a', { kind: 'device' }), create('b', { kind: 'retest', dueOn: '2026-03-10' })];
  const done = (orderId: string, evidence: object) => ({ orderId, outcome: 'done' as const, evidence: { on: '2026-03-05', ...evidence } });
  const at = ground('2026-03-05');
  expect(reportOrders(at, orders, [done('a', { inUse: true }), done('b', {})], by('nurse', '2026-03-05'))).toEqual({
    index: 1,
    problem: { code: 'invalid', path: 'evidence.value', problem: 'missing' },
  });
  expect(reportOrders(at, orders, [done('c', {})], by('nurse', '2026-03-05'))).toMatchObject({ index: 0, problem: { path: 'orderId' } });
  expect(reportOrders(at, orders, [done('a', { inUse: true }), done('a', { inUse: true })], by('nurse', '2026-03-05'))).toMatchObject({
    index: 1,
    problem: { code: 'order-closed' },
  });
  const both = reportOrders(
    at,
    orders,
    [done('a', { inUse: true }), done('b', { value: true, abnormal: true })],
    by('nurse', '2026-03-05'),
  );
  expect(both).toMatchObject({
    orders: [{ outcome: 'done' }, { outcome: 'done' }],
    effects: [{ orderId: 'b', effect: { effect: 'triage', level: 'abnormal' } }],
  });
});

test('a visit closes the revisits that were open on its day, and no later one', () => {
  const orders = [
    create('week-1', { kind: 'revisit', opensOn: '2026-03-03', dueOn: '2026-03-09' }),
    create('week-2', { kind: 'revisit', opensOn: '2026-03-10', dueOn: '2026-03-16' }),
    create('scale', { kind: 'device' }),
  ];
  const outcomes = (visitedOn: string) =>
    closeRevisits(ground(visitedOn), orders, visitedOn, by('gp', visitedOn)).orders.map(({ outcome }) => outcome);
  expect(outcomes('2026-03-09')).toEqual(['done', null, null]);
  expect(outcomes('2026-03-10')).toEqual(['done', 'done', null]);
});

test('after an end results and conversations go on, but not after a readmission or a death', () => {
  const orders = [create('a', {}), create('p', { kind: 'pending-result' }), { ...create('c', {}), status: 'in-conversation' as const }];
  expect(endOrders(orders, 'lost').map(({ outcome }) => outcome)).toEqual(['lost', null, null]);
  expect(endOrders(orders, 'died').map(({ outcome }) => outcome)).toEqual(['died', 'died', 'died']);
  const closed = endOrders(orders, 'readmitted');
  expect(endOrders(closed, 'expired')).toEqual(closed);
});

test('an order that the next stay goes on with is dated by its discharge; of a medicine what is in hand counts', () => {
  const medicine = create('m', {
    kind: 'medicine',
    medicine: { dose: '1片qd', quantity: { value: 2, unit: '盒', packSize: 7, packUnit: '片' }, longTerm: true },
  });
  const refilled = reportOrders(
    ground('2026-03-10'),
    [medicine],
    [{ orderId: 'm', outcome: 'done', evidence: { on: '2026-03-10', quantity: { value: 4, unit: '盒' } } }],
    by('nurse', '2026-03-10'),
  );
  const carried = 'orders' in refilled && refilled.orders[0] ? carryOrder(refilled.orders[0]) : undefined;
  expect(carried?.medicine).toMatchObject({ startOn: '2026-03-16', quantity: { value: 4, unit: '盒', packSize: 7, packUnit: '片' } });
  const next = buildOrderGround({ dischargedOn: '2026-03-20' });
  expect(createOrder(next, { id: 'n', given: carried ?? medicine.given, actedOn: '2026-03-20' }).medicine?.supply?.endOn).toBe(
    '2026-04-12',
  );
  const retest = create('r', { kind: 'retest', dueOn: '2026-03-10' });
  expect(createOrder(next, { id: 'n', given: carryOrder(retest), actedOn: '2026-03-20' }).dueOn).toBe('2026-03-21');
});
