/**
 * One resident, several records: a record that turned out to be another one's double leads to the record that survives. What is known of a resident
 * (died, moved) is read from the facts of all their records, so that it does not matter in which order facts and mergers arrived.
 * The functions of the database that follow the mergers are in migration 0012.
 */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import type { RecordedBy } from './fact-audit.ts';

/** A resident whose surviving record is locked. */
export interface ResidentRecords {
  survivorId: string;
  /** The ids of the surviving record and of every record that leads to it. */
  recordIds: string[];
}

/** A merger that has just been written: the resident as they are from now on. */
export interface RecordsMerged extends ResidentRecords {
  /** The fact that reported the merger. */
  factId: string;
  occurredAt: Date;
  /** The institution at which the merger was reported. */
  senderInstitutionId: string;
  homeInstitutionId: string;
}

/** A merger that has just been taken back: two residents, as they are from now on. */
export interface RecordsParted {
  /** The facts that had reported the merger. */
  factIds: readonly string[];
  /** The instant since which the two were one. */
  since: Date;
  /** The resident whose record had gone over into the other one. */
  parted: ResidentRecords;
  kept: ResidentRecords;
  /** The pathways that had heard of the merger: they are of the record that had gone over. */
  heardPathwayIds: readonly string[];
  /** The instant at which it was taken back. */
  occurredAt: Date;
  by: RecordedBy;
}

/**
 * Until the transaction ends nobody else changes which records belong together (with `merging`: nor relies on it). Facts about different residents do
 * not wait for each other; only a merger waits for everybody.
 */
export async function holdRecordsTogether(trx: Trx, { merging }: { merging: boolean }): Promise<void> {
  const lock = merging ? sql`pg_advisory_xact_lock` : sql`pg_advisory_xact_lock_shared`;
  await sql`select ${lock}(hashtext('carepath patient records'))`.execute(trx);
}

/** The record and those it was merged into, one after the other; the last one survives. Empty for an id that is no patient's. */
export async function listRecordsLeadingToSurvivor(db: Database, recordId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select id from records_leading_to_survivor(${recordId}) order by step`.execute(db);
  return rows.map(({ id }) => id);
}

/** The record that is kept up; undefined for an id that is no patient's. */
export async function findSurvivingRecord(db: Database, recordId: string): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`select id from surviving_record(${recordId})`.execute(db);
  return rows[0]?.id;
}

/** All records of the resident whom this one is of. Empty for an id that is no patient's. */
export async function listRecordsOfResident(db: Database, recordId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select id from records_of_resident(${recordId})`.execute(db);
  return rows.map(({ id }) => id);
}

/**
 * Facts about one resident wait for each other here until the transaction ends. The lock is not FOR UPDATE, so that whoever only refers to the
 * patient need not wait. Throws for an id that is no patient's.
 */
export async function lockResident(trx: Trx, recordId: string): Promise<ResidentRecords> {
  for (;;) {
    const locked = await sql<{ id: string }>`
      select patient.id from patient join surviving_record(${recordId}) as survivor on survivor.id = patient.id
      for no key update of patient`.execute(trx);
    const { rows: records } = await sql<{ id: string; isSurvivor: boolean }>`
      select id, is_survivor as "isSurvivor" from records_of_resident(${recordId})`.execute(trx);
    const survivorId = records.find(({ isSurvivor }) => isSurvivor)?.id;
    if (survivorId === undefined) throw new Error('A resident without a record cannot be locked.');
    // While the lock was waited for, the surviving record may have been merged into another one.
    if (locked.rows[0]?.id === survivorId) return { survivorId, recordIds: records.map(({ id }) => id) };
  }
}

/** The record stays, with its pathways, and leads to the survivor from now on. */
export async function mergeRecord(trx: Trx, patientId: string, survivorId: string): Promise<void> {
  await trx
    .updateTable('patient')
    .set((eb) => ({ merged_into_id: survivorId, version: eb('version', '+', 1) }))
    .where('id', '=', patientId)
    .execute();
}

/** The record stands for itself again. */
export async function partRecord(trx: Trx, patientId: string): Promise<void> {
  await trx
    .updateTable('patient')
    .set((eb) => ({ merged_into_id: null, version: eb('version', '+', 1) }))
    .where('id', '=', patientId)
    .execute();
}

/** Whoever registered the resident knew where they lived then. The clocks of two systems differ by minutes. */
const isNewerThanRegistration = sql<boolean>`occurred_at > coalesce(
  (select registered_at - interval '5 minutes' from patient where patient.id = fact.patient_id), '-infinity')`;

/** The fact of the move by which the records say where the resident lives; undefined where they live where they were registered. */
export async function findLatestMove(trx: Trx, recordIds: readonly string[]): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`${latestMove([...recordIds])}`.execute(trx);
  return rows[0]?.id;
}

/** Of two moves at one instant any may come last, as long as it is always the same. */
const latestMove = (recordIds: readonly string[]) => sql`
  select id, details ->> 'homeInstitutionId' as home from fact
  where status = 'recorded' and type = 'patient-moved' and patient_id = any(${[...recordIds]}::text[]) and ${isNewerThanRegistration}
  order by occurred_at desc, source desc, message_id desc limit 1`;

/** Writes what the resident's facts say into all their records: the latest death and the latest move, however late they were reported. */
export async function updateResident(trx: Trx, recordIds: readonly string[]): Promise<void> {
  const ids = sql`any(${[...recordIds]}::text[])`;
  await sql`
    with died as (
      select max(occurred_at) as at from fact where status = 'recorded' and type = 'patient-died' and patient_id = ${ids}
    ), moved as (${latestMove(recordIds)}
    ), shown as (
      select id, coalesce((select at from died), deceased_at) as deceased_at, coalesce((select home from moved), home_institution_id) as home
      from patient where id = ${ids}
    )
    update patient set deceased_at = shown.deceased_at, home_institution_id = shown.home, version = version + 1
    from shown
    where patient.id = shown.id
      and (patient.deceased_at is distinct from shown.deceased_at or patient.home_institution_id <> shown.home)`.execute(trx);
}
