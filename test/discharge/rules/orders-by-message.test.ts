/** Orders that the hospital's system sends: what its messages say together, and what each episode makes of them. */
import { describe, expect, test } from 'vitest';
import type { GivenOrder } from '../../../domain/discharge/order.ts';
import { foldOrders, nameOrders, type ReadEntry, type SentEntry } from '../../../domain/discharge/sent-orders.ts';
import { dischargedStanding, EpisodeLife, hospitalActor, planInput, shanghai } from '../../support/builders/episodes.ts';

const medicine = (dose = '1片qd'): GivenOrder => ({
  kind: 'medicine',
  title: '',
  medicine: { dose, quantity: { value: 14, unit: '片' }, longTerm: true },
});
const retest: GivenOrder = { kind: 'retest', title: '', dueOn: '2026-10-20' };
const told = (orders: [id: string, given: GivenOrder | null][], plan: object | null = null) => ({
  orders: orders.map(([id, given]) => ({ id, given, factId: 'f' })),
  plan,
});
const template = { template: 'heart-failure', instructions: true, itemIds: { 'revisit-week-1': 'item-1' } };
const at = shanghai('2026-09-30 11:00');

const admitted = () => EpisodeLife.begun();
function dischargedLife(): EpisodeLife {
  const life = EpisodeLife.begun();
  life.standing(dischargedStanding(), shanghai('2026-09-30 10:00'));
  return life;
}
/** But the teaching that nobody gave in the stay. */
const ordersOf = (life: EpisodeLife) =>
  life.state.orders
    .filter(({ id }) => !id.startsWith('education-'))
    .map(({ id, status, outcome, dueOn }) => [id, status, ...(outcome ? [outcome] : []), ...(dueOn ? [dueOn] : [])].join(' '));
const evidenceOf = (life: EpisodeLife) => life.last.entries[0]?.because[0]?.evidence;

describe('what an episode makes of them', () => {
  test('in the stay they are a draft, which the discharge dates; the ward still owes its plan', () => {
    const life = admitted();
    life.fact(
      'orders-reported',
      told([
        ['o1', medicine()],
        ['o2', retest],
      ]),
      shanghai('2026-09-29 10:00'),
    );
    expect([life.state.plan?.byMessage, ordersOf(life)]).toEqual([true, ['o1 waiting', 'o2 waiting']]);
    life.standing(dischargedStanding(), shanghai('2026-09-30 10:00'));
    expect([ordersOf(life), life.duty('plan')?.state]).toEqual([['o1 waiting 2026-10-13', 'o2 waiting 2026-10-20'], 'open']);
    life.command('record-plan', { ...planInput, orders: [{ id: 'p1', given: retest }] }, at, hospitalActor());
    expect([ordersOf(life).map((one) => one.slice(0, 2)), life.duty('plan')?.state]).toEqual([['p1', 'o1', 'o2'], 'done']);
  });

  test('what was sent before the discharge and after it comes to the same', () => {
    const sent = told(
      [
        ['o1', medicine()],
        ['o2', retest],
      ],
      template,
    );
    const before = admitted();
    before.fact('orders-reported', sent, shanghai('2026-09-29 10:00'));
    before.standing(dischargedStanding(), shanghai('2026-09-30 10:00'));
    const after = dischargedLife();
    after.fact('orders-reported', sent, at);
    const byId = (life: EpisodeLife) => ordersOf(life).toSorted();
    expect(byId(after)).toEqual(byId(before));
    expect(byId(after).length).toBeGreaterThan(8);
    expect(after.state.duties.map(({ duty, dueOn }) => [duty, dueOn])).toEqual(before.state.duties.map(({ duty, dueOn }) => [duty, dueOn]));
    expect(after.duty('plan')?.state).toBe('open');
  });

  test('on an active plan they are added, and a template that the ward has chosen stays', () => {
    const life = dischargedLife();
    life.command('record-plan', { ...planInput, template: 'stroke', orders: [] }, at, hospitalActor());
    const before = life.state.orders.length;
    life.fact('orders-reported', told([['o1', retest]], template), shanghai('2026-09-30 12:00'));
    expect([life.state.plan?.template, life.state.orders.length]).toEqual(['stroke', before + 1]);
    expect(evidenceOf(life)).toMatchObject({ added: 'o1', template: 'heart-failure', templateBefore: 'stroke' });
  });

  test('an order is replaced while it is open; one that is closed stays and is named', () => {
    const life = dischargedLife();
    life.fact('orders-reported', told([['o1', retest]]), at);
    life.fact('orders-reported', told([['o1', { ...retest, dueOn: '2026-10-22' }]]), at + 1);
    expect([ordersOf(life), evidenceOf(life)]).toEqual([['o1 waiting 2026-10-22'], { replaced: 'o1' }]);
    life.fact('orders-reported', told([['o1', null]]), at + 2);
    expect([ordersOf(life), evidenceOf(life)]).toEqual([['o1 closed withdrawn 2026-10-22'], { withdrawn: 'o1' }]);
    life.fact('orders-reported', told([['o1', retest]]), at + 3);
    expect([ordersOf(life), evidenceOf(life)]).toEqual([['o1 closed withdrawn 2026-10-22'], { closed: 'o1' }]);
  });

  test('a dose that nobody could read waits for a pharmacist, and one that can be read ends that', () => {
    const life = dischargedLife();
    life.fact('orders-reported', told([['o1', medicine('前3天1片后减量')]]), at);
    expect([ordersOf(life), life.tasks]).toEqual([['o1 review'], expect.arrayContaining(['review-order inst-h1'])]);
    life.fact('orders-reported', told([['o1', medicine()]]), at + 1);
    expect([ordersOf(life), life.tasks]).toEqual([['o1 waiting 2026-10-13'], expect.not.arrayContaining(['review-order inst-h1'])]);
  });

  test('an order that is taken back is spoken about no more', () => {
    const life = dischargedLife();
    life.fact('orders-reported', told([['o1', { kind: 'rehabilitation', title: '' }]]), at);
    const report = { orderId: 'o1', outcome: 'stopped', reason: 'cost' };
    life.command('report-orders', { orders: [report] }, shanghai('2026-10-05 10:00'));
    expect(life.state.conversations).toHaveLength(1);
    life.fact('orders-reported', told([['o1', null]]), shanghai('2026-10-05 11:00'));
    expect([life.state.conversations, ordersOf(life).map((one) => one.slice(0, 19))]).toEqual([[], ['o1 closed withdrawn']]);
  });

  test('of somebody who has died nothing is asked; if they live after all, what was sent is there', () => {
    const life = dischargedLife();
    life.fact('patient-died', {}, at);
    life.fact('orders-reported', told([['o1', retest]]), at + 1);
    expect([ordersOf(life)[0]?.slice(0, 14), life.tasks]).toEqual(['o1 closed died', []]);
    life.fact('death-retracted', {}, at + 2);
    expect([life.state.status, ordersOf(life)]).toEqual(['discharged', ['o1 waiting 2026-10-20']]);
  });

  test('while a later stay lasts they rest, and go on with the episode', () => {
    const life = dischargedLife();
    const later = { episodeId: 'e2', hospitalId: 'inst-h2', admittedAt: shanghai('2026-10-02 08:00'), planned: false, status: 'admitted' };
    life.fact('later-stay', { stay: later }, shanghai('2026-10-02 08:05'));
    life.fact('orders-reported', told([['o1', retest]]), shanghai('2026-10-02 09:00'));
    expect([life.state.status, life.tasks]).toEqual(['suspended', []]);
    life.fact('later-stay', { stay: null }, shanghai('2026-10-02 10:00'));
    expect([life.state.status, ordersOf(life)]).toEqual(['discharged', ['o1 open 2026-10-20']]);
  });

  test('an episode that was withdrawn keeps them closed, and goes on with them when it is opened again', () => {
    const life = dischargedLife();
    life.command('withdraw', {}, at);
    life.fact('orders-reported', told([['o1', retest]]), at + 1);
    expect([life.state.status, life.state.endReason, ordersOf(life)]).toEqual(['ended', 'withdrawn', ['o1 closed withdrawn 2026-10-20']]);
    life.command('reopen', {}, at + 2);
    expect([life.state.status, ordersOf(life)]).toEqual(['discharged', ['o1 waiting 2026-10-20']]);
  });
});

describe('what several messages say together', () => {
  const order = (title: string): ReadEntry => ({ fate: 'order', keys: ['k1'], order: { ...retest, title }, dose: null });
  const sent = (orderId: string, title: string): SentEntry => ({ fate: 'order', orderId, order: { ...retest, title }, dose: null });
  const message = (factId: string, day: number, ...orders: SentEntry[]) => ({
    factId,
    recordedAt: new Date(Date.UTC(2026, 8, day)),
    orders,
  });

  test('the last word counts by when it was written, in whatever order the messages come', () => {
    const messages = [
      message('f1', 1, sent('o1', 'a'), sent('o2', 'b')),
      message('f2', 3, { fate: 'withdrawal', orderId: 'o1' }),
      message('f3', 2, sent('o1', 'c'), { fate: 'plan', template: 'copd', description: null }),
    ];
    const folded = foldOrders(messages);
    expect([folded.orders.get('o1')?.factId, folded.orders.get('o2')?.factId, folded.plan?.factId]).toEqual(['f2', 'f1', 'f3']);
    for (const turned of [messages.toReversed(), [messages[2], messages[0], messages[1]].flatMap((one) => one ?? [])])
      expect(Object.fromEntries(foldOrders(turned).orders)).toEqual(Object.fromEntries(folded.orders));
  });

  test('an identifier names one order over all messages, and twice in one message nobody knows which', () => {
    const made: string[] = [];
    const newId = () => {
      made.push(`o${made.length + 1}`);
      return made.at(-1) ?? '';
    };
    const first = nameOrders([order('a'), { ...order('b'), keys: [] } as ReadEntry], {}, newId);
    expect(first.entries.map((entry) => ('orderId' in entry ? entry.orderId : entry.fate))).toEqual(['o1', 'o2']);
    const second = nameOrders([{ ...order('c'), keys: ['k0', 'k1'] } as ReadEntry, order('d')], first.ids, newId);
    expect(second.entries).toMatchObject([{ orderId: 'o1' }, { fate: 'held', reason: 'same-number-twice' }]);
    expect(second.ids).toEqual({ k0: 'o1', k1: 'o1' });
  });
});
