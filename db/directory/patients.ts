/** The patients of the register: registered, found, read. Names and telephones are kept as written and found by their keys. */
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import { v7 as uuid } from 'uuid';
import type { PatientChannel } from '../../domain/messages/channels.ts';
import { readShortNumber } from '../../domain/messages/short-number.ts';
import { identityKeyOf, toIdentityNumber } from '../../domain/residents/identity-number.ts';
import { phoneDigitsOf } from '../../domain/residents/telephone.ts';
import type { Database } from '../kit/database.ts';
import { constraintOf } from '../kit/integrity.ts';
import type { Trx } from '../kit/transaction.ts';
import type { Tables } from '../tables.ts';
import { type Page, type Slice, sliceOf, startOf, toColumns } from './directory.ts';
import { type LocalId, spellingsOf, spellingsOfValue } from './given-patient.ts';
import type { PatientContact, PatientTable } from './tables.ts';

/** What a list shows; enough to tell two people of one name apart. */
export interface PatientSummary {
  id: string;
  name: string;
  /** YYYY-MM-DD */
  birthDate: string;
  sex: PatientTable['sex'];
  homeInstitutionId: string;
  teamId: string | null;
  /** As written, in upper case. */
  identityNumber: string | null;
  /** The local date of the death; null of the living. */
  diedOn: string | null;
  /** The record that goes on instead of this one. */
  mergedInto: string | null;
}

/** A contact with the id that it keeps. */
export interface Contact extends PatientContact {
  id: string;
}

export interface Patient extends PatientSummary {
  phone: string | null;
  address: string | null;
  contacts: Contact[];
  channel: PatientChannel;
  allergies: string[];
  version: number;
  localIds: LocalId[];
}

export type NewPatient = Pick<
  Patient,
  'id' | 'name' | 'birthDate' | 'sex' | 'homeInstitutionId' | 'teamId' | 'phone' | 'channel' | 'localIds'
> & { contacts: PatientContact[] } & Partial<Pick<Patient, 'address' | 'identityNumber'>>;

export type PatientCreation =
  | { created: true; patient: Patient }
  | { created: false; reason: 'local-id-taken'; taken: LocalId[] }
  | { created: false; reason: 'identity-number-taken' }
  | { created: false; reason: 'home-institution-unknown' };

export interface PatientQuestion {
  query?: string | undefined;
  /** Only the patients of these institutions. */
  homeInstitutionIds?: readonly string[] | undefined;
  /** Records that lead to another one, too. */
  merged?: boolean;
  /** Those who have died, too. */
  died?: boolean;
  page: Page;
}

/** The query may be part of a name, a whole local id or identity number, or the last four digits or more of the telephone; without one, everybody. */
export async function searchPatients(
  db: Database,
  { query, homeInstitutionIds, merged = false, died = false, page }: PatientQuestion,
): Promise<Slice<PatientSummary>> {
  let patients = db
    .selectFrom('patient')
    .select(patientSummaryColumns)
    .where('id', '>', startOf(page))
    .orderBy('id')
    .limit(page.limit + 1);
  if (homeInstitutionIds) {
    patients = patients.where('home_institution_id', '=', sql<string>`any(${[...homeInstitutionIds]}::text[])`);
  }
  if (!merged) patients = patients.where('merged_into_id', 'is', null);
  if (!died) patients = patients.where('deceased_at', 'is', null);
  const wanted = toColumns(query ?? '').trim();
  if (wanted !== '') patients = patients.where((patient) => matches(patient, wanted));
  return sliceOf(await patients.execute(), page);
}

/** The highest tier of risk of the follow-ups that the resident is in; null where none has one. */
export async function findRiskTier(db: Database, patientId: string): Promise<'low' | 'middle' | 'high' | null> {
  const { rows } = await sql<{ tier: 'low' | 'middle' | 'high' }>`
    select tier from enrolment where patient_id = ${patientId} and status <> 'ended' and tier is not null
    order by array_position(array['high', 'middle', 'low'], tier) limit 1`.execute(db);
  return rows[0]?.tier ?? null;
}

export async function getPatient(db: Database, id: string): Promise<Patient | undefined> {
  const row = await db
    .selectFrom('patient')
    .select((patient) => [
      ...patientSummaryColumns,
      'phone',
      'address',
      'contacts',
      'channel',
      'allergies',
      'version',
      jsonArrayFrom(
        patient
          .selectFrom('patient_local_id')
          .select(['system', 'value'])
          .whereRef('patient_local_id.patient_id', '=', 'patient.id')
          .orderBy('system')
          .orderBy('value'),
      ).as('localIds'),
    ])
    .where('id', '=', toColumns(id))
    .executeTakeFirst();
  return row && { ...row, contacts: row.contacts.map(withContactId) };
}

/** Contacts of older code have no id yet, so their place names them until somebody changes the contacts. */
export const withContactId = (contact: PatientContact, index: number): Contact => ({
  ...contact,
  id: contact.id ?? `contact-${index + 1}`,
});

/** The patient's own row; the local ids stand in a table of their own. */
export const toPatientRow = (patient: Omit<NewPatient, 'localIds'>) => ({
  id: patient.id,
  name: patient.name,
  birth_date: patient.birthDate,
  sex: patient.sex,
  home_institution_id: patient.homeInstitutionId,
  team_id: patient.teamId,
  phone: patient.phone,
  address: patient.address ?? null,
  contacts: JSON.stringify(patient.contacts),
  channel: patient.channel,
  ...identityColumns(patient.identityNumber ?? null),
});

/** The columns of an identity number, as it is kept and as it is compared. */
export const identityColumns = (identityNumber: string | null) => ({
  identity_number: identityNumber,
  identity_key: identityNumber === null ? null : identityKeyOf(identityNumber),
});

/** Writes the patient with the local ids, or nothing: after a result without `created` the transaction goes on as if never asked. */
export async function createPatient(trx: Trx, patient: NewPatient): Promise<PatientCreation> {
  const localIds = sortForLocking(patient.localIds);
  const taken = await findTakenIds(trx, localIds);
  if (taken.length > 0) return { created: false, reason: 'local-id-taken', taken };
  await sql`savepoint create_patient`.execute(trx);
  try {
    const contacts = patient.contacts.map((contact) => ({ id: uuid(), ...contact }));
    await trx
      .insertInto('patient')
      .values({ ...toPatientRow({ ...patient, contacts }), registered_at: new Date() })
      .execute();
    if (localIds.length > 0) {
      await trx
        .insertInto('patient_local_id')
        .values(localIds.map(({ system, value }) => ({ system, value, patient_id: patient.id })))
        .execute();
    }
    await sql`release savepoint create_patient`.execute(trx);
  } catch (error) {
    await sql`rollback to savepoint create_patient`.execute(trx);
    switch (constraintOf(error)) {
      case 'patient_local_id_pkey':
        return { created: false, reason: 'local-id-taken', taken: await findTakenIds(trx, localIds) };
      case 'patient_identity':
        return { created: false, reason: 'identity-number-taken' };
      case 'patient_home_institution_id_fkey':
        return { created: false, reason: 'home-institution-unknown' };
      default:
        throw error;
    }
  }
  const created = await getPatient(trx, patient.id);
  if (!created) throw new Error('A patient just written cannot be read');
  return { created: true, patient: created };
}

/** @returns undefined when the patient has changed since `ifVersion` */
export async function choosePatientChannel(
  trx: Trx,
  id: string,
  channel: PatientChannel,
  ifVersion: number | undefined,
): Promise<Patient | undefined> {
  let update = trx.updateTable('patient').set((eb) => ({ channel, version: eb('version', '+', 1) }));
  if (ifVersion !== undefined) update = update.where('version', '=', ifVersion);
  const { numUpdatedRows } = await update.where('id', '=', id).executeTakeFirst();
  return numUpdatedRows > 0n ? getPatient(trx, id) : undefined;
}

const patientSummaryColumns = [
  'id',
  'name',
  'birth_date as birthDate',
  'sex',
  'home_institution_id as homeInstitutionId',
  'team_id as teamId',
  'identity_number as identityNumber',
  sql<string | null>`to_char(deceased_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD')`.as('diedOn'),
  'merged_into_id as mergedInto',
] as const;

const SHORTEST_PHONE_TAIL = 4;
const LONGEST_NAME_PART = 2;

/** Each way has an index of its own, and Postgres joins what they find before it reads a patient. */
function matches({ or }: ExpressionBuilder<Tables, 'patient'>, wanted: string): Expression<SqlBool> {
  // A number of a record that was merged names the record that goes on, too.
  const withLocalId = sql<string[]>`array(
    select known.id from patient_local_id cross join lateral (select patient_id as id union select id from surviving_record(patient_id)) as known
    where value = any(${spellingsOfValue(wanted)}::text[]))`;
  const ways: Expression<SqlBool>[] = [sql<boolean>`id = any(${withLocalId})`];
  // A text of nothing but marks has an empty key, which every name would contain.
  const named = wanted.normalize('NFKC').replaceAll(/[\s\p{Cf}\p{Pd}.·•・‧∙⋅()[\]−]/gu, '');
  if (named !== '') {
    const hasParts = sql<boolean>`name_parts(name_key) @> name_parts(name_key(${wanted}))`;
    // One or two characters are a part themselves. Postgres knows how many names have it, and reads the page in order where many do.
    ways.push(
      [...named].length <= LONGEST_NAME_PART
        ? hasParts
        : sql<boolean>`(${hasParts} and name_key like '%' || regexp_replace(name_key(${wanted}), '([\\\\%_])', '\\\\\\1', 'g') || '%')`,
    );
  }
  const digits = phoneDigitsOf(wanted);
  if (digits !== undefined && digits.length >= SHORTEST_PHONE_TAIL)
    ways.push(sql<boolean>`reverse(phone_key) like ${`${[...digits].reverse().join('')}%`}`);
  const number = toIdentityNumber(wanted);
  if (/^\d{15}$|^\d{17}[\dX]$/.test(number))
    ways.push(sql<boolean>`id = any(array(
      select known.id from patient as numbered cross join lateral (select numbered.id union select id from surviving_record(numbered.id)) as known
      where numbered.identity_key = ${identityKeyOf(number)}))`);
  const shortNumber = readShortNumber(wanted);
  if (shortNumber !== undefined)
    ways.push(sql<boolean>`id = any(array(select patient_id from pathway where right(pathway.id::text, 8) = ${shortNumber}))`);
  return or(ways);
}

/** Gives the ids without repetitions and in one order for all, so that two creations that share ids wait for each other instead of deadlocking. */
function sortForLocking(localIds: readonly LocalId[]): LocalId[] {
  const byKey = new Map(localIds.map((localId) => [JSON.stringify([localId.system, localId.value]), localId]));
  return [...byKey.keys()].sort().flatMap((key) => byKey.get(key) ?? []);
}

/** Also under another spelling of the system. */
async function findTakenIds(db: Database, localIds: readonly LocalId[]): Promise<LocalId[]> {
  if (localIds.length === 0) return [];
  return db
    .selectFrom('patient_local_id')
    .select(['system', 'value'])
    .where((eb) =>
      eb.or(
        localIds.map(({ system, value }) => eb.and([eb('system', 'in', spellingsOf(system)), eb('value', 'in', spellingsOfValue(value))])),
      ),
    )
    .orderBy('system')
    .orderBy('value')
    .execute();
}
