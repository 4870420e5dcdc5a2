/** A new password: what is taken, and what changing it ends. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoPassword } from '../../db/directory/seed-demo-alliance.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

const good = '青山 green hills 7';
let service: Service;
beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service?.stop());

const signIn = (username: string, password = demoPassword): Promise<Answer> =>
  service.post('', '/v1/sessions', { username, password }, { key: null });

const by = (token: string, method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> =>
  service.call('', method, path, { key: null, headers: { authorization: `Bearer ${token}` }, ...(body ? { body } : {}) });

test('a changed password ends all other sessions and opens the next one; the old one opens nothing', async () => {
  const [mine, other] = [(await signIn('gp')).body.token, (await signIn('gp')).body.token];
  expect((await by(mine, 'POST', '/v1/me/password', { old: demoPassword, new: good })).status).toBe(204);
  expect((await by(mine, 'GET', '/v1/me')).status).toBe(200);
  const ended = await by(other, 'GET', '/v1/me');
  expect([ended.status, ended.body.code]).toEqual([401, 'session-ended']);
  expect((await signIn('gp')).status).toBe(401);
  expect((await signIn('gp', good)).status).toBe(201);
  const row = await service.db.selectFrom('audit').select('action').where('action', '=', 'password.change').execute();
  expect(row).toHaveLength(1);
});

test('without the old password nothing changes, and guesses at it lock the account', async () => {
  const { token } = (await signIn('gp2')).body;
  for (let time = 0; time < 5; time += 1) {
    const refused = await by(token, 'POST', '/v1/me/password', { old: 'a guess', new: good });
    expect([refused.status, refused.body.code]).toEqual([401, 'wrong-credentials']);
  }
  expect((await by(token, 'POST', '/v1/me/password', { old: demoPassword, new: good })).status).toBe(423);
});

test('what the policy refuses is named, and the password stays', async () => {
  const { token } = (await signIn('office')).body;
  const refused = await by(token, 'POST', '/v1/me/password', { old: demoPassword, new: 'elevenchars' });
  expect([refused.status, refused.body.code, refused.body.errors[0].path]).toEqual([422, 'invalid-request', 'new']);
  expect((await signIn('office')).status).toBe(201);
});

test('no password stands in the database', async () => {
  const { rows } = await service.pool.query("select string_agg(c::text, ' ') as text from (select * from command) c");
  const { rows: audited } = await service.pool.query("select string_agg(a::text, ' ') as text from audit a");
  for (const text of [rows[0].text ?? '', audited[0].text ?? ''])
    for (const secret of [good, demoPassword]) expect(text).not.toContain(secret);
});
