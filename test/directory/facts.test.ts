/** Facts are stored once, answered precisely, and change what the directory shows. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  deliverAll,
  listAuditOfFact,
  listUnsettledDeliveries,
  newFact,
  newResident,
  postFact,
  reportFact,
  residentOf,
} from '../support/builders/facts.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const HOUR = 3_600_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

describe('a fact is stored once', () => {
  test('with its effect on the directory and its audit entry: when it happened, when it was recorded', async () => {
    const patientId = await newResident(service);
    const occurredAt = ago(3 * HOUR);
    const factId = await reportFact(service, { patientId, occurredAt });
    expect(await residentOf(service, patientId)).toEqual({
      deceasedAt: new Date(occurredAt),
      homeInstitutionId: 'inst-c01',
      mergedIntoId: null,
      version: 2,
    });
    const entries = await listAuditOfFact(service, factId);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      action: 'fact.patient-died',
      actor: { personId: 'person-gateway', role: 'gateway' },
      patient_id: patientId,
      outcome: 'done',
      code: null,
      happened_at: new Date(occurredAt),
    });
    expect(Date.now() - (entries[0]?.recorded_at.getTime() ?? 0)).toBeLessThan(60_000);
  });

  test('the same message again, under another key: its first id, and nothing happens twice', async () => {
    const patientId = await newResident(service);
    const fact = newFact({ patientId });
    const first = await postFact(service, fact);
    const again = await postFact(service, fact);
    expect([again.status, again.body]).toEqual([202, { factId: first.body.factId, duplicate: true }]);
    expect((await residentOf(service, patientId)).version).toBe(2);
    expect(await listAuditOfFact(service, first.body.factId)).toHaveLength(1);
  });

  test('another body under the same message id: the first one counts, the difference is recorded', async () => {
    const [patientId, otherId] = [await newResident(service), await newResident(service)];
    const fact = newFact({ patientId });
    const first = await postFact(service, fact);
    const again = await postFact(service, { ...fact, patientId: otherId });
    expect([again.status, again.body]).toEqual([202, { factId: first.body.factId, duplicate: true }]);
    expect((await residentOf(service, otherId)).deceasedAt).toBeNull();
    expect((await listAuditOfFact(service, first.body.factId)).map(({ action }) => action)).toEqual(['fact.patient-died', 'fact-differs']);
  });

  test('the same key and body: the first answer; the same key with another body is refused', async () => {
    const fact = newFact({ patientId: await newResident(service) });
    const key = randomUUID();
    const first = await postFact(service, fact, key);
    const again = await postFact(service, fact, key);
    expect([again.body, again.headers.get('idempotency-replayed')]).toEqual([first.body, 'true']);
    expect((await postFact(service, { ...fact, messageId: randomUUID() }, key)).status).toBe(422);
  });

  test('twenty times at once', async () => {
    const patientId = await newResident(service);
    const fact = newFact({ patientId });
    const answers = await Promise.all(Array.from({ length: 20 }, () => postFact(service, fact)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    expect(new Set(answers.map(({ body }) => body.factId)).size).toBe(1);
    expect(answers.filter(({ body }) => !body.duplicate)).toHaveLength(1);
    expect((await residentOf(service, patientId)).version).toBe(2);
  });

  test('one message id of two sources is two facts', async () => {
    const patientId = await newResident(service);
    const fact = newFact({ patientId });
    const [one, two] = [await postFact(service, fact), await postFact(service, { ...fact, source: 'his-other' })];
    expect([one.body.duplicate, two.body.duplicate]).toEqual([false, false]);
  });
});

describe('a malformed message is answered precisely, and leaves nothing', () => {
  test.each([
    ['no source', { source: undefined }, 'source'],
    ['no message id', { messageId: '' }, 'messageId'],
    ['an unknown type', { type: 'patient-sneezed' }, 'type'],
    ['no instant', { occurredAt: '2026-03-01' }, 'occurredAt'],
    ['an instant in ten minutes', { occurredAt: new Date(Date.now() + 10 * 60_000).toISOString() }, 'occurredAt'],
    ['nobody', { patientId: undefined }, 'patientId'],
    ['two names of the patient', { localId: { system: 'urn:his', value: '1' } }, 'patientId'],
    ['a local id without its system', { patientId: undefined, localId: { value: '1' } }, 'localId.system'],
    ['a move to nowhere', { type: 'patient-moved' }, 'homeInstitutionId'],
    ['a move out of the directory', { type: 'patient-moved', homeInstitutionId: 'inst-nowhere' }, 'homeInstitutionId'],
    ['an admission to the sterile supply', { type: 'patient-admitted', institutionId: 'inst-cssd' }, 'institutionId'],
    ['a merger without a survivor', { type: 'patients-merged' }, 'survivorPatientId'],
    ['what belongs to another type', { homeInstitutionId: 'inst-c02' }, 'homeInstitutionId'],
  ])('%s', async (_what, over, where) => {
    const before = await service.db.selectFrom('fact').select('id').execute();
    const { status, body } = await postFact(service, newFact({ patientId: 'patient-0001', ...over }));
    expect([status, body.code, body.errors[0].path]).toEqual([422, 'invalid-request', where]);
    expect(await service.db.selectFrom('fact').select('id').execute()).toEqual(before);
  });

  test('a clock four minutes ahead is no mistake', async () => {
    await reportFact(service, { patientId: await newResident(service), occurredAt: new Date(Date.now() + 4 * 60_000).toISOString() });
  });

  test('people do not report facts, machines do not go without a key', async () => {
    for (const account of ['gp', 'desk', 'office', 'sysadmin'])
      expect([account, (await service.post(account, '/v1/facts', newFact({ patientId: 'patient-0001' }))).status]).toEqual([account, 403]);
    const { status, body } = await service.post('gateway', '/v1/facts', newFact({ patientId: 'patient-0001' }), { key: null });
    expect([status, body.code]).toEqual([400, 'idempotency-key-required']);
  });
});

describe('what the directory shows', () => {
  const moved = (patientId: string, homeInstitutionId: string, occurredAt: string) =>
    reportFact(service, { type: 'patient-moved', patientId, homeInstitutionId, occurredAt });

  test('a late report of an earlier move does not undo the later one', async () => {
    const patientId = await newResident(service);
    await moved(patientId, 'inst-c03', ago(HOUR));
    await moved(patientId, 'inst-c02', ago(5 * HOUR));
    expect((await residentOf(service, patientId)).homeInstitutionId).toBe('inst-c03');
    await moved(patientId, 'inst-c04', ago(0));
    expect((await residentOf(service, patientId)).homeInstitutionId).toBe('inst-c04');
  });

  test('who has moved away is no longer seen at the old centre, but at the new one', async () => {
    const patientId = await newResident(service);
    expect((await service.get('gp', `/v1/patients/${patientId}`)).status).toBe(200);
    await moved(patientId, 'inst-c02', ago(0));
    expect((await service.get('gp', `/v1/patients/${patientId}`)).status).toBe(404);
    expect((await service.get('gp2', `/v1/patients/${patientId}`)).status).toBe(200);
  });

  test('a patient is found by the local id of the sending system', async () => {
    const patientId = await newResident(service);
    const localId = { system: 'urn:his', value: randomUUID() };
    await service.db
      .insertInto('patient_local_id')
      .values({ ...localId, patient_id: patientId })
      .execute();
    await reportFact(service, { localId });
    expect((await residentOf(service, patientId)).deceasedAt).not.toBeNull();
  });

  test('a merger leads to the last record of the chain, whichever link was reported first', async () => {
    for (const firstLink of [0, 1]) {
      const [a, b, c] = [await newResident(service), await newResident(service), await newResident(service)] as const;
      const links = [
        { type: 'patients-merged', patientId: a, survivorPatientId: b },
        { type: 'patients-merged', patientId: b, survivorPatientId: c },
      ];
      const died = ago(HOUR);
      await reportFact(service, { patientId: a, occurredAt: died });
      for (const link of firstLink === 0 ? links : links.reverse()) await reportFact(service, link);
      await moved(b, 'inst-c05', ago(0));
      for (const [id, into] of [
        [a, b],
        [b, c],
        [c, null],
      ] as const)
        expect(await residentOf(service, id)).toMatchObject({
          deceasedAt: new Date(died),
          homeInstitutionId: 'inst-c05',
          mergedIntoId: into,
        });
    }
  });
});

test('nothing is owed in the end', async () => {
  await deliverAll(service);
  expect(await listUnsettledDeliveries(service)).toEqual([]);
});
