import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newFact, newResident, postFact } from '../../support/builders/facts.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service.stop());

const person = { birthDate: '1949-12-31', sex: 'female' } as const;
const IDENTITY = '11010519491231002X';

test('a resident is registered once, corrected with a reason, and what was there before stays readable', async () => {
  const body = { ...person, name: '买买提·艾力', phone: '+86 138-0000 9001', address: '人民路 1 号', identityNumber: '11010519491231002x' };
  const made = await service.post('gp', '/v1/patients', body);
  expect(made).toMatchObject({ status: 201, body: { identityNumber: IDENTITY, phone: '+86 138-0000 9001', diedOn: null } });
  const { id } = made.body;
  const at = `/v1/patients/${id}`;

  const twice = await service.post('gp', '/v1/patients', { ...person, name: '买买提•艾力' });
  expect(twice).toMatchObject({ status: 409, body: { code: 'possible-duplicate', candidates: [{ id, matches: ['name'] }] } });
  const other = await service.post('gp', '/v1/patients', { ...person, name: '买买提•艾力', notDuplicateOf: [id] });
  expect(other.status).toBe(201);
  const same = { ...person, name: '别人', identityNumber: IDENTITY, notDuplicateOf: [id] };
  expect((await service.post('gp', '/v1/patients', same)).body).toMatchObject({ code: 'possible-duplicate' });
  const taken = await service.call('gp', 'PATCH', `/v1/patients/${other.body.id}`, { body: { identityNumber: IDENTITY, reason: '补录' } });
  expect(taken.body).toMatchObject({ code: 'possible-duplicate', candidates: [{ id, matches: ['identityNumber'] }] });

  for (const query of ['买买提艾力', '买买提・艾力', '138 0000 9001', '＋８６13800009001', IDENTITY])
    expect([
      query,
      (await service.get('gp', `/v1/patients?query=${encodeURIComponent(query)}`)).body.items.map((item: { id: string }) => item.id),
    ]).toEqual([query, expect.arrayContaining([id])]);

  const [listed] = (await service.get('gp', `/v1/patients?query=${IDENTITY}`)).body.items;
  expect(listed).toMatchObject({ id, identityNumber: '110*************2X' });

  const wrong = await service.call('gp', 'PATCH', at, { body: { birthDate: '1949-12-30', reason: '更正' } });
  expect([wrong.status, wrong.body.errors[0].path]).toEqual([422, 'identityNumber']);
  const stale = await service.call('gp', 'PATCH', at, { body: { phone: null, reason: '停机' }, headers: { 'if-match': '"7"' } });
  expect(stale.status).toBe(412);
  const contacts = [{ name: '艾力', relation: 'child', phone: '13900009002' }];
  const changes = { phone: '0755-26001234', contacts, identityNumber: null, reason: '居民来电' };
  const corrected = await service.call('gp', 'PATCH', at, { body: changes, headers: { 'if-match': made.headers.get('etag') as string } });
  expect(corrected).toMatchObject({ status: 200, body: { phone: '0755-26001234', identityNumber: null, version: 2 } });
  const [{ id: contactId }] = corrected.body.contacts;
  const kept = await service.call('gp', 'PATCH', at, {
    body: { contacts: [{ ...contacts[0], id: contactId, name: '艾力江' }], reason: '更正' },
  });
  expect(kept.body.contacts).toMatchObject([{ id: contactId, name: '艾力江' }]);

  const history = await service.get('gp', `${at}/changes`);
  expect(history.body.items).toHaveLength(4);
  expect(history.body.items.find(({ field }: { field: string }) => field === 'identityNumber')).toMatchObject({
    before: '110*************2X',
    after: null,
    reason: '居民来电',
    by: { id: 'person-gp' },
  });
  expect((await service.call('desk', 'PATCH', at, { body: { phone: null, reason: '无' } })).status).toBe(403);
  expect((await service.get('specialist', at)).body).toMatchObject({ phone: null, address: null, contacts: [] });
});

test('two records become one when a second person says so; what contradicts goes no further', async () => {
  const [patientId, intoId, man] = await Promise.all([
    newResident(service),
    newResident(service),
    newResident(service, 'inst-c01', { sex: 'male' }),
  ]);
  const propose = (account: string, into: string) =>
    service.post(account, `/v1/patients/${patientId}/propose-merger`, { intoId: into, reason: '同一人' });
  expect((await propose('nurse', man)).body.code).toBe('merger-contradicts');
  const proposed = await propose('gp', intoId);
  expect(proposed).toMatchObject({ status: 201, body: { state: 'proposed' } });
  const at = `/v1/mergers/${proposed.body.id}`;
  const tasks = await service.db.selectFrom('task').select('name').where('patient_id', '=', patientId).execute();
  expect(tasks).toEqual([{ name: 'confirm-merger' }]);
  expect((await service.post('nurse', `${at}/confirm`, {})).status).toBe(403);
  expect((await service.post('gp', `${at}/confirm`, {})).body.code).toBe('second-person-required');
  expect((await service.post('head-c01', `${at}/confirm`, {})).body).toMatchObject({ state: 'merged' });
  expect((await service.post('head-c01', `${at}/reject`, {})).body).toMatchObject({ code: 'transition-not-allowed', state: 'merged' });
  expect((await service.get('gp', '/v1/mergers?state=merged')).body.items).toMatchObject([{ id: proposed.body.id, patientId, intoId }]);
  expect((await service.get('gp', `/v1/patients/${patientId}`)).body.mergedInto).toBe(intoId);
  const list = async (include: string) =>
    (await service.get('gp', `/v1/patients?query=${encodeURIComponent('测试')}&limit=200${include}`)).body.items.map(
      ({ id }: { id: string }) => id,
    );
  expect(await list('')).not.toContain(patientId);
  expect(await list('&include=merged,died')).toEqual(expect.arrayContaining([patientId, intoId]));
});

test('a merger of two who cannot be one, and a death before the birth, wait for an identity review', async () => {
  const [woman, man] = await Promise.all([newResident(service), newResident(service, 'inst-c01', { sex: 'male' })]);
  await postFact(service, newFact({ patientId: woman, type: 'patients-merged', survivorPatientId: man, messageId: randomUUID() }));
  await postFact(service, newFact({ patientId: woman, occurredAt: '1900-01-01T00:00:00Z' }));
  const reasons = await service.db
    .selectFrom('identity_review')
    .innerJoin('fact', 'fact.id', 'identity_review.fact_id')
    .select('reason')
    .where('fact.patient_id', '=', woman)
    .orderBy('reason')
    .execute();
  expect(reasons).toEqual([{ reason: 'died-before-birth' }, { reason: 'merger-contradicts' }]);
  expect((await service.get('gp', `/v1/patients/${woman}`)).body).toMatchObject({ mergedInto: null, diedOn: null });
});
