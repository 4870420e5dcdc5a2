/** A second factor: begun, confirmed, asked for at sign-in, reset by two administrators. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { createGate } from '../../api/kit/gate.ts';
import { demoPassword } from '../../db/directory/seed-demo-alliance.ts';
import { createLog } from '../../platform/log.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { codeShown, setUpSecondFactor } from '../support/builders/second-factor.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

let service: Service;
let now = Date.now();
beforeAll(async () => {
  service = await startService({ worker: false, now: () => now });
});
afterAll(() => service?.stop());
beforeEach(() => {
  // Each test begins in a step of its own, and where no failure counts any more.
  now += 60 * 60_000;
});

const signIn = (username: string, more: object = {}): Promise<Answer> =>
  service.post('', '/v1/sessions', { username, password: demoPassword, ...more }, { key: null });

const by = (token: string, method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Answer> =>
  service.call('', method, path, { headers: { authorization: `Bearer ${token}` }, ...(body ? { body } : {}) });

const outcomeOf = ({ status, body }: Answer): [number, string | undefined] => [status, body.code];

const codeOf = (secret: string): string => codeShown(secret, now);

/** Resolves with the token that began it, too. */
async function activate(username: string): Promise<{ token: string; secret: string; recoveryCodes: string[] }> {
  const { token } = (await signIn(username)).body;
  const { status, body } = await by(token, 'POST', '/v1/me/second-factor', {});
  expect(status).toBe(201);
  expect((await by(token, 'POST', '/v1/me/second-factor/confirm', { code: codeOf(body.secret) })).status).toBe(204);
  now += 30_000;
  return { token, ...body };
}

test('a factor that is not confirmed asks nobody for a code', async () => {
  const { token } = (await signIn('gp')).body;
  const { body } = await by(token, 'POST', '/v1/me/second-factor', {});
  expect(body.uri).toContain(`otpauth://totp/carepath:gp?`);
  expect(body.recoveryCodes).toHaveLength(10);
  expect(outcomeOf(await by(token, 'POST', '/v1/me/second-factor/confirm', { code: '000000' }))).toEqual([401, 'wrong-credentials']);
  expect((await signIn('gp')).status).toBe(201);
});

test('with an active factor the password alone is not enough, and a wrong code is answered like a wrong password', async () => {
  const { secret } = await activate('gp2');
  expect(outcomeOf(await signIn('gp2'))).toEqual([401, 'second-factor-required']);
  const [wrongCode, wrongPassword] = [await signIn('gp2', { secondFactor: '000000' }), await signIn('gp2', { password: 'a guess' })];
  expect({ ...wrongCode.body, requestId: '' }).toEqual({ ...wrongPassword.body, requestId: '' });
  expect((await signIn('gp2', { secondFactor: codeOf(secret) })).status).toBe(201);
  now += 30_000;
  expect((await signIn('gp2', { code: codeOf(secret) })).status).toBe(201);
});

test('a code counts once, and so does a recovery code', async () => {
  const { secret, recoveryCodes } = await activate('specialist');
  const code = codeOf(secret);
  expect((await signIn('specialist', { secondFactor: code })).status).toBe(201);
  expect((await signIn('specialist', { secondFactor: code })).status).toBe(401);
  const [recovery = ''] = recoveryCodes;
  expect((await signIn('specialist', { secondFactor: recovery.toLowerCase() })).status).toBe(201);
  expect((await signIn('specialist', { secondFactor: recovery })).status).toBe(401);
});

test('guesses at a code lock the account, although the password is right', async () => {
  const { secret } = await activate('nurse');
  for (let time = 0; time < 5; time += 1) {
    expect((await signIn('nurse', { secondFactor: '000000' })).status).toBe(401);
    // The password alone does not begin the count anew.
    if (time < 4) expect(outcomeOf(await signIn('nurse'))).toEqual([401, 'second-factor-required']);
  }
  expect(outcomeOf(await signIn('nurse', { secondFactor: codeOf(secret) }))).toEqual([423, 'account-locked']);
});

test('it is taken away with a code, and never replaced without', async () => {
  const { token, secret } = await activate('desk');
  expect(outcomeOf(await by(token, 'POST', '/v1/me/second-factor', {}))).toEqual([409, 'already-exists']);
  expect((await by(token, 'DELETE', '/v1/me/second-factor', { code: '000000' })).status).toBe(401);
  expect((await by(token, 'DELETE', '/v1/me/second-factor', { code: codeOf(secret) })).status).toBe(204);
  expect((await signIn('desk')).status).toBe(201);
});

test('two administrators take somebody’s factor away together, which ends their sessions', async () => {
  const { token } = await activate('office');
  const office = '/v1/accounts/person-office/reset-second-factor';
  const reset = (account: string) => service.post(account, office, { reason: '手机遗失' });
  expect((await reset('gp')).status).toBe(403);
  expect((await reset('secadmin')).body).toEqual({ personId: 'person-office', state: 'proposed' });
  expect(outcomeOf(await reset('secadmin'))).toEqual([409, 'second-person-required']);
  expect(outcomeOf(await by(token, 'GET', '/v1/me'))).toEqual([200, undefined]);
  expect((await reset('sysadmin')).body).toEqual({ personId: 'person-office', state: 'done' });
  expect(outcomeOf(await by(token, 'GET', '/v1/me'))).toEqual([401, 'session-ended']);
  expect((await signIn('office')).status).toBe(201);
  expect((await service.post('secadmin', '/v1/accounts/person-nobody/reset-second-factor', { reason: 'x' })).status).toBe(404);
});

test('outside a demonstration an administrator can do nothing but set up a factor until one is active; other roles as configured', async () => {
  const { db, client, tokens } = service;
  const config = { ...service.config, CAREPATH_DEMO: false, CAREPATH_SECOND_FACTOR_ROLES: ['head'] };
  const parts = { config, db, client, tokens, log: createLog('api', 'silent'), metrics: createMetrics(), gate: createGate(7) };
  const app = createApp({ ...parts, checkAnswers: true });
  const ask = async (token: string, path: string) => {
    const response = await app.request(path, { headers: { authorization: `Bearer ${token}` } });
    const { code } = (await response.json()) as { code?: string };
    return [response.status, code];
  };
  const tokenOf = async (username: string): Promise<string> => (await signIn(username)).body.token;
  for (const username of ['auditor', 'head-c01']) {
    const token = await tokenOf(username);
    expect(await ask(token, '/v1/institutions')).toEqual([401, 'second-factor-required']);
    expect(await ask(token, '/v1/me')).toEqual([200, undefined]);
    await setUpSecondFactor(service, token);
    expect(await ask(token, '/v1/institutions')).toEqual([200, undefined]);
  }
  expect(await ask(await tokenOf('pharmacist'), '/v1/institutions')).toEqual([200, undefined]);
});

test('neither the secret nor a recovery code stands in the database', async () => {
  const { secret, recoveryCodes } = await activate('multipost');
  const { rows } = await service.pool.query(`
    select concat((select string_agg(f::text, ' ') from second_factor f), (select string_agg(c::text, ' ') from recovery_code c),
      (select string_agg(m::text, ' ') from command m), (select string_agg(a::text, ' ') from audit a)) as text`);
  for (const text of [secret, ...recoveryCodes]) expect(rows[0].text).not.toContain(text);
});
