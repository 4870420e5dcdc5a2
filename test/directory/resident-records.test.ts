/** One resident, several records: whichever record is asked for, everything of the resident is found, over as many mergers as there were. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  findSurvivingRecord,
  listRecordsLeadingToSurvivor,
  listRecordsOfResident,
  lockResident,
  mergeRecord,
} from '../../db/directory/resident-records.ts';
import { seedDemoAlliance } from '../../db/directory/seed-demo-alliance.ts';
import { listEnrolments } from '../../db/follow-up/enrolments.ts';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';
import { listReferrals } from '../../db/referral/referrals.ts';
import { newResident } from '../support/builders/facts.ts';
import { testDatabase } from '../support/service/database.ts';

let db: Database;
beforeAll(async () => {
  const url = await testDatabase();
  await seedDemoAlliance(url);
  db = createDatabase(createPool(url));
});
afterAll(() => db?.destroy());

const merge = (recordId: string, intoId: string) => db.transaction().execute((trx) => mergeRecord(trx, recordId, intoId));

/** The first of four records was merged into the second, that one into the third, and that one into the fourth. */
async function newChainOfThreeMergers(): Promise<[first: string, second: string, third: string, survivor: string]> {
  const [a, b, c, d] = [await newResident({ db }), await newResident({ db }), await newResident({ db }), await newResident({ db })];
  await merge(a, b);
  await merge(b, c);
  await merge(c, d);
  return [a, b, c, d];
}

/** An enrolment that ended before any merger, and so keeps the record that it was of. */
async function newEndedEnrolment(patientId: string): Promise<string> {
  const [id, pathwayId] = [randomUUID(), randomUUID()];
  await db.insertInto('pathway').values({ id: pathwayId, kind: 'follow-up', status: 'ended', patient_id: patientId }).execute();
  await db
    .insertInto('enrolment')
    .values({
      id,
      pathway_id: pathwayId,
      patient_id: patientId,
      institution_id: 'inst-c01',
      protocol_id: 'htn-2017',
      protocol_version: 1,
      started_on: '2026-01-01',
      package: 'basic',
      status: 'ended',
      end_reason: 'moved',
    })
    .execute();
  return id;
}

async function newClosedReferral(patientId: string): Promise<string> {
  const id = randomUUID();
  await db.insertInto('pathway').values({ id, kind: 'referral', status: 'ended', patient_id: patientId }).execute();
  await db
    .insertInto('referral')
    .values({
      id,
      patient_id: patientId,
      direction: 'up',
      urgency: 'routine',
      emergency: false,
      status: 'completed',
      initiator_institution_id: 'inst-c01',
      initiator_person_id: 'person-gp',
      institution_id: 'inst-h1',
      reason: '血压控制不佳',
    })
    .execute();
  return id;
}

test('over three mergers one after the other, the enrolments of every record are found from every record', async () => {
  const records = await newChainOfThreeMergers();
  const ids: string[] = [];
  for (const record of records) ids.push(await newEndedEnrolment(record));
  for (const patientId of records) {
    const found = await listEnrolments(db, { patientId }, { limit: 10 });
    expect(found.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  }
});

test('over three mergers one after the other, the referrals of every record are found from every record', async () => {
  const records = await newChainOfThreeMergers();
  const ids: string[] = [];
  for (const record of records) ids.push(await newClosedReferral(record));
  for (const patientId of records) {
    const found = await listReferrals(db, { patientId }, { limit: 10 });
    expect(found.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  }
});

test('every record of a resident leads to the one survivor and to all the others', async () => {
  const [a, b, c, d] = await newChainOfThreeMergers();
  const beside = await newResident({ db });
  await merge(beside, c);
  for (const id of [a, b, c, d, beside]) {
    expect(await findSurvivingRecord(db, id)).toBe(d);
    expect((await listRecordsOfResident(db, id)).toSorted()).toEqual([a, b, c, d, beside].toSorted());
  }
  expect(await listRecordsLeadingToSurvivor(db, a)).toEqual([a, b, c, d]);
  expect(await listRecordsLeadingToSurvivor(db, d)).toEqual([d]);
});

test('an id that is no patient’s has no records, and cannot be locked', async () => {
  expect(await findSurvivingRecord(db, 'patient-of-nobody')).toBeUndefined();
  expect(await listRecordsOfResident(db, 'patient-of-nobody')).toEqual([]);
  expect(await listRecordsLeadingToSurvivor(db, 'patient-of-nobody')).toEqual([]);
  await expect(db.transaction().execute((trx) => lockResident(trx, 'patient-of-nobody'))).rejects.toThrow('without a record');
});

test('whoever waits for a resident that is merged meanwhile holds the new survivor and knows all records', async () => {
  const [double, survivor] = [await newResident({ db }), await newResident({ db })];
  const merger = await db.startTransaction().execute();
  await mergeRecord(merger, double, survivor);
  const waiting = db.transaction().execute((trx) => lockResident(trx, double));
  await expect
    .poll(async () => {
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
      return rows[0]?.n;
    })
    .toBe(1);
  await merger.commit().execute();
  const { survivorId, recordIds } = await waiting;
  expect([survivorId, recordIds.toSorted()]).toEqual([survivor, [double, survivor].toSorted()]);
});
