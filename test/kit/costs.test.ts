/** What a referral costs, counted: SQL round trips and Temporal calls of the API, events in the history. Time is not counted: it says more of the machine. */

import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { appointmentIn } from '../support/builders/appointment-times.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { eventsWithoutSkipping } from '../support/oracles/history-events.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';
import { statementOf } from '../support/service/statement-of.ts';

let service: Service;
beforeAll(async () => {
  countStatements();
  service = await startService({ checkAnswers: false });
  countTemporalCalls();
  // Signing in, opening connections and the like happen before anything is counted.
  await service.get('gp', '/v1/me');
  await service.get('specialist', '/v1/me');
});
afterAll(() => service?.stop());

const counted = { statements: [] as string[], calls: [] as string[], commits: [] as { statements: string[]; waits: number }[] };
beforeEach(() => {
  counted.statements = [];
  counted.calls = [];
  counted.commits = [];
});

/** Marks what belongs to a request: the worker of this process has the same pool and the same kind of connection. */
const request = new AsyncLocalStorage<true>();

/** Every statement is a round trip, `begin` and `commit` too. */
function countStatements(): void {
  const client = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
  const { query } = client;
  const transactions = new WeakMap<object, { statements: string[]; waits: number; underWay: number }>();
  client.query = function (this: object, ...args: unknown[]): unknown {
    const { text = '' } = statementOf(args);
    if (request.getStore()) counted.statements.push(text);
    const answer = query.apply(this, args);
    if (text === 'begin') transactions.set(this, { statements: [], waits: 0, underWay: 0 });
    const transaction = transactions.get(this);
    if (!transaction || !(answer instanceof Promise)) return answer;
    transaction.statements.push(text);
    if (transaction.underWay++ === 0) transaction.waits++;
    void answer.catch(() => {}).finally(() => transaction.underWay--);
    if (text === 'commit' && transaction.statements.some((one) => one.startsWith('insert into "decision"')))
      counted.commits.push(transaction);
    return answer;
  };
}

function countTemporalCalls(): void {
  const calls = service.client.workflowService as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const [name, call] of Object.entries(calls))
    calls[name] = (...args) => {
      if (request.getStore()) counted.calls.push(name);
      return call(...args);
    };
}

const post = (account: string, path: string, body: unknown): Promise<Answer> => request.run(true, () => service.post(account, path, body));

const historyLength = async (id: string): Promise<number> => (await eventsWithoutSkipping(service.client, `referral/${id}`)).length;

test('creating costs the API one Temporal call and at most 4 SQL round trips', async () => {
  // The first creation of a process stores the alliance's rules, which all others name.
  expect((await service.post('gp', '/v1/referrals', await newReferral(service))).status).toBe(201);
  const body = await newReferral(service);
  const created = await post('gp', '/v1/referrals', body);
  expect(created.status).toBe(201);
  expect(counted.calls).toHaveLength(1);
  expect(counted.statements.length, counted.statements.join('\n')).toBeLessThanOrEqual(4);
});

test('a referral without a rung costs at most 40 history events up to the answer of the review, and none of its commits more than 6 waits for Postgres', async () => {
  const created = await post('gp', '/v1/referrals', await newReferral(service));
  const at = `/v1/referrals/${created.body.id}`;
  await post('specialist', `${at}/send-acceptance`, {});
  await post('specialist', `${at}/schedule-visit`, appointmentIn(100));
  await post('specialist', `${at}/send-outcome`, { outcome: '血压控制良好' });
  const reviewed = await post('gp', `${at}/review-result`, {});
  expect(reviewed.body).toMatchObject({ status: 'completed', version: 5 });
  expect(await historyLength(created.body.id)).toBeLessThanOrEqual(40);
  expect(counted.commits).toHaveLength(5);
  for (const { waits, statements } of counted.commits) expect(waits, statements.join('\n')).toBeLessThanOrEqual(6);
});

test('a rung costs at most 7 history events', async () => {
  const { body } = await post('gp', '/v1/referrals', await newReferral(service));
  const lengths: number[] = [];
  // 12 h, 19 h 12 min, 24 h: the third reroutes as well.
  for (const hours of [0, 13, 7, 5]) {
    if (hours > 0) expect((await service.fastForward(body.id, `PT${hours}H`)).status).toBe(200);
    lengths.push(await historyLength(body.id));
  }
  const costs = lengths.slice(1).map((length, index) => length - (lengths[index] as number));
  expect(costs).toHaveLength(3);
  expect(Math.max(...costs), `events of the three rungs: ${costs}`).toBeLessThanOrEqual(7);
});
