/** Signed in by the cookie of a browser: what it opens, from which pages, and until when. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoPassword } from '../../db/directory/seed-demo-alliance.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

const MINUTE_MS = 60_000;
const ownPage = { 'sec-fetch-site': 'same-origin' };
let service: Service;
let now = Date.now();
beforeAll(async () => {
  service = await startService({ worker: false, now: () => now });
});
afterAll(() => service?.stop());

const signIn = (username: string, headers: Record<string, string> = ownPage): Promise<Answer> =>
  service.post('', '/v1/browser-sessions', { username, password: demoPassword }, { key: null, headers });

const cookieOf = ({ headers }: Answer): string => headers.get('set-cookie')?.split(';')[0] ?? '';

type Method = 'GET' | 'POST' | 'DELETE';
const by = (
  cookie: string,
  method: Method,
  path: string,
  { body, ...headers }: { body?: unknown } & Record<string, unknown> = {},
): Promise<Answer> =>
  service.call('', method, path, {
    headers: { ...(method === 'GET' ? {} : ownPage), cookie, ...(headers as Record<string, string>) },
    ...(body === undefined ? {} : { body }),
  });

const outcomeOf = ({ status, body }: Answer): [number, string | undefined] => [status, body.code];

test('signing in gives a cookie that no script reads, and no token', async () => {
  const answer = await signIn('gp');
  expect(answer.status).toBe(201);
  expect(answer.headers.get('set-cookie')).toMatch(
    /^__Host-carepath=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict$/,
  );
  expect(answer.body).toMatchObject({
    person: { id: 'person-gp', roles: ['gp'], institutionId: 'inst-c01' },
    posts: [{ institutionId: 'inst-c01', role: 'gp' }],
    lockAfterSeconds: 900,
  });
  expect(JSON.stringify(answer.body)).not.toContain(cookieOf(answer).split('=')[1]);
  expect((await by(cookieOf(answer), 'GET', '/v1/me')).body.id).toBe('person-gp');
  const rows = await service.db.selectFrom('sign_in_session').selectAll().where('kind', '=', 'browser').execute();
  expect(JSON.stringify(rows)).not.toContain(cookieOf(answer).split('=')[1]);
});

test('a station locks sooner', async () => {
  expect((await signIn('technician')).body.lockAfterSeconds).toBe(300);
});

test.each([
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
  ['a typed address', { 'sec-fetch-site': 'none' }],
  ['an old browser on another origin', { origin: 'https://evil.example' }],
  ['an old browser that hides its origin', { origin: 'null' }],
  ['something that says nothing', {}],
])('what changes something is refused when it comes from %s, signing in too', async (_, headers) => {
  expect(outcomeOf(await signIn('gp', headers as Record<string, string>))).toEqual([403, 'cross-site-request']);
  const cookie = cookieOf(await signIn('gp'));
  const answer = await service.post('', '/v1/me/channel', { channel: 'wecom' }, { headers: { cookie, ...headers } });
  expect(outcomeOf(answer)).toEqual([403, 'cross-site-request']);
});

test('an old browser on the own origin is let in', async () => {
  expect((await signIn('gp', { origin: 'http://localhost' })).status).toBe(201);
});

test('beside an Authorization header the cookie is not read', async () => {
  const cookie = cookieOf(await signIn('gp'));
  for (const authorization of ['Bearer nonsense', 'Basic Z3A6eA=='])
    expect(outcomeOf(await by(cookie, 'GET', '/v1/me', { authorization }))).toEqual([401, 'not-authenticated']);
});

test('a session that nobody uses for 30 minutes is over, one that is used goes on to its 12 hours', async () => {
  const [idle, used] = [cookieOf(await signIn('gp')), cookieOf(await signIn('gp'))];
  for (let minutes = 0; minutes < 12 * 60 - 20; minutes += 20) {
    now += 20 * MINUTE_MS;
    expect((await by(used, 'GET', '/v1/me')).status, `${minutes} min`).toBe(200);
  }
  expect(outcomeOf(await by(idle, 'GET', '/v1/me'))).toEqual([401, 'session-ended']);
  now += 20 * MINUTE_MS;
  expect(outcomeOf(await by(used, 'GET', '/v1/me'))).toEqual([401, 'session-ended']);
});

test('it is unlocked by the password of its person alone', async () => {
  const cookie = cookieOf(await signIn('pharmacist'));
  const unlock = (password: string) => by(cookie, 'POST', '/v1/browser-sessions/current/unlock', { body: { password } });
  expect(outcomeOf(await unlock('a guess'))).toEqual([401, 'wrong-credentials']);
  expect((await unlock(demoPassword)).body.person.id).toBe('person-pharmacist');
});

test('it goes on by another post of its person, and by nobody else’s', async () => {
  const first = await signIn('multipost');
  const cookie = cookieOf(first);
  const other = first.body.posts.find(({ institutionId }: { institutionId: string }) => institutionId !== first.body.person.institutionId);
  const change = (institutionId: string) => by(cookie, 'POST', '/v1/browser-sessions/current/switch', { body: { institutionId } });
  expect((await change(other.institutionId)).body.person.institutionId).toBe(other.institutionId);
  expect((await by(cookie, 'GET', '/v1/me')).body).toMatchObject({ institutionId: other.institutionId, roles: [other.role] });
  expect((await change('inst-c39')).status).toBe(403);
});

test('signing out ends it and takes the cookie away; a bearer token has no such session', async () => {
  const cookie = cookieOf(await signIn('gp'));
  const out = await by(cookie, 'DELETE', '/v1/browser-sessions/current');
  expect([out.status, out.headers.get('set-cookie')]).toEqual([204, expect.stringMatching(/^__Host-carepath=; .*Max-Age=0;/)]);
  expect(outcomeOf(await by(cookie, 'GET', '/v1/me'))).toEqual([401, 'session-ended']);
  expect((await service.call('gp', 'DELETE', '/v1/browser-sessions/current')).status).toBe(404);
});

test('a made-up cookie opens nothing', async () => {
  expect(outcomeOf(await by(`__Host-carepath=${'A'.repeat(43)}`, 'GET', '/v1/me'))).toEqual([401, 'not-authenticated']);
  expect(outcomeOf(await by('__Host-carepath=', 'GET', '/v1/me'))).toEqual([401, 'not-authenticated']);
});

test('a demonstration says whom one can sign in as', async () => {
  const { items } = (await service.get('', '/v1/demo/accounts')).body;
  const [account] = items;
  expect((await service.post('', '/v1/sessions', { username: account.username, password: account.password }, { key: null })).status).toBe(
    201,
  );
  expect(items.map(({ username }: { username: string }) => username)).toContain('gp');
});
