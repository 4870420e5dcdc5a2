/** Who gives and ends which posts, and what becomes of somebody who leaves. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newReferral } from '../support/builders/referrals.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const post = (institutionId: string, role: string) => ({ institutionId, role });
const give = (account: string, id: string, ...posts: object[]) =>
  service.post(account, '/v1/staff', { id, name: '测试', username: id, posts });
const replace = (account: string, id: string, ...posts: object[]) =>
  service.call(account, 'PUT', `/v1/staff/${id}`, { body: { name: '测试', posts } });
const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => body.code ?? status;

describe('posts', () => {
  test('of administrators are the security administrator’s, all others the system administrator’s', async () => {
    expect(codeOf(await give('sysadmin', 'p-gp', post('inst-c01', 'gp')))).toBe(201);
    expect(codeOf(await give('secadmin', 'p-nurse', post('inst-c01', 'nurse')))).toBe('role-may-not');
    for (const role of ['sysadmin', 'secadmin', 'auditor']) {
      expect(codeOf(await give('sysadmin', `p-${role}`, post('inst-h1', role)))).toBe('role-may-not');
      expect(codeOf(await give('secadmin', `p-${role}`, post('inst-h1', role)))).toBe(201);
      expect(codeOf(await replace('sysadmin', `p-${role}`, post('inst-h1', 'gp')))).toBe('role-may-not');
      // Whoever could send the link could take the account over.
      expect(codeOf(await service.post('sysadmin', `/v1/staff/p-${role}/activation`, {}))).toBe('role-may-not');
      expect(codeOf(await service.post('sysadmin', `/v1/staff/p-${role}/deactivate`, { reason: '试' }))).toBe('role-may-not');
    }
  });

  test('of two kinds of administrators are nobody’s at once, also when they are given at the same moment', async () => {
    expect(codeOf(await give('secadmin', 'p-both', post('inst-h1', 'auditor'), post('inst-h2', 'secadmin')))).toBe('roles-conflict');
    expect(codeOf(await give('sysadmin', 'p-race', post('inst-c01', 'gp')))).toBe(201);
    const insert = (role: string) =>
      sql`insert into post (person_id, institution_id, role) values ('p-race', 'inst-h1', ${role})`.execute(service.db);
    const results = await Promise.allSettled([insert('auditor'), insert('sysadmin')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('of one’s own are another’s to change', async () => {
    expect(codeOf(await service.post('secadmin', '/v1/staff/person-secadmin/deactivate', { reason: '试' }))).toBe('second-person-required');
    const own = { institutionId: 'inst-h1', departmentId: 'dept-h1-information', role: 'secadmin' };
    expect(codeOf(await replace('secadmin', 'person-secadmin', own, post('inst-h2', 'secadmin')))).toBe('second-person-required');
  });

  test('at places that there are not are named', async () => {
    const { status, body } = await give('sysadmin', 'p-nowhere', post('inst-none', 'gp'), {
      ...post('inst-c01', 'gp'),
      departmentId: 'dept-h1-cardiology',
    });
    expect([status, body.errors.map(({ path }: { path: string }) => path)]).toEqual([
      422,
      ['posts.0.institutionId', 'posts.1.departmentId'],
    ]);
  });
});

test('the last administrator stays: one after the other, and of two who are removed at once', async () => {
  await sql`delete from post where role = 'sysadmin' and person_id <> 'person-sysadmin'`.execute(service.db);
  expect(codeOf(await service.post('secadmin', '/v1/staff/person-sysadmin/deactivate', { reason: '试' }))).toBe('last-administrator');
  expect(codeOf(await give('secadmin', 'p-second', post('inst-h1', 'sysadmin')))).toBe(201);
  const leave = (id: string) => service.post('secadmin', `/v1/staff/${id}/deactivate`, { reason: '试' });
  const answers = await Promise.all([leave('person-sysadmin'), leave('p-second')]);
  expect(answers.map(codeOf).sort()).toEqual([200, 'last-administrator']);
});

test('whoever has left has no way in, and the tasks that they held are everybody’s again', async () => {
  const { body: referral } = await service.post(
    'gp',
    '/v1/referrals',
    await newReferral(service, { toDepartmentId: 'dept-h1-cardiology' }),
  );
  const { id } = await service.db.selectFrom('task').select('id').where('pathway_id', '=', referral.id).executeTakeFirstOrThrow();
  expect((await service.post('specialist', `/v1/tasks/${id}/claim`, {})).status).toBe(200);
  expect(codeOf(await give('secadmin', 'p-third', post('inst-h1', 'sysadmin')))).toBe(201);
  const { token } = await service.tokens.issue({ personId: 'p-third', institutionId: 'inst-h1', roles: ['sysadmin'] });
  const headers = { authorization: `Bearer ${token}` };
  const left = await service.post('', '/v1/staff/person-specialist/deactivate', { reason: '离职' }, { headers });
  expect(left).toMatchObject({ status: 200, body: { active: false, releasedTasks: 1 } });
  const task = await service.db.selectFrom('task').select('owner_id').where('id', '=', id).executeTakeFirstOrThrow();
  expect(task.owner_id).toBeNull();
  expect((await service.post('', '/v1/sessions', { username: 'specialist', password: 'carepath-demo' }, { key: null })).status).toBe(401);
  expect(codeOf(await service.post('', '/v1/staff/person-specialist/activation', {}, { headers }))).toBe('transition-not-allowed');
  const audited = await service.db
    .selectFrom('audit')
    .select('reason')
    .where('action', '=', 'staff.deactivate')
    .where('target_id', '=', 'person-specialist')
    .execute();
  expect(audited).toEqual([{ reason: '离职' }]);
});
