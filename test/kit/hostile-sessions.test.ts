/** Signing in against somebody who guesses; how soon that ends stands in test/sign-in/lock-out.test.ts. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { contentsOf } from '../support/oracles/contents.ts';
import { type Contract, contractOf } from '../support/oracles/contract.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

let service: Service;
let contract: Contract;
let before: Record<string, string>;

beforeAll(async () => {
  service = await startService({ worker: false });
  contract = await contractOf(service.app);
  before = await contentsOf(service.db);
});
afterAll(() => service?.stop());

const right = 'carepath-demo';

async function signIn(username: string, password: string): Promise<Answer> {
  const answer = await service.post(
    '',
    '/v1/sessions',
    { username, password },
    { key: null, headers: { 'x-request-id': 'the-same-request' } },
  );
  expect(contract.findBrokenPromises('POST', '/v1/sessions', answer)).toEqual([]);
  return answer;
}

test('an unknown name, a wrong password and somebody who has left get one and the same answer', async () => {
  await service.db.updateTable('person').set({ active: false }).where('username', '=', 'checker').execute();
  before = await contentsOf(service.db);
  const [unknown, wrong, left] = [await signIn('nobody', right), await signIn('pharmacist', 'wrong'), await signIn('checker', right)];
  expect([unknown.status, unknown.body.code]).toEqual([401, 'wrong-credentials']);
  expect(wrong.body).toEqual(unknown.body);
  expect(left.body).toEqual(unknown.body);
});

test('the right password as often as one likes, also at once', async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => signIn('infection', right)));
  expect(answers.every(({ status }) => status === 201)).toBe(true);
});

test('every wrong password stands in the audit as denied, without the name that was tried', async () => {
  const entries = await service.db.selectFrom('audit').selectAll().where('action', '=', 'createSession').execute();
  expect(entries.length).toBe(3);
  for (const entry of entries) expect(entry).toMatchObject({ outcome: 'denied', code: 'wrong-credentials' });
  expect(JSON.stringify(entries)).not.toContain('nobody');
});

test('who has left while signed in is somebody no longer', async () => {
  const session = await signIn('driver', right);
  const me = async () => (await service.app.request('/v1/me', { headers: { authorization: `Bearer ${session.body.token}` } })).status;
  expect(await me()).toBe(200);
  await service.db.updateTable('person').set({ active: false }).where('username', '=', 'driver').execute();
  // Longer than it can take, so that only a session that never ends fails.
  await vi.waitUntil(async () => (await me()) === 401, { timeout: 60_000, interval: 200 });
  await service.db.updateTable('person').set({ active: true }).where('username', '=', 'driver').execute();
});

test('nothing was written by all this', async () => {
  expect(await contentsOf(service.db)).toEqual(before);
});
