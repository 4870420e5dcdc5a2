import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localDateOf } from '../../domain/time/local-date.ts';
import { type Service, startService } from '../support/service/service.ts';

const CENTRE = 'inst-c01';
const OTHER_CENTRE = 'inst-c02';

let service: Service;

beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service.stop());

const ids = (body: { items: { id: string }[] }): string[] => body.items.map(({ id }) => id);

/** Every item of a list, page by page. */
async function everyPage(account: string, path: string, limit: number): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const joint: string = path.includes('?') ? '&' : '?';
    const { status, body } = await service.get(account, `${path}${joint}limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`);
    expect(status).toBe(200);
    expect(body.items.length).toBeLessThanOrEqual(limit);
    seen.push(...ids(body));
    cursor = body.nextCursor;
  }
  return seen;
}

async function idsOf(table: 'institution' | 'department' | 'person' | 'patient'): Promise<string[]> {
  const rows = await service.db.selectFrom(table).select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}

const auditOf = (action: string) => service.db.selectFrom('audit').selectAll().where('action', '=', action).orderBy('id').execute();

/** Nobody else has the name, so that the register does not take the patient for somebody who is there. */
const newPatient = (over: object = {}) => ({ name: `赵小满${randomUUID()}`, birthDate: '1961-07-02', sex: 'female', ...over });

describe('institutions, departments and staff', () => {
  test('every list shows everything once, whatever the page size', async () => {
    expect(await everyPage('gp', '/v1/institutions', 7)).toEqual(await idsOf('institution'));
    expect(await everyPage('driver', '/v1/departments', 50)).toEqual(await idsOf('department'));
    const working = await service.db
      .selectFrom('person')
      .innerJoin('post', 'post.person_id', 'person.id')
      .select('person.id')
      .distinct()
      .orderBy('person.id')
      .execute();
    expect(await everyPage('auditor', '/v1/staff', 100)).toEqual(working.map(({ id }) => id));
  });

  test('departments and staff can be asked for by institution and role', async () => {
    const departments = await service.get('gp', '/v1/departments?institutionId=inst-h2');
    expect(departments.body.items.length).toBeGreaterThan(3);
    expect(departments.body.items.every((item: { institutionId: string }) => item.institutionId === 'inst-h2')).toBe(true);
    const offices = await service.get('gp', '/v1/staff?institutionId=inst-h1&role=office');
    expect(ids(offices.body)).toContain('person-office');
    for (const { posts } of offices.body.items)
      expect(posts).toContainEqual(expect.objectContaining({ institutionId: 'inst-h1', role: 'office' }));
  });

  test('everybody can read whom an id means and by which posts they are signed in, also in sterile supply', async () => {
    for (const account of ['courier', 'secadmin', 'gp', 'multipost']) {
      const me = (await service.get(account, '/v1/me')).body;
      expect(me.posts).toEqual(
        expect.arrayContaining(me.roles.map((role: string) => expect.objectContaining({ institutionId: me.institutionId, role }))),
      );
      expect((await service.get(account, `/v1/staff/${me.id}`)).body).toEqual({ id: me.id, name: me.name, posts: me.posts });
    }
    expect((await service.get('gp', '/v1/staff/person-nobody')).status).toBe(404);
  });

  test('nobody reads a colleague’s phone number, address or account', async () => {
    const { body } = await service.get('secadmin', '/v1/staff?limit=200');
    for (const person of body.items) expect(Object.keys(person).sort()).toEqual(['id', 'name', 'posts']);
  });

  test.each([
    ['/v1/institutions?tier=tertiary', 'tier'],
    ['/v1/departments?institution=inst-h1', 'institution'],
    ['/v1/staff?role=surgeon', 'role'],
    ['/v1/institutions?limit=0', 'limit'],
    ['/v1/institutions?limit=201', 'limit'],
    ['/v1/institutions?cursor=nonsense', 'cursor'],
  ])('%s is refused and says where', async (path, where) => {
    const { status, body } = await service.get('gp', path);
    expect([status, body.code, body.errors[0].path]).toEqual([422, 'invalid-request', where]);
  });

  test('only for who is signed in', async () => {
    for (const path of ['/v1/institutions', '/v1/departments', '/v1/staff', '/v1/patients', '/v1/patients/patient-0001'])
      expect((await service.get('', path)).status).toBe(401);
  });
});

describe('the register of patients', () => {
  test('a centre sees its own residents, a hospital everybody', async () => {
    const own = await service.db.selectFrom('patient').select('id').where('home_institution_id', '=', CENTRE).orderBy('id').execute();
    expect(await everyPage('nurse', '/v1/patients', 4)).toEqual(own.map(({ id }) => id));
    expect(await everyPage('specialist', '/v1/patients?query=', 200)).toEqual(await idsOf('patient'));
  });

  test('is searched by part of a name, a local id, the end of a phone number', async () => {
    const { body } = await service.get('gp', `/v1/patients?query=${encodeURIComponent('淑芬')}`);
    expect(body.items[0]).toMatchObject({ id: 'patient-0003', name: '欧阳淑芬', birthDate: '1952-02-29' });
    expect(ids((await service.get('gp', '/v1/patients?query=LL00000003')).body)).toEqual(['patient-0003']);
    const { phone } = await service.db
      .selectFrom('patient')
      .select('phone')
      .where('home_institution_id', '=', CENTRE)
      .where('phone', 'is not', null)
      .orderBy('id')
      .executeTakeFirstOrThrow();
    const found = await service.get('gp', `/v1/patients?query=${phone?.slice(-4)}`);
    expect(found.body.items.length).toBeGreaterThan(0);
  });

  test('whose work is not with patients may neither list nor read them', async () => {
    for (const account of ['driver', 'technician', 'auditor', 'sysadmin', 'office'])
      expect([account, (await service.get(account, '/v1/patients')).status]).toEqual([account, 403]);
    expect((await service.get('auditor', '/v1/patients/patient-0001')).status).toBe(403);
  });

  test('somebody else’s resident is not found, and looks like nobody at all', async () => {
    const other = await service.db
      .selectFrom('patient')
      .select('id')
      .where('home_institution_id', '=', OTHER_CENTRE)
      .executeTakeFirstOrThrow();
    const hidden = await service.get('gp', `/v1/patients/${other.id}`);
    const nobody = await service.get('gp', '/v1/patients/nobody');
    const without = ({ body }: { body: object }) => ({ ...body, requestId: '' });
    expect(hidden.status).toBe(404);
    expect(without(hidden)).toEqual(without(nobody));
    expect((await service.get('specialist', `/v1/patients/${other.id}`)).status).toBe(200);
  });

  test('every look at a patient is recorded, each patient of a list included', async () => {
    const before = (await auditOf('patient.list')).length;
    const { body } = await service.get('gp', '/v1/patients?limit=3');
    const listed = (await auditOf('patient.list')).slice(before);
    expect(listed.map((row) => row.patient_ids)).toEqual([ids(body)]);

    const read = await service.get('pharmacist', '/v1/patients/patient-0001');
    expect(read.headers.get('etag')).toBe('"1"');
    expect(read.body).toMatchObject({ id: 'patient-0001', homeInstitutionId: CENTRE, version: 1 });
    expect((await auditOf('patient.read')).at(-1)).toMatchObject({
      target_id: 'patient-0001',
      patient_id: 'patient-0001',
      actor: { personId: 'person-pharmacist', role: 'pharmacist' },
    });
  });
});

describe('registering a patient', () => {
  test('answers 201 with the address, and the patient reads as registered', async () => {
    const contacts = [{ name: '赵大寒', relation: 'child', phone: '139 0000-0002' }];
    const localIds = [{ system: 'urn:test:his', value: `A-${randomUUID()}` }];
    const made = await service.post('gp', '/v1/patients', newPatient({ name: '赵小满', phone: '+86 138-0000 0001', contacts, localIds }));
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/v1/patients/${made.body.id}`);
    expect(made.headers.get('etag')).toBe('"1"');
    expect(made.body).toEqual({
      id: made.body.id,
      name: '赵小满',
      birthDate: '1961-07-02',
      sex: 'female',
      homeInstitutionId: CENTRE,
      teamId: null,
      phone: '+86 138-0000 0001',
      address: null,
      contacts: [{ id: expect.any(String), name: '赵大寒', relation: 'child', phone: '139 0000-0002' }],
      channel: 'sms',
      identityNumber: null,
      allergies: [],
      tier: null,
      diedOn: null,
      mergedInto: null,
      allowed: ['correct', 'report-death', 'propose-merger'],
      localIds,
      version: 1,
    });
    expect((await service.get('gp', `/v1/patients/${made.body.id}`)).body).toEqual(made.body);
    expect((await auditOf('patient.create')).at(-1)).toMatchObject({ patient_id: made.body.id, outcome: 'done' });
  });

  test('twenty times at once with one key registers one patient', async () => {
    const name = `同名${randomUUID()}`;
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.post('gp', '/v1/patients', newPatient({ name }), { key })));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true');
    expect(replayed).toHaveLength(19);
    for (const { headers } of answers) expect(headers.get('location')).toBe(`/v1/patients/${answers[0]?.body.id}`);
    expect(await service.db.selectFrom('patient').select('id').where('name', '=', name).execute()).toHaveLength(1);
  });

  test('a local id belongs to one patient: the second is refused, nothing of it is kept, and its key stays free', async () => {
    const localIds = [{ system: 'urn:test:his', value: `B-${randomUUID()}` }];
    const key = randomUUID();
    expect((await service.post('gp', '/v1/patients', newPatient({ localIds }))).status).toBe(201);
    const name = `另一位${randomUUID()}`;
    const refused = await service.post('gp2', '/v1/patients', newPatient({ name, localIds }), { key });
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'local-id-taken', localIds });
    expect(await service.db.selectFrom('patient').select('id').where('name', '=', name).execute()).toEqual([]);
    expect((await service.post('gp2', '/v1/patients', newPatient({ name }), { key })).status).toBe(201);
  });

  test('a centre registers its own residents, a hospital anybody’s', async () => {
    const elsewhere = await service.post('nurse', '/v1/patients', newPatient({ homeInstitutionId: OTHER_CENTRE }));
    expect([elsewhere.status, elsewhere.body.errors[0].path]).toEqual([422, 'homeInstitutionId']);
    const byHospital = await service.post('desk', '/v1/patients', newPatient({ homeInstitutionId: OTHER_CENTRE }));
    expect([byHospital.status, byHospital.body.homeInstitutionId]).toEqual([201, OTHER_CENTRE]);
    expect((await service.get('gp', `/v1/patients/${byHospital.body.id}`)).status).toBe(404);
    const nowhere = await service.post('desk', '/v1/patients', newPatient({ homeInstitutionId: 'inst-nowhere' }));
    expect([nowhere.status, nowhere.body.errors[0].path]).toEqual([422, 'homeInstitutionId']);
    expect((await service.post('desk', '/v1/patients', newPatient({ homeInstitutionId: 'inst-cssd' }))).status).toBe(422);
  });

  test('who has no work with patients registers none', async () => {
    for (const account of ['pharmacist', 'office', 'technician', 'auditor'])
      expect([account, (await service.post(account, '/v1/patients', newPatient())).status]).toEqual([account, 403]);
  });

  const tomorrow = new Date(Date.now() + 32 * 3_600_000).toISOString().slice(0, 10);
  test.each([
    ['a birth tomorrow', { birthDate: tomorrow }, 'birthDate'],
    ['a birth before 1900', { birthDate: '1899-12-31' }, 'birthDate'],
    ['a day that never was', { birthDate: '1961-02-29' }, 'birthDate'],
    ['an unknown sex', { sex: 'f' }, 'sex'],
    ['an empty name', { name: '   ' }, 'name'],
    ['a phone number in words', { phone: 'see card' }, 'phone'],
    ['a field we do not know', { wechat: 'xiaoman' }, 'wechat'],
    ['a contact without a phone', { contacts: [{ name: '赵大寒', relation: 'child' }] }, 'contacts.0.phone'],
  ])('%s is refused and says where', async (_what, over, where) => {
    const { status, body } = await service.post('gp', '/v1/patients', newPatient(over));
    expect([status, body.errors[0].path]).toEqual([422, where]);
  });

  test('somebody born today, or without a phone, can be registered', async () => {
    const today = localDateOf(Date.now());
    const { status, body } = await service.post('gp', '/v1/patients', newPatient({ birthDate: today }));
    expect([status, body.channel, body.phone]).toEqual([201, 'paper', null]);
  });
});
