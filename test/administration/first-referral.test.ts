/** From an empty database to the first referral of a real alliance, by nobody but its people and without a statement of SQL. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAdministratorRole } from '../../domain/alliance/administrators.ts';
import { runCommandLine } from '../../worker/command-line.ts';
import { setUpSecondFactor } from '../support/builders/second-factor.ts';
import { testDatabase } from '../support/service/database.ts';
import { type Service, startService } from '../support/service/service.ts';

let databaseUrl: string;
let service: Service;
beforeAll(async () => {
  databaseUrl = await testDatabase();
  service = await startService({ realDatabaseUrl: databaseUrl });
});
afterAll(() => service?.stop());

async function runSetUp(over: Partial<Record<'system' | 'security', string>> = {}) {
  const written = { out: '', err: '' };
  const { system = 'li.wei', security = 'zhou.jie' } = over;
  const names = ['--hospital-zh', '临澜市人民医院', '--hospital-en', 'Linlan Hospital', '--system', system, '--security', security];
  const code = await runCommandLine(['setup', ...names], {
    environment: { DATABASE_URL: databaseUrl, CAREPATH_PUBLIC_URL: 'https://carepath.example' },
    out: { write: (text) => (written.out += text) },
    err: { write: (text) => (written.err += text) },
  });
  return { code, ...written };
}

const tokenIn = (url: string): string => new URL(url).hash.replace('#token=', '');

async function activate(token: string, password: string) {
  return service.post('', '/v1/activations', { token, password }, { key: null });
}

/** Somebody of the alliance, signed in. */
async function signIn(username: string, password: string) {
  const { status, body } = await service.post('', '/v1/sessions', { username, password }, { key: null });
  expect([username, status]).toEqual([username, 201]);
  // An administrator of a real alliance can do nothing without a second factor.
  if (body.person.roles.some(isAdministratorRole)) await setUpSecondFactor(service, body.token);
  const headers = { authorization: `Bearer ${body.token}` };
  return {
    get: (path: string) => service.call('', 'GET', path, { headers }),
    post: (path: string, content: unknown) => service.call('', 'POST', path, { body: content, headers }),
    put: (path: string, content: unknown) => service.call('', 'PUT', path, { body: content, headers }),
  };
}

test('setup, links, a centre, a doctor: the doctor refers', async () => {
  expect(await runSetUp({ security: 'li.wei' })).toMatchObject({ code: 2, out: '' });
  const made = await runSetUp();
  expect(made).toMatchObject({ code: 0, err: '' });
  const [forSystem, forSecurity] = [...made.out.matchAll(/https:\/\/\S+/g)].map(([url]) => tokenIn(url));
  if (!forSystem || !forSecurity) throw new Error('setup has shown no links');
  expect(await runSetUp()).toEqual({
    code: 1,
    out: '',
    err: 'This database is not empty: setup makes a new alliance only where there is none yet.\n',
  });

  // The policy refuses without using the link up.
  expect((await activate(forSystem, 'too short')).status).toBe(422);
  expect(await activate(forSystem, 'a long enough pass phrase')).toMatchObject({ status: 204, body: '' });
  expect((await activate(forSystem, 'another long pass phrase')).status).toBe(404);
  expect((await activate(forSecurity, 'quite another pass phrase')).status).toBe(204);

  const system = await signIn('li.wei', 'a long enough pass phrase');
  const centre = { id: 'c01', nameZh: '青石社康中心', nameEn: 'Qingshi Centre', tier: 'primary', kind: 'community-health-centre' };
  expect(await system.post('/v1/institutions', centre)).toMatchObject({ status: 201, body: { ...centre, telephone: null } });
  expect((await system.post('/v1/institutions', centre)).body.code).toBe('already-exists');
  const departments = await system.get('/v1/departments?institutionId=c01');
  expect(departments.body.items).toMatchObject([{ code: 'general-practice', isReferralDesk: true }]);

  const doctor = { id: 'c01-gp-1', name: '王敏', username: 'wang.min', posts: [{ institutionId: 'c01', role: 'gp' }] };
  expect(await system.post('/v1/staff', doctor)).toMatchObject({ status: 201, body: { activated: false, active: true } });
  const invited = await system.post('/v1/staff/c01-gp-1/activation', {});
  expect(invited.status).toBe(200);
  expect((await activate(tokenIn(invited.body.url), 'the pass phrase of a doctor')).status).toBe(204);

  const gp = await signIn('wang.min', 'the pass phrase of a doctor');
  const patient = await gp.post('/v1/patients', { name: '陈建国', birthDate: '1956-03-01', sex: 'male', phone: '13800000000' });
  expect(patient.status).toBe(201);
  const referral = await gp.post('/v1/referrals', {
    patientId: patient.body.id,
    direction: 'up',
    urgency: 'routine',
    toInstitutionId: 'h1',
    reason: '活动后胸痛两周',
    consent: { given: true, recordedAt: new Date().toISOString() },
  });
  expect(referral).toMatchObject({ status: 201, body: { status: 'received', initiator: { institutionId: 'c01', personId: 'c01-gp-1' } } });
});
