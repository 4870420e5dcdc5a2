/** Readings of somebody unknown: kept, never guessed, and judged once a person has said whom they mean. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTransaction } from '../../db/kit/transaction.ts';
import { recordReadings } from '../../db/readings/record.ts';
import { newFact, newResident, postFact } from '../support/builders/facts.ts';
import {
  ago,
  bloodPressure,
  countsOf,
  glucose,
  HOUR,
  MINUTE,
  type NewReading,
  postReadings,
  rulesOf,
} from '../support/builders/readings.ts';
import { countWaitingForLocks } from '../support/service/lock-waits.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service?.stop());

const stranger = () => ({ system: 'urn:device', value: randomUUID() });
/** Readings that name a local id. */
const of = (localId: object, reading: NewReading): NewReading => ({ ...reading, patientId: undefined, localId });

async function post(...readings: NewReading[]): Promise<NewReading[]> {
  const { status, body } = await postReadings(service, readings);
  expect(status).toBe(202);
  return body.results;
}

const reviewsOf = async (value: string) => {
  const { body } = await service.get('office', '/v1/identity-reviews?limit=200');
  return body.items.filter(({ fact }: { fact: { given: { localId?: { value: string } } } }) => fact.given.localId?.value === value);
};
const statusesOf = async (results: NewReading[]) => {
  const ids = results.map(({ readingId }) => readingId as string);
  const rows = await service.db.selectFrom('reading').select(['id', 'status']).where('id', 'in', ids).execute();
  return ids.map((id) => rows.find((row) => row.id === id)?.status);
};

test('all that name the same stranger wait behind one review, seen by the sender’s desk', async () => {
  const [one, two] = [stranger(), stranger()];
  const first = await post(of(one, glucose('', 7)), of(one, glucose('', 8)), of(two, glucose('', 7)));
  await post(of(one, glucose('', 9)));
  expect(first.map(({ result, reason }) => [result, reason])).toEqual(Array(3).fill(['held', { code: 'unknown-patient' }]));
  expect(await reviewsOf(one.value)).toMatchObject([
    { status: 'open', reason: 'unknown-patient', institutionId: 'inst-h1', fact: { type: 'readings-held' } },
  ]);
  expect(await reviewsOf(two.value)).toHaveLength(1);
  const unknown = await post(bloodPressure('patient-none', 120, 80));
  expect(unknown).toMatchObject([{ result: 'held' }]);
});

test('resolved: they are the patient’s, judged as on the day they came; what the patient has already is left out', async () => {
  const localId = stranger();
  const patientId = await newResident(service);
  const twice = { measuredAt: ago(3 * HOUR) };
  await post(glucose(patientId, 7.7, twice));
  const held = await post(
    of(localId, bloodPressure('', 185, 100)),
    of(localId, glucose('', 99)),
    of(localId, glucose('', 7.7, twice)),
    of(localId, glucose('', 6.1, twice)),
    of(localId, glucose('', 6.1, twice)),
    of(localId, glucose('', 7, { measuredAt: ago(-10 * MINUTE) })),
  );
  expect(await rulesOf(service, patientId)).toEqual([]);
  const [review] = await reviewsOf(localId.value);
  const resolved = await service.post('desk', `/v1/identity-reviews/${review.id}/resolve`, { patientId });
  expect([resolved.status, resolved.body.status]).toEqual([200, 'resolved']);
  expect(await statusesOf(held)).toEqual(['recorded', 'quarantined', 'dismissed', 'recorded', 'dismissed', 'quarantined']);
  expect(await countsOf(service, patientId)).toEqual({ recorded: 3, quarantined: 2 });
  expect(await rulesOf(service, patientId), 'a crisis value still wakes').toEqual(['blood-pressure-crisis']);
  // Who it was is known of these readings, not of the next ones.
  expect(await post(of(localId, glucose('', 5)))).toMatchObject([{ result: 'held' }]);
  expect(await reviewsOf(localId.value)).toMatchObject([{ status: 'open' }]);
});

test('resolved to a record that was merged: they go to the one that is kept up', async () => {
  const localId = stranger();
  const [double, survivor] = [await newResident(service), await newResident(service)];
  await post(of(localId, glucose('', 7)));
  await postFact(service, newFact({ type: 'patients-merged', patientId: double, survivorPatientId: survivor }));
  const [review] = await reviewsOf(localId.value);
  expect((await service.post('desk', `/v1/identity-reviews/${review.id}/resolve`, { patientId: double })).status).toBe(200);
  expect(await countsOf(service, survivor)).toEqual({ recorded: 1 });
});

test('dismissed: they are nobody’s', async () => {
  const localId = stranger();
  const held = await post(of(localId, glucose('', 20)));
  const [review] = await reviewsOf(localId.value);
  const { status } = await service.post('desk', `/v1/identity-reviews/${review.id}/resolve`, { dismissReason: '测试设备' });
  expect([status, await statusesOf(held)]).toEqual([200, ['dismissed']]);
});

test('a local id that is somebody’s is that person', async () => {
  const patientId = await newResident(service);
  const localId = stranger();
  await service.db
    .insertInto('patient_local_id')
    .values({ ...localId, patient_id: patientId })
    .execute();
  expect(await post(of(localId, glucose('', 7)))).toMatchObject([{ result: 'recorded' }]);
  expect(await countsOf(service, patientId)).toEqual({ recorded: 1 });
});

test('while batches of a stranger come in, a resolution leaves none behind', async () => {
  const localId = stranger();
  const patientId = await newResident(service);
  await post(of(localId, glucose('', 7)));
  const [review] = await reviewsOf(localId.value);
  const batches = Array.from({ length: 12 }, (_, n) =>
    postReadings(service, [of(localId, glucose('', 5, { measuredAt: ago((n + 2) * MINUTE) }))]),
  );
  const resolved = await service.post('desk', `/v1/identity-reviews/${review.id}/resolve`, { patientId });
  await Promise.all(batches);
  expect(resolved.status).toBe(200);
  const { rows } = await service.pool.query(
    `select count(*)::int as stranded from reading join fact on fact.id = held_by
     where reading.status = 'held' and fact.status <> 'held' and fact.local_id_value = $1`,
    [localId.value],
  );
  expect(rows).toEqual([{ stranded: 0 }]);
});

test('a resolution waits for readings that are being recorded, and leaves out what the patient has by then', async () => {
  const patientId = await newResident(service);
  const localId = stranger();
  const measuredAt = new Date(Date.now() - HOUR);
  const [held] = await post(of(localId, glucose('', 7, { measuredAt: measuredAt.toISOString() })));
  const [review] = await reviewsOf(localId.value);
  const actor = { personId: 'person-gateway', institutionId: 'inst-h1', role: 'gateway' } as const;
  const reading = { source: 'gateway-test', messageId: randomUUID(), patient: { patientId }, measuredAt, context: 'device' } as const;
  const resolving = await inTransaction(service.db, actor, async (trx) => {
    await recordReadings(trx, {
      readings: [{ ...reading, measured: { kind: 'random-glucose', value: 7, unit: 'mmol/L' } }],
      receivedAt: new Date(),
      by: { actor, requestId: randomUUID() },
    });
    const resolution = service.post('desk', `/v1/identity-reviews/${review.id}/resolve`, { patientId });
    while ((await countWaitingForLocks(service.db)) === 0) await new Promise(setImmediate);
    return { resolution };
  });
  expect((await resolving.resolution).status).toBe(200);
  expect(await countsOf(service, patientId)).toEqual({ recorded: 1 });
  expect(await statusesOf([held as NewReading])).toEqual(['dismissed']);
});
