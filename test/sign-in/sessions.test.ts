/** Who has signed in, and when that ends: the other tests take their tokens as this one shows that signing in gives them. */
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { demoPassword } from '../../db/directory/seed-demo-alliance.ts';
import { endSessionsOfPerson } from '../../db/sign-in/sessions.ts';
import { demoAccounts } from '../../domain/demo/staff.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

let service: Service;
let now = Date.now();
beforeAll(async () => {
  service = await startService({ worker: false, now: () => now });
});
afterAll(() => service?.stop());

const signIn = (username: string): Promise<Answer> => service.post('', '/v1/sessions', { username, password: demoPassword }, { key: null });

const tokenOf = async (username: string): Promise<string> => (await signIn(username)).body.token;

const ask = (token: string, method: 'GET' | 'DELETE', path: string): Promise<Answer> =>
  service.call('', method, path, { key: null, headers: { authorization: `Bearer ${token}` } });

const meBy = async (token: string): Promise<[number, string | undefined]> => {
  const { status, body } = await ask(token, 'GET', '/v1/me');
  return [status, body.code];
};

/** Longer than it can take, so that only a session that never ends fails. */
const toBeRefused = (token: string) => vi.waitUntil(async () => (await meBy(token))[0] === 401, { timeout: 60_000, interval: 200 });

test.each(demoAccounts.map(({ username }) => username))('%s signs in and is who the other tests take for %s', async (username) => {
  const { status, body } = await signIn(username);
  expect(status).toBe(201);
  expect((await service.get(username, '/v1/me')).body).toMatchObject(body.person);
  const checked = await service.tokens.check(body.token);
  const { personId, institutionId, roles } = checked && checked !== 'ended' ? checked.caller : {};
  expect({ id: personId, institutionId, roles }).toEqual({
    id: body.person.id,
    institutionId: body.person.institutionId,
    roles: body.person.roles,
  });
});

test('a session that its person ends is refused at once, and their other one goes on', async () => {
  const [one, other] = [await tokenOf('gp'), await tokenOf('gp')];
  const { items } = (await ask(one, 'GET', '/v1/me/sessions')).body;
  const current = items.filter((session: { current: boolean }) => session.current);
  expect(current).toHaveLength(1);
  expect(await meBy(one)).toEqual([200, undefined]);
  expect((await ask(one, 'DELETE', `/v1/me/sessions/${current[0].id}`)).status).toBe(204);
  expect(await meBy(one)).toEqual([401, 'session-ended']);
  expect(await meBy(other)).toEqual([200, undefined]);
  expect((await ask(other, 'DELETE', `/v1/me/sessions/${current[0].id}`)).status).toBe(404);
});

test('nobody ends somebody else’s session', async () => {
  const theirs = await tokenOf('gp2');
  const { items } = (await ask(theirs, 'GET', '/v1/me/sessions')).body;
  expect((await ask(await tokenOf('gp'), 'DELETE', `/v1/me/sessions/${items[0].id}`)).status).toBe(404);
  expect(await meBy(theirs)).toEqual([200, undefined]);
});

test('what another process ends is refused by this one', async () => {
  const token = await tokenOf('pharmacist');
  expect(await meBy(token)).toEqual([200, undefined]);
  await endSessionsOfPerson(service.db, 'person-pharmacist', { at: new Date(now) });
  await toBeRefused(token);
  expect(await meBy(token)).toEqual([401, 'session-ended']);
});

test('whoever is deactivated is refused, and so is whoever has lost the post that they are signed in by', async () => {
  const [left, moved] = [await tokenOf('driver'), await tokenOf('courier')];
  expect([await meBy(left), await meBy(moved)]).toEqual([
    [200, undefined],
    [200, undefined],
  ]);
  await service.db.updateTable('person').set({ active: false }).where('username', '=', 'driver').execute();
  const courier = await service.db.selectFrom('person').select('id').where('username', '=', 'courier').executeTakeFirstOrThrow();
  await service.db.deleteFrom('post').where('person_id', '=', courier.id).execute();
  await toBeRefused(left);
  await toBeRefused(moved);
  expect([await meBy(left), await meBy(moved)]).toEqual([
    [401, 'session-ended'],
    [401, 'session-ended'],
  ]);
});

test('a token of before sessions were kept asks its holder to sign in again', async () => {
  const token = await new SignJWT({ inst: 'inst-c01', roles: ['gp'] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('person-gp')
    .setIssuer('carepath')
    .setAudience('carepath-api')
    .setExpirationTime(new Date(now + 60_000))
    .sign(new TextEncoder().encode(service.config.CAREPATH_TOKEN_SECRET));
  expect(await meBy(token)).toEqual([401, 'session-ended']);
});

test('a session is over after 12 hours', async () => {
  const token = await tokenOf('gp');
  now += 12 * 3_600_000 - 2_000;
  expect(await meBy(token)).toEqual([200, undefined]);
  now += 2_000;
  expect(await meBy(token)).toEqual([401, 'not-authenticated']);
});

test('somebody is told when they signed in before, and what they may do', async () => {
  await service.db.deleteFrom('sign_in_session').where('person_id', '=', 'person-head-c01').execute();
  const first = await tokenOf('head-c01');
  expect((await ask(first, 'GET', '/v1/me')).body.lastSignInAt).toBeNull();
  const at = new Date(now).toISOString();
  now += 1_000;
  const { body } = await ask(await tokenOf('head-c01'), 'GET', '/v1/me');
  expect(body.lastSignInAt).toBe(at);
  expect(body.may).toContain('listPatients');
  expect(body.may).not.toContain('recordFact');
});

test('signing in and ending a session stand in the audit', async () => {
  const { status, body } = await signIn('office');
  expect(status).toBe(201);
  const { items } = (await ask(body.token, 'GET', '/v1/me/sessions')).body;
  await ask(body.token, 'DELETE', `/v1/me/sessions/${items[0].id}`);
  const entries = await service.db
    .selectFrom('audit')
    .select(['action', 'outcome'])
    .where('target_id', '=', items[0].id)
    .orderBy('id')
    .execute();
  expect(entries).toEqual([
    { action: 'session.create', outcome: 'done' },
    { action: 'session.end', outcome: 'done' },
  ]);
});
