/** Who has signed in: the other tests take their tokens as this one shows that signing in gives them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoPassword } from '../../db/directory/seed-demo-alliance.ts';
import { demoAccounts } from '../../domain/demo/staff.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service?.stop());

test.each(demoAccounts.map(({ username }) => username))('%s signs in and is who the other tests take for %s', async (username) => {
  const { status, body } = await service.post('', '/v1/sessions', { username, password: demoPassword }, { key: null });
  expect(status).toBe(201);
  expect((await service.get(username, '/v1/me')).body).toMatchObject(body.person);
  const { personId, institutionId, roles } = (await service.tokens.check(body.token)) ?? {};
  expect({ id: personId, institutionId, roles }).toEqual({
    id: body.person.id,
    institutionId: body.person.institutionId,
    roles: body.person.roles,
  });
});
