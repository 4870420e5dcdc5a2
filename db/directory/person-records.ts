/**
 * One person, several records: a record that turned out to be a double points at the one that survives. What is known of a person
 * (died, moved) is read from the facts of all their records, so that it does not matter in which order facts and mergers arrived.
 */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

/**
 * Until the transaction ends nobody else changes who is who (`merging`: or relies on it), so a person's surviving record stays theirs.
 * Facts about different people do not wait for each other; only mergers wait for everybody.
 */
export async function holdRecordsTogether(trx: Trx, { merging }: { merging: boolean }): Promise<void> {
  const lock = merging ? sql`pg_advisory_xact_lock` : sql`pg_advisory_xact_lock_shared`;
  await sql`select ${lock}(hashtext('carepath patient records'))`.execute(trx);
}

/** The record and those it was merged into, one after the other; the last one survives. Empty for an id that is no patient's. */
export async function chainOf(db: Database, patientId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with recursive chain as (
      select id, merged_into_id, 0 as step from patient where id = ${patientId}
      union all
      select patient.id, patient.merged_into_id, chain.step + 1 from patient join chain on patient.id = chain.merged_into_id
    )
    select id from chain order by step`.execute(db);
  return rows.map(({ id }) => id);
}

/** Facts about one person wait for each other here. Not FOR UPDATE: whoever only refers to the patient need not wait. */
export async function lockPerson(trx: Trx, survivorId: string): Promise<void> {
  await trx.selectFrom('patient').select('id').where('id', '=', survivorId).forNoKeyUpdate().execute();
}

/** The surviving record and every record that was merged into it. */
export async function recordsOf(db: Database, survivorId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with recursive record as (
      select id from patient where id = ${survivorId}
      union all
      select patient.id from patient join record on patient.merged_into_id = record.id
    )
    select id from record`.execute(db);
  return rows.map(({ id }) => id);
}

/** Throws nothing away: the record stays, with its pathways, and leads to the survivor. */
export async function mergeRecord(trx: Trx, patientId: string, survivorId: string): Promise<void> {
  await trx
    .updateTable('patient')
    .set((eb) => ({ merged_into_id: survivorId, version: eb('version', '+', 1) }))
    .where('id', '=', patientId)
    .execute();
}

/** Writes what the person's facts say into all their records: the latest death and the latest move, however late they were reported. */
export async function showPerson(trx: Trx, recordIds: readonly string[]): Promise<void> {
  const ids = sql`any(${[...recordIds]}::text[])`;
  await sql`
    with died as (
      select max(occurred_at) as at from fact where status = 'recorded' and type = 'patient-died' and patient_id = ${ids}
    ), moved as (
      -- two moves at one instant: any order will do, as long as it is always the same
      select details ->> 'homeInstitutionId' as home from fact
      where status = 'recorded' and type = 'patient-moved' and patient_id = ${ids}
      order by occurred_at desc, source desc, message_id desc limit 1
    ), shown as (
      select id, coalesce((select at from died), deceased_at) as deceased_at, coalesce((select home from moved), home_institution_id) as home
      from patient where id = ${ids}
    )
    update patient set deceased_at = shown.deceased_at, home_institution_id = shown.home, version = version + 1
    from shown
    where patient.id = shown.id
      and (patient.deceased_at is distinct from shown.deceased_at or patient.home_institution_id <> shown.home)`.execute(trx);
}
