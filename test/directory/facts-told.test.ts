/** Referrals hear of the facts of their patient, whatever happens at the same moment. */

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type FactDetails, recordFact } from '../../db/directory/facts.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import type { PatientFact } from '../../domain/kit/facts.ts';
import { appointmentIn } from '../support/builders/appointment-times.ts';
import {
  deliverAll,
  listDecidedFacts,
  newFact,
  newReceivedReferral,
  newResident,
  postFact,
  referralOf,
  reportFact,
  residentOf,
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
const pathwayOf = (id: string) => service.db.selectFrom('pathway').select('status').where('id', '=', id).executeTakeFirstOrThrow();

describe('a referral hears of what has happened', () => {
  test('a death ends it, once, however often it was reported', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    const fact = newFact({ patientId });
    const { body } = await postFact(service, fact);
    await postFact(service, fact);
    await deliverAll(service);
    expect(await referralOf(service, id)).toEqual({ status: 'cancelled', statusReason: 'patient-died', patientId });
    expect(await listDecidedFacts(service, id)).toEqual([body.factId]);
    expect((await service.get('gp', `/v1/referrals/${id}`)).body.status).toBe('cancelled');
  });

  test('what two systems report is two facts, told in the order in which they came', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    const admission = { type: 'patient-admitted', patientId, institutionId: 'inst-h1' };
    const facts = [
      await reportFact(service, admission),
      await reportFact(service, { ...admission, source: 'his-other', occurredAt: ago(HOUR) }),
    ];
    await deliverAll(service);
    expect(await listDecidedFacts(service, id)).toEqual(facts);
    expect((await referralOf(service, id)).status).toBe('received');
  });

  test('an admission of a year ago is noted on a referral of today, a move of before the registration moves nobody', async () => {
    const form = { name: '迟报者', birthDate: '1951-02-03', sex: 'female', phone: `139${String(Date.now()).slice(-8)}` };
    const { body: registered } = await service.post('gp', '/v1/patients', form);
    const patientId = registered.id;
    const id = await newReceivedReferral(service, patientId);
    const year = 365 * 24 * HOUR;
    const admitted = await reportFact(service, { type: 'patient-admitted', patientId, institutionId: 'inst-h3', occurredAt: ago(year) });
    const moved = { type: 'patient-moved', patientId, homeInstitutionId: 'inst-c02' };
    const late = await reportFact(service, { ...moved, occurredAt: ago(year) });
    await deliverAll(service);
    expect(await listDecidedFacts(service, id)).toEqual([admitted, late]);
    expect((await referralOf(service, id)).status).toBe('received');
    const homeOf = async () => (await residentOf(service, patientId)).homeInstitutionId;
    expect(await homeOf()).toBe('inst-c01');
    await reportFact(service, moved);
    await deliverAll(service);
    expect([await homeOf(), (await referralOf(service, id)).statusReason]).toEqual(['inst-c02', 'patient-moved']);
  });

  test('a death that is reported when it has ended already changes nothing', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    const admitted = await reportFact(service, { type: 'patient-admitted', patientId, institutionId: 'inst-h3' });
    await deliverAll(service);
    const died = await reportFact(service, { patientId });
    await deliverAll(service);
    expect(await listDecidedFacts(service, id)).toEqual([admitted, died]);
    expect(await referralOf(service, id)).toMatchObject({ status: 'cancelled', statusReason: 'patient-admitted' });
  });

  test('all of a patient’s referrals hear of it, nobody else’s do', async () => {
    const [patientId, otherId] = [await newResident(service), await newResident(service)];
    const one = await newReceivedReferral(service, patientId);
    const { body: two } = await service.post('gp', '/v1/referrals', await newReferral(service, { patientId, toInstitutionId: 'inst-h2' }));
    const other = await newReceivedReferral(service, otherId);
    const factId = await reportFact(service, { patientId });
    await deliverAll(service);
    expect(await Promise.all([one, two.id, other].map((id) => listDecidedFacts(service, id)))).toEqual([[factId], [factId], []]);
    expect((await referralOf(service, other)).status).toBe('received');
  });

  test('a merger gives it the survivor’s id, also where the survivor was merged before', async () => {
    const [a, b, c] = [await newResident(service), await newResident(service), await newResident(service)] as const;
    const id = await newReceivedReferral(service, a);
    const ofSurvivor = await newReceivedReferral(service, c);
    await reportFact(service, { type: 'patients-merged', patientId: b, survivorPatientId: c });
    const merged = await reportFact(service, { type: 'patients-merged', patientId: a, survivorPatientId: b });
    await deliverAll(service);
    expect((await referralOf(service, id)).patientId).toBe(c);
    expect(await listDecidedFacts(service, ofSurvivor)).toEqual([]);

    // Whatever is reported under any of the names concerns the one person.
    const died = await reportFact(service, { patientId: b });
    await deliverAll(service);
    expect(await listDecidedFacts(service, id)).toEqual([merged, died]);
    expect(await listDecidedFacts(service, ofSurvivor)).toEqual([died]);
  });

  test('a move takes the centre’s task to the new home centre, unclaimed; a merger keeps it with whoever holds it', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    await service.post('specialist', `/v1/referrals/${id}/send-acceptance`, {});
    await service.post('specialist', `/v1/referrals/${id}/schedule-visit`, appointmentIn(100));
    await service.post('specialist', `/v1/referrals/${id}/request-information`, { question: '?' });
    const taskOf = async (account: string) => {
      const { body } = await service.get(account, '/v1/worklist?limit=200');
      return body.items.find((item: { pathwayId: string; name: string }) => item.pathwayId === id && item.name === 'answer-information');
    };
    const survivorPatientId = await newResident(service);
    expect((await service.post('gp', `/v1/tasks/${(await taskOf('gp')).id}/claim`, {})).status).toBe(200);
    await reportFact(service, { type: 'patients-merged', patientId, survivorPatientId });
    await deliverAll(service);
    expect(await taskOf('gp')).toMatchObject({ owner: { personId: 'person-gp' }, patient: { id: survivorPatientId } });
    await reportFact(service, { type: 'patient-moved', patientId: survivorPatientId, homeInstitutionId: 'inst-c02' });
    await deliverAll(service);
    expect(await taskOf('gp')).toBeUndefined();
    expect(await taskOf('gp2')).toMatchObject({ owner: null });
    expect((await service.post('gp2', `/v1/tasks/${(await taskOf('gp2')).id}/claim`, {})).status).toBe(200);
    expect((await service.post('gp2', `/v1/referrals/${id}/answer-information`, { answer: '已上传' })).status).toBe(200);
  });

  test('what was known before it began is not told again', async () => {
    const patientId = await newResident(service);
    await reportFact(service, { type: 'patient-moved', patientId, homeInstitutionId: 'inst-c01', occurredAt: ago(HOUR) });
    const id = await newReceivedReferral(service, patientId);
    await deliverAll(service);
    expect(await listDecidedFacts(service, id)).toEqual([]);
  });

  test('a pathway that has ended is owed nothing', async () => {
    const patientId = await newResident(service);
    const { body } = await service.post('gp', '/v1/referrals', await newReferral(service, { patientId, draft: true }));
    await service.post('gp', `/v1/referrals/${body.id}/withdraw`, { reason: '患者要求' });
    await service.fastForward(body.id, 'P30D');
    await vi.waitUntil(async () => (await pathwayOf(body.id)).status === 'ended', { timeout: 20_000 });
    const factId = await reportFact(service, { patientId });
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
    expect([answer.status, answer.body.code]).toEqual([409, 'patient-died']);
    const commands = service.db.selectFrom('command').select('id').where(sql`input ->> 'patientId'`, '=', patientId);
    expect(await commands.execute()).toEqual([]);
  });

  test('a merger: the surviving record is named', async () => {
    const survivorPatientId = await newResident(service);
    const { answer } = await createdDuring(recorded('patients-merged', { survivorPatientId }));
    expect([answer.status, answer.body.errors[0]]).toEqual([422, { path: 'patientId', message: `与 ${survivorPatientId} 为同一人` }]);
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
    await service.post('gp', `/v1/referrals/${ended}/answer-check`, { outcome: 'arrived', note: '已就诊' });
    await vi.waitUntil(async () => (await pathwayOf(ended)).status === 'ended', { timeout: 20_000 });
    await reportFact(service, { type: 'patients-merged', patientId: double, survivorPatientId: survivor });
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
