/** Guessing ends soon, tells nothing, and shuts nobody else out. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { demoPassword } from '../../db/directory/seed-demo-alliance.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

const counted = vi.hoisted(() => ({ verified: 0, pauses: [] as number[] }));
vi.mock('@node-rs/argon2', async (original) => {
  const argon2 = await original<typeof import('@node-rs/argon2')>();
  return {
    ...argon2,
    verify: (hash: string, password: string) => {
      counted.verified += 1;
      return argon2.verify(hash, password);
    },
  };
});
// The pause of an address that has failed often is counted and not waited for.
vi.mock('node:timers/promises', async (original) => ({
  ...(await original<typeof import('node:timers/promises')>()),
  setTimeout: async (ms: number) => void counted.pauses.push(ms),
}));

const MINUTE_MS = 60_000;
let service: Service;
let now = Date.now();
beforeAll(async () => {
  service = await startService({ worker: false, now: () => now });
});
afterAll(() => service?.stop());
beforeEach(() => {
  // Each test begins where no failure counts any more.
  now += 60 * MINUTE_MS;
  counted.verified = 0;
  counted.pauses = [];
});

const signIn = (username: string, password = 'not the password'): Promise<Answer> =>
  service.post('', '/v1/sessions', { username, password }, { key: null });

async function fail(username: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) expect((await signIn(username)).body.code).toBe('wrong-credentials');
}

test.each([
  ['an account', 'gp'],
  ['a name that nobody has', 'nobody-has-it'],
])('%s is locked for 15 minutes after 5 failures, also for the right password', async (_, username) => {
  await fail(username, 5);
  now += 5 * MINUTE_MS;
  const locked = await signIn(username, demoPassword);
  expect([locked.status, locked.body.code, locked.headers.get('retry-after')]).toEqual([423, 'account-locked', '600']);
  now += 10 * MINUTE_MS;
  expect((await signIn(username, demoPassword)).status).toBe(username === 'gp' ? 201 : 401);
});

test('failures of more than 15 minutes ago do not count, and signing in begins the count anew', async () => {
  await fail('gp', 4);
  now += 15 * MINUTE_MS;
  await fail('gp', 4);
  expect((await signIn('gp', demoPassword)).status).toBe(201);
  await fail('gp', 4);
  expect((await signIn('gp', demoPassword)).status).toBe(201);
});

test('a hundred guesses at the same moment are no more than five', async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => signIn('gp')));
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
  expect(answers.filter(({ status }) => status === 423)).toHaveLength(25);
});

test('an unknown name, somebody who has left and a wrong password are answered the same, after the same work', async () => {
  await service.db.updateTable('person').set({ active: false }).where('username', '=', 'driver').execute();
  const answers: unknown[] = [];
  for (const username of ['nobody-at-all', 'driver', 'gp']) {
    counted.verified = 0;
    const { status, body } = await signIn(username);
    answers.push([status, { ...body, requestId: '' }, counted.verified]);
  }
  expect(answers[0]).toEqual([401, expect.objectContaining({ code: 'wrong-credentials' }), 1]);
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
});

test('other accounts of an address from which many attempts have failed are slowed and not locked', async () => {
  await fail('gp', 5);
  await fail('gp2', 5);
  expect(counted.pauses).toEqual([]);
  expect((await signIn('specialist', demoPassword)).status).toBe(201);
  expect(counted.pauses).toEqual([1_000]);
});

test('whose account is locked is told once, and the audit says so', async () => {
  const told = () =>
    service.db.selectFrom('message').select(['recipient_id', 'parameters']).where('template', '=', 'account-locked').execute();
  const before = (await told()).length;
  await fail('office', 5);
  await signIn('office');
  const messages = await told();
  expect(messages.slice(before)).toEqual([{ recipient_id: 'person-office', parameters: {} }]);
  const entries = await service.db
    .selectFrom('audit')
    .select('target_id')
    .where('action', '=', 'account.lock')
    .orderBy('id', 'desc')
    .execute();
  expect(entries[0]?.target_id).toBe('person-office');
});

test('neither names nor passwords stand where failures are counted', async () => {
  await fail('a password typed as a name', 1);
  const rows = await service.db.selectFrom('sign_in_failure').selectAll().execute();
  expect(rows.length).toBeGreaterThan(0);
  expect(JSON.stringify(rows)).not.toContain('typed');
});

test('outside a demonstration the public password opens nothing', async () => {
  const { createApp } = await import('../../api/app.ts');
  const { createGate } = await import('../../api/kit/gate.ts');
  const { createLog } = await import('../../platform/log.ts');
  const { createMetrics } = await import('../../platform/metrics.ts');
  const { db, client, tokens } = service;
  const config = { ...service.config, CAREPATH_DEMO: false };
  const parts = { config, db, client, tokens, log: createLog('api', 'silent'), metrics: createMetrics(), gate: createGate(7) };
  const app = createApp({ ...parts, checkAnswers: true });
  const response = await app.request('/v1/sessions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'specialist', password: demoPassword }),
  });
  expect(response.status).toBe(401);
});
