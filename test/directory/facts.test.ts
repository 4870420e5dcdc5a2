/** Facts from other systems: never refused, stored once, shown in the directory, delivered to whoever is concerned. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type FactDetails, recordFact } from '../../db/directory/facts.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import type { PatientFact } from '../../domain/kit/facts.ts';
import {
  decidedFacts,
  deliverAll,
  newFact,
  newReceivedReferral,
  newResident,
  postFact,
  referralOf,
  residentOf,
  unsettled,
} from '../support/builders/facts.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const HOUR = 3_600_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

const auditOf = (factId: string) => service.db.selectFrom('audit').selectAll().where('target_id', '=', factId).orderBy('id').execute();
const pathwayOf = (id: string) => service.db.selectFrom('pathway').select('status').where('id', '=', id).executeTakeFirstOrThrow();
const factOf = (id: string) => service.db.selectFrom('fact').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

async function reported(fact: Record<string, unknown>): Promise<string> {
  const { status, body } = await postFact(service, newFact(fact));
  expect([status, body.duplicate]).toEqual([202, false]);
  return body.factId;
}

describe('a fact is stored once', () => {
  test('with its effect on the directory and its audit entry: when it happened, when it was recorded', async () => {
    const patientId = await newResident(service);
    const occurredAt = ago(3 * HOUR);
    const factId = await reported({ patientId, occurredAt });
    expect(await residentOf(service, patientId)).toEqual({
      deceasedAt: new Date(occurredAt),
      homeInstitutionId: 'inst-c01',
      mergedIntoId: null,
      version: 2,
    });
    const entries = await auditOf(factId);
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
    expect(await auditOf(first.body.factId)).toHaveLength(1);
  });

  test('another body under the same message id: the first one counts, the difference is recorded', async () => {
    const [patientId, otherId] = [await newResident(service), await newResident(service)];
    const fact = newFact({ patientId });
    const first = await postFact(service, fact);
    const again = await postFact(service, { ...fact, patientId: otherId });
    expect([again.status, again.body]).toEqual([202, { factId: first.body.factId, duplicate: true }]);
    expect((await residentOf(service, otherId)).deceasedAt).toBeNull();
    expect((await auditOf(first.body.factId)).map(({ action }) => action)).toEqual(['fact.patient-died', 'fact-differs']);
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
    await reported({ patientId: await newResident(service), occurredAt: new Date(Date.now() + 4 * 60_000).toISOString() });
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
    reported({ type: 'patient-moved', patientId, homeInstitutionId, occurredAt });

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
    await reported({ localId });
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
      await reported({ patientId: a, occurredAt: died });
      for (const link of firstLink === 0 ? links : links.reverse()) await reported(link);
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

describe('a referral hears of what has happened', () => {
  test('a death ends it, once, however often it was reported', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    const fact = newFact({ patientId });
    const { body } = await postFact(service, fact);
    await postFact(service, fact);
    await deliverAll(service);
    expect(await referralOf(service, id)).toEqual({ status: 'cancelled', statusReason: 'patient-died', patientId });
    expect(await decidedFacts(service, id)).toEqual([body.factId]);
    expect((await service.get('gp', `/v1/referrals/${id}`)).body.status).toBe('cancelled');
  });

  test('what two systems report is two facts, told in the order in which they came', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    const admission = { type: 'patient-admitted', patientId, institutionId: 'inst-h1' };
    const facts = [await reported(admission), await reported({ ...admission, source: 'his-other', occurredAt: ago(HOUR) })];
    await deliverAll(service);
    expect(await decidedFacts(service, id)).toEqual(facts);
    expect((await referralOf(service, id)).status).toBe('received');
  });

  test('a death that is reported when it has ended already changes nothing', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    const admitted = await reported({ type: 'patient-admitted', patientId, institutionId: 'inst-h3' });
    await deliverAll(service);
    const died = await reported({ patientId });
    await deliverAll(service);
    expect(await decidedFacts(service, id)).toEqual([admitted, died]);
    expect(await referralOf(service, id)).toMatchObject({ status: 'cancelled', statusReason: 'patient-admitted' });
  });

  test('all of a patient’s referrals hear of it, nobody else’s do', async () => {
    const [patientId, otherId] = [await newResident(service), await newResident(service)];
    const one = await newReceivedReferral(service, patientId);
    const { body: two } = await service.post('gp', '/v1/referrals', await newReferral(service, { patientId, toInstitutionId: 'inst-h2' }));
    const other = await newReceivedReferral(service, otherId);
    const factId = await reported({ patientId });
    await deliverAll(service);
    expect(await Promise.all([one, two.id, other].map((id) => decidedFacts(service, id)))).toEqual([[factId], [factId], []]);
    expect((await referralOf(service, other)).status).toBe('received');
  });

  test('a merger gives it the survivor’s id, also where the survivor was merged before', async () => {
    const [a, b, c] = [await newResident(service), await newResident(service), await newResident(service)] as const;
    const id = await newReceivedReferral(service, a);
    const ofSurvivor = await newReceivedReferral(service, c);
    await reported({ type: 'patients-merged', patientId: b, survivorPatientId: c });
    const merged = await reported({ type: 'patients-merged', patientId: a, survivorPatientId: b });
    await deliverAll(service);
    expect((await referralOf(service, id)).patientId).toBe(c);
    expect(await decidedFacts(service, ofSurvivor)).toEqual([]);

    // Whatever is reported under any of the names concerns the one person.
    const died = await reported({ patientId: b });
    await deliverAll(service);
    expect(await decidedFacts(service, id)).toEqual([merged, died]);
    expect(await decidedFacts(service, ofSurvivor)).toEqual([died]);
  });

  test('a move takes the centre’s task to the new home centre, unclaimed; a merger keeps it with whoever holds it', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    await service.post('specialist', `/v1/referrals/${id}/send-acceptance`, {});
    await service.post('specialist', `/v1/referrals/${id}/schedule-visit`, {
      startsAt: '2099-01-01T00:00:00Z',
      endsAt: '2099-01-01T01:00:00Z',
    });
    await service.post('specialist', `/v1/referrals/${id}/request-information`, { question: '?' });
    const taskOf = async (account: string) => {
      const { body } = await service.get(account, '/v1/worklist?limit=200');
      return body.items.find((item: { pathwayId: string; name: string }) => item.pathwayId === id && item.name === 'answer-information');
    };
    const survivorPatientId = await newResident(service);
    expect((await service.post('gp', `/v1/tasks/${(await taskOf('gp')).id}/claim`, {})).status).toBe(200);
    await reported({ type: 'patients-merged', patientId, survivorPatientId });
    await deliverAll(service);
    expect(await taskOf('gp')).toMatchObject({ owner: { personId: 'person-gp' }, patient: { id: survivorPatientId } });
    await reported({ type: 'patient-moved', patientId: survivorPatientId, homeInstitutionId: 'inst-c02' });
    await deliverAll(service);
    expect(await taskOf('gp')).toBeUndefined();
    expect(await taskOf('gp2')).toMatchObject({ owner: null });
    expect((await service.post('gp2', `/v1/tasks/${(await taskOf('gp2')).id}/claim`, {})).status).toBe(200);
    expect((await service.post('gp2', `/v1/referrals/${id}/answer-information`, { answer: '已上传' })).status).toBe(200);
  });

  test('what was known before it began is not told again', async () => {
    const patientId = await newResident(service);
    await reported({ type: 'patient-moved', patientId, homeInstitutionId: 'inst-c01', occurredAt: ago(HOUR) });
    const id = await newReceivedReferral(service, patientId);
    await deliverAll(service);
    expect(await decidedFacts(service, id)).toEqual([]);
  });

  test('a pathway that has ended is owed nothing', async () => {
    const patientId = await newResident(service);
    const { body } = await service.post('gp', '/v1/referrals', await newReferral(service, { patientId, draft: true }));
    await service.post('gp', `/v1/referrals/${body.id}/withdraw`, { reason: '患者要求' });
    await service.fastForward(body.id, 'P30D');
    await vi.waitUntil(async () => (await pathwayOf(body.id)).status === 'ended', { timeout: 20_000 });
    const factId = await reported({ patientId });
    expect(await service.db.selectFrom('fact_delivery').selectAll().where('fact_id', '=', factId).execute()).toEqual([]);
  });
});

describe('a fact that is being recorded while a referral of the patient is being created', () => {
  /** The referral is checked before the fact is committed, and its command is to be stored while it is. */
  async function createdDuring(change: (trx: Trx, patientId: string) => Promise<unknown>) {
    const patientId = await newResident(service);
    const form = await newReferral(service, { patientId, toDepartmentId: 'dept-h1-cardiology' });
    await service.get('gp', '/v1/me'); // signed in before anything is locked
    const answer = await service.db.transaction().execute(async (trx) => {
      await change(trx, patientId);
      const asked = service.post('gp', '/v1/referrals', form);
      await vi.waitUntil(async () => (await waitingForLocks()) > 0, { timeout: 10_000, interval: 10 });
      return { asked }; // not awaited here: it waits for this transaction
    });
    return { patientId, answer: await answer.asked };
  }

  const waitingForLocks = async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%insert into command%'`.execute(service.db);
    return rows[0]?.count ?? 0;
  };

  const gateway = { actor: { personId: 'person-gateway', institutionId: 'inst-h1', role: 'gateway' }, requestId: 'test' };
  const recorded = (type: PatientFact, details: FactDetails) => (trx: Trx, patientId: string) =>
    recordFact(
      trx,
      {
        source: 'race',
        messageId: randomUUID(),
        type,
        occurredAt: new Date(),
        patient: { patientId },
        details,
        bodyHash: Buffer.from('x'),
      },
      gateway,
    );

  test('a death: the referral is refused and nothing of it stays', async () => {
    const { patientId, answer } = await createdDuring(recorded('patient-died', {}));
    expect([answer.status, answer.body.errors]).toEqual([422, [{ path: 'patientId', message: 'the patient has died' }]]);
    const commands = service.db.selectFrom('command').select('id').where(sql`input ->> 'patientId'`, '=', patientId);
    expect(await commands.execute()).toEqual([]);
  });

  test('a merger: the surviving record is named', async () => {
    const survivorPatientId = await newResident(service);
    const { answer } = await createdDuring(recorded('patients-merged', { survivorPatientId }));
    expect([answer.status, answer.body.errors[0]]).toEqual([422, { path: 'patientId', message: `is a double of ${survivorPatientId}` }]);
  });

  test('a change that does not matter to it: the referral is created all the same, once', async () => {
    const { patientId, answer } = await createdDuring((trx, id) =>
      trx.updateTable('patient').set({ phone: '13800000000' }).set('version', sql`version + 1`).where('id', '=', id).execute(),
    );
    expect(answer.status).toBe(201);
    const referrals = await service.db.selectFrom('referral').select('id').where('patient_id', '=', patientId).execute();
    expect(referrals).toEqual([{ id: answer.body.id }]);
  });
});

describe('after a merger', () => {
  test('whoever asks for either record finds the referrals of both, ended ones too', async () => {
    const [double, survivor] = [await newResident(service), await newResident(service)];
    const ended = await newReceivedReferral(service, double);
    const open = await newReceivedReferral(service, double);
    const own = await newReceivedReferral(service, survivor);
    await service.post('gp', `/v1/referrals/${ended}/withdraw`, { reason: '患者要求' });
    await service.fastForward(ended, 'P15D');
    await service.post('gp', `/v1/referrals/${ended}/answer-check`, {});
    await vi.waitUntil(async () => (await pathwayOf(ended)).status === 'ended', { timeout: 20_000 });
    await reported({ type: 'patients-merged', patientId: double, survivorPatientId: survivor });
    await deliverAll(service);
    expect([(await referralOf(service, ended)).patientId, (await referralOf(service, open)).patientId]).toEqual([double, survivor]);
    for (const patientId of [double, survivor]) {
      const { body } = await service.get('gp', `/v1/referrals?patientId=${patientId}`);
      expect(body.items.map(({ id }: { id: string }) => id)).toEqual([own, open, ended]);
      const { body: bundle } = await service.call('gp', 'GET', `/fhir/Task?patient=${patientId}`);
      expect(bundle.entry.map(({ resource }: { resource: { id: string } }) => resource.id)).toEqual([own, open, ended]);
    }
    expect((await service.get('gp', '/v1/referrals?patientId=nobody')).body.items).toEqual([]);
  });
});

describe('a patient nobody knows is held, never guessed', () => {
  const openReviewOf = async (account: string, factId: string) => {
    const { body } = await service.get(account, '/v1/identity-reviews?limit=200');
    return body.items?.find((item: { fact: { id: string } }) => item.fact.id === factId);
  };

  test('the fact is kept, with its audit entry, on the list of the desk concerned and of the office', async () => {
    const localId = { system: 'urn:his', value: randomUUID() };
    const factId = await reported({ type: 'patient-admitted', localId, institutionId: 'inst-h1' });
    expect(await factOf(factId)).toMatchObject({ status: 'held', patient_id: null });
    expect((await auditOf(factId))[0]).toMatchObject({ action: 'fact.patient-admitted', code: 'unknown-patient' });
    const review = await openReviewOf('desk', factId);
    expect(review).toMatchObject({
      status: 'open',
      reason: 'unknown-patient',
      institutionId: 'inst-h1',
      fact: { given: { localId }, institutionId: 'inst-h1' },
    });
    expect(await openReviewOf('office', factId)).toEqual(review);
    for (const account of ['gp', 'gateway', 'specialist'])
      expect([account, (await service.get(account, '/v1/identity-reviews')).status]).toEqual([account, 403]);
  });

  test('what concerns another institution is the office’s, and not found by this desk', async () => {
    const factId = await reported({ type: 'patient-admitted', patientId: 'patient-of-nobody', institutionId: 'inst-h2' });
    expect(await openReviewOf('desk', factId)).toBeUndefined();
    const review = await openReviewOf('office', factId);
    expect((await service.post('desk', `/v1/identity-reviews/${review.id}/resolve`, { dismissReason: '测试' })).status).toBe(404);
  });

  test('reviewed, it takes effect and is delivered; the second answer comes too late', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    const factId = await reported({ localId: { system: 'urn:his', value: randomUUID() } });
    await deliverAll(service);
    expect(await decidedFacts(service, id)).toEqual([]);

    const review = await openReviewOf('desk', factId);
    const path = `/v1/identity-reviews/${review.id}/resolve`;
    const nobody = await service.post('desk', path, { patientId: 'patient-of-nobody' });
    expect([nobody.status, nobody.body.errors[0].path]).toEqual([422, 'patientId']);
    const neither = await service.post('desk', path, {});
    expect(neither.status).toBe(422);

    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => service.post(index % 2 ? 'desk' : 'office', path, { patientId })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(409)]);
    expect(answers.find(({ status }) => status === 200)?.body).toMatchObject({ status: 'resolved', patientId, fact: { patientId } });
    await deliverAll(service);
    expect((await residentOf(service, patientId)).deceasedAt).not.toBeNull();
    expect(await decidedFacts(service, id)).toEqual([factId]);
    expect((await auditOf(factId)).map(({ action }) => action)).toEqual(['fact.patient-died', 'identity-review.resolve']);
    expect(await openReviewOf('desk', factId)).toBeUndefined();
    const { body } = await service.get('desk', '/v1/identity-reviews?status=resolved&limit=200');
    expect(body.items.map((item: { id: string }) => item.id)).toContain(review.id);
  });

  test('dismissed, it changes nothing and says why', async () => {
    const factId = await reported({ patientId: 'patient-of-nobody' });
    const review = await openReviewOf('desk', factId);
    const answer = await service.post('desk', `/v1/identity-reviews/${review.id}/resolve`, { dismissReason: '外地患者' });
    expect([answer.status, answer.body.dismissReason]).toEqual([200, '外地患者']);
    expect((await factOf(factId)).status).toBe('dismissed');
    expect((await auditOf(factId)).map(({ action }) => action)).toEqual(['fact.patient-died', 'identity-review.dismiss']);
  });

  test('a merger in a circle is held, whatever the length of the circle', async () => {
    const [a, b, c] = [await newResident(service), await newResident(service), await newResident(service)] as const;
    await reported({ type: 'patients-merged', patientId: a, survivorPatientId: b });
    await reported({ type: 'patients-merged', patientId: b, survivorPatientId: c });
    for (const [patientId, survivorPatientId] of [
      [a, a],
      [b, a],
      [c, a],
      [c, b],
    ]) {
      const factId = await reported({ type: 'patients-merged', patientId, survivorPatientId });
      expect(await factOf(factId)).toMatchObject({ status: 'held' });
      expect(await openReviewOf('desk', factId)).toMatchObject({ reason: 'merge-cycle' });
    }
    expect((await residentOf(service, c)).mergedIntoId).toBeNull();
  });

  test('a record that went over into one person does not go over into another', async () => {
    const [a, b, c] = [await newResident(service), await newResident(service), await newResident(service)] as const;
    await reported({ type: 'patients-merged', patientId: a, survivorPatientId: b });
    const factId = await reported({ type: 'patients-merged', patientId: a, survivorPatientId: c });
    const review = await openReviewOf('desk', factId);
    expect(review.reason).toBe('merged-already');
    expect((await service.post('desk', `/v1/identity-reviews/${review.id}/resolve`, { patientId: c })).status).toBe(422);
    expect((await residentOf(service, a)).mergedIntoId).toBe(b);
  });

  test('two mergers that would close a circle, at once: one is held', async () => {
    for (let round = 0; round < 5; round++) {
      const [a, b] = [await newResident(service), await newResident(service)] as const;
      const ids = await Promise.all([
        reported({ type: 'patients-merged', patientId: a, survivorPatientId: b }),
        reported({ type: 'patients-merged', patientId: b, survivorPatientId: a }),
      ]);
      expect((await Promise.all(ids.map(factOf))).map(({ status }) => status).sort()).toEqual(['held', 'recorded']);
    }
  });

  test('an unknown survivor is asked for, also after an unknown patient has been found', async () => {
    const [patientId, survivorId] = [await newResident(service), await newResident(service)];
    const factId = await reported({ type: 'patients-merged', patientId: 'patient-of-nobody', survivorPatientId: 'patient-of-nobody-2' });
    const first = await openReviewOf('desk', factId);
    expect((await service.post('desk', `/v1/identity-reviews/${first.id}/resolve`, { patientId })).status).toBe(200);
    const second = await openReviewOf('desk', factId);
    expect(second).toMatchObject({ reason: 'unknown-survivor', fact: { patientId } });
    expect((await service.post('desk', `/v1/identity-reviews/${second.id}/resolve`, { patientId: survivorId })).status).toBe(200);
    expect((await residentOf(service, patientId)).mergedIntoId).toBe(survivorId);
  });

  test('a page of the list ends where the next begins', async () => {
    const all = (await service.get('office', '/v1/identity-reviews?limit=200')).body.items.map((item: { id: string }) => item.id);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await service.get('office', `/v1/identity-reviews?limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      seen.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.nextCursor;
    }
    expect(seen).toEqual(all);
  });
});

test('nothing is owed in the end', async () => {
  await deliverAll(service);
  expect(await unsettled(service)).toEqual([]);
});
