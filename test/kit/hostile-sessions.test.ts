/** Signing in against somebody who guesses. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

/** Milliseconds of the fastest of several: what is slower is the machine's other work. Turn by turn, so that both meet the same machine. */
async function timesOf(usernames: [string, string]): Promise<[number, number]> {
  const fastest: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let attempt = 0; attempt < 9; attempt++)
    for (const index of [0, 1] as const) {
      const startedAt = performance.now();
      await signIn(usernames[index], `guess ${attempt}`);
      fastest[index] = Math.min(fastest[index], performance.now() - startedAt);
    }
  return fastest;
}

test('an unknown name, a wrong password and somebody who has left get one and the same answer', async () => {
  await service.db.updateTable('person').set({ active: false }).where('username', '=', 'checker').execute();
  before = await contentsOf(service.db);
  const [unknown, wrong, left] = [await signIn('nobody', right), await signIn('pharmacist', 'wrong'), await signIn('checker', right)];
  expect([unknown.status, unknown.body.code]).toEqual([401, 'wrong-credentials']);
  expect(wrong.body).toEqual(unknown.body);
  expect(left.body).toEqual(unknown.body);
});

test('an unknown name takes as long as a wrong password', async () => {
  const [unknown, wrong] = await timesOf(['nobody-at-all', 'technician']);
  // Without a password to check an answer would come ten times as fast.
  expect(unknown / wrong).toBeGreaterThan(0.5);
  expect(unknown / wrong).toBeLessThan(2);
});

describe('10 wrong passwords for a name in 5 minutes, then 429', () => {
  test('one after the other: the right password is not even looked at any more; other names go on', async () => {
    for (let attempt = 1; attempt <= 10; attempt++) expect((await signIn('dispatcher', `guess ${attempt}`)).status).toBe(401);
    for (const password of ['guess 11', right]) {
      const refused = await signIn('dispatcher', password);
      expect([refused.status, refused.body.code]).toEqual([429, 'too-many-requests']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(200);
      expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(300);
    }
    expect((await signIn('courier', right)).status).toBe(201);
  });

  test('a hundred at once: no more than 10 are tried', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => signIn('releaser', `guess ${index}`)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(90);
  });

  test('a name that nobody has is counted all the same', async () => {
    const answers = await Promise.all(Array.from({ length: 15 }, () => signIn('nobody-with-this-name', 'guess')));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(5);
  });

  test('the right password as often as one likes, also at once', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => signIn('infection', right)));
    expect(answers.every(({ status }) => status === 201)).toBe(true);
  });
});

test('every wrong password stands in the audit as denied, without the name that was tried', async () => {
  const entries = await service.db.selectFrom('audit').selectAll().where('action', '=', 'session.create').execute();
  expect(entries.length).toBeGreaterThan(20);
  for (const entry of entries) expect(entry).toMatchObject({ outcome: 'denied', code: 'wrong-credentials' });
  expect(JSON.stringify(entries)).not.toContain('nobody');
});

test('who has left while signed in is somebody no longer', async () => {
  const session = await signIn('driver', right);
  const me = async () => (await service.app.request('/v1/me', { headers: { authorization: `Bearer ${session.body.token}` } })).status;
  expect(await me()).toBe(200);
  await service.db.updateTable('person').set({ active: false }).where('username', '=', 'driver').execute();
  expect(await me()).toBe(401);
  await service.db.updateTable('person').set({ active: true }).where('username', '=', 'driver').execute();
});

test('nothing was written by all this', async () => {
  expect(await contentsOf(service.db)).toEqual(before);
});
