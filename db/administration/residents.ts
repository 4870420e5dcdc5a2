/** Residents by the hundred: found by their local ids, compared with the register, written. */
import { sql } from 'kysely';
import { type LocalId, spellingsOf, spellingsOfValue } from '../directory/given-patient.ts';
import { type NewPatient, type Patient, toPatientRow } from '../directory/patients.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

export type StandingResident = Pick<Patient, 'id' | 'name' | 'birthDate' | 'sex' | 'homeInstitutionId' | 'phone' | 'channel'> & {
  mergedInto: string | null;
};

const keyOf = ({ system, value }: LocalId): string => JSON.stringify([system, value]);

/** The record of each local id that somebody has, in whatever way the id is written; one that has no record is missing. */
export async function findByLocalIds(db: Database, localIds: readonly LocalId[]): Promise<(StandingResident | undefined)[]> {
  const spelled = localIds.map(({ system, value }) =>
    spellingsOf(system).flatMap((oneSystem) => spellingsOfValue(value).map((oneValue) => ({ system: oneSystem, value: oneValue }))),
  );
  const { rows } = await sql<StandingResident & LocalId>`
    select known.system, known.value, patient.id, patient.name, patient.birth_date as "birthDate", patient.sex,
      patient.home_institution_id as "homeInstitutionId", patient.phone, patient.channel, patient.merged_into_id as "mergedInto"
    from jsonb_to_recordset(${JSON.stringify(spelled.flat())}::jsonb) as wanted (system text, value text)
      join patient_local_id as known using (system, value)
      join patient on patient.id = known.patient_id`.execute(db);
  const byKey = new Map(rows.map(({ system, value, ...resident }) => [keyOf({ system, value }), resident]));
  return spelled.map((spellings) => spellings.map((spelling) => byKey.get(keyOf(spelling))).find((found) => found !== undefined));
}

type Resemblance = Pick<Patient, 'name' | 'birthDate' | 'sex' | 'phone'>;

/** The places in the list of those who may be in the register already, by the same rule as a registration. */
export async function findResembling(db: Database, residents: readonly Resemblance[]): Promise<ReadonlySet<number>> {
  const wanted = residents.map(({ name, birthDate, sex, phone }, place) => ({ place, name, birthDate, sex, phone }));
  const { rows } = await sql<{ place: number }>`
    select distinct wanted.place
    from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as wanted (place integer, name text, "birthDate" date, sex text, phone text)
      join patient on patient.merged_into_id is null and patient.birth_date = wanted."birthDate" and patient.sex = wanted.sex
        and (patient.name_key = name_key(wanted.name) or patient.phone_key = phone_key(wanted.phone))`.execute(db);
  return new Set(rows.map(({ place }) => place));
}

const AT_ONCE = 1_000;

/** Throws the violation of a constraint when somebody has taken a local id meanwhile. */
export async function createResidents(trx: Trx, residents: readonly NewPatient[], now: Date): Promise<void> {
  for (let from = 0; from < residents.length; from += AT_ONCE) {
    const some = residents.slice(from, from + AT_ONCE);
    await trx
      .insertInto('patient')
      .values(some.map((resident) => ({ ...toPatientRow(resident), registered_at: now })))
      .execute();
    await trx
      .insertInto('patient_local_id')
      .values(some.flatMap(({ id, localIds }) => localIds.map(({ system, value }) => ({ system, value, patient_id: id }))))
      .execute();
  }
}
