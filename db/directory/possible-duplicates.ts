/** Somebody who is about to be registered may be in the register already. */
import { sql } from 'kysely';
import { identityKeyOf } from '../../domain/residents/identity-number.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import type { PatientTable } from './tables.ts';

export type Match = 'identityNumber' | 'name' | 'phone';

export interface Candidate {
  id: string;
  name: string;
  /** YYYY-MM-DD */
  birthDate: string;
  homeInstitutionId: string;
  matches: Match[];
}

export interface Resemblance {
  name: string;
  birthDate: string;
  sex: PatientTable['sex'];
  phone: string | null;
  identityNumber: string | null;
}

/** Of two registrations of one person at once the second waits here until the first is written. */
export async function holdRegistration(trx: Trx, { birthDate, sex }: Pick<Resemblance, 'birthDate' | 'sex'>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`carepath registration ${birthDate} ${sex}`}, 0))`.execute(trx);
}

/** Everybody with the same identity number; or with the same birth date and sex, and the same name or telephone. Of any centre, dead or alive. */
export async function findCandidates(db: Database, resident: Resemblance): Promise<Candidate[]> {
  const { name, birthDate, sex, phone, identityNumber } = resident;
  const identityKey = identityNumber === null ? null : identityKeyOf(identityNumber);
  const { rows } = await sql<Omit<Candidate, 'matches'> & Record<'sameIdentity' | 'sameName' | 'samePhone', boolean>>`
    select id, patient.name, birth_date as "birthDate", home_institution_id as "homeInstitutionId",
      coalesce(identity_key = ${identityKey}, false) as "sameIdentity",
      patient.name_key = name_key(${name}) as "sameName", coalesce(patient.phone_key = phone_key(${phone}), false) as "samePhone"
    from patient
    where identity_key = ${identityKey}
      or (merged_into_id is null and birth_date = ${birthDate} and sex = ${sex}
        and (patient.name_key = name_key(${name}) or patient.phone_key = phone_key(${phone})))
    order by id limit 20`.execute(db);
  return rows.map(({ sameIdentity, sameName, samePhone, ...candidate }) => ({
    ...candidate,
    matches: [
      ...(sameIdentity ? (['identityNumber'] as const) : []),
      ...(sameName ? (['name'] as const) : []),
      ...(samePhone ? (['phone'] as const) : []),
    ],
  }));
}

/** Everybody else with this identity number. */
export async function findSameIdentity(db: Database, identityNumber: string, patientId: string): Promise<Candidate[]> {
  const rows = await db
    .selectFrom('patient')
    .select(['id', 'name', 'birth_date as birthDate', 'home_institution_id as homeInstitutionId'])
    .where('identity_key', '=', identityKeyOf(identityNumber))
    .where('id', '<>', patientId)
    .execute();
  return rows.map((row) => ({ ...row, matches: ['identityNumber'] }));
}
