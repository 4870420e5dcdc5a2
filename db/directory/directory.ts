/** The directory of the alliance: institutions, departments, staff and their posts, patients. */
import { type Expression, type ExpressionBuilder, type SqlBool, sql, type Transaction } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import pg from 'pg';
import type { PatientChannel, StaffChannel } from '../../domain/messages/channels.ts';
import type { Database } from '../kit/database.ts';
import type { Tables } from '../tables.ts';
import type { InstitutionTable, PatientContact, PatientTable } from './tables.ts';

export interface Institution {
  id: string;
  nameZh: string;
  nameEn: string;
  tier: InstitutionTable['tier'];
  kind: InstitutionTable['kind'];
}

export interface Department {
  id: string;
  institutionId: string;
  code: string;
  nameZh: string;
  nameEn: string;
  isReferralDesk: boolean;
}

export interface Post {
  institutionId: string;
  departmentId: string | null;
  role: string;
}

export interface StaffMember {
  id: string;
  name: string;
  /** All posts, in the order of their institutions, departments and roles. */
  posts: Post[];
}

export interface Person extends StaffMember {
  /** False once the person has left: shown in old records, no longer let in or called. */
  active: boolean;
  phone: string | null;
  email: string | null;
  channel: StaffChannel;
}

export interface Account extends StaffMember {
  username: string;
  /** The argon2 hash in PHC format. */
  passwordHash: string;
}

export interface LocalId {
  system: string;
  value: string;
}

/** What a list shows; enough to tell two people of one name apart. */
export interface PatientSummary {
  id: string;
  name: string;
  /** YYYY-MM-DD */
  birthDate: string;
  sex: PatientTable['sex'];
  homeInstitutionId: string;
  teamId: string | null;
}

export interface Patient extends PatientSummary {
  phone: string | null;
  contacts: PatientContact[];
  channel: PatientChannel;
  version: number;
  localIds: LocalId[];
}

export type NewPatient = Omit<Patient, 'version'>;

export type PatientCreation =
  | { created: true; patient: Patient }
  | { created: false; reason: 'local-id-taken'; taken: LocalId[] }
  | { created: false; reason: 'home-institution-unknown' };

export interface Page {
  /** At least 1. */
  limit: number;
  /** Id of the last item of the page before. */
  after?: string | undefined;
}

export interface Slice<T> {
  items: T[];
  /** Goes into `after` for the next page; null on the last one. */
  next: string | null;
}

const institutionColumns = ['id', 'name_zh as nameZh', 'name_en as nameEn', 'tier', 'kind'] as const;

export async function listInstitutions(db: Database, page: Page): Promise<Slice<Institution>> {
  const rows = await db
    .selectFrom('institution')
    .select(institutionColumns)
    .where('id', '>', startOf(page))
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
  return sliceOf(rows, page);
}

export async function findInstitution(db: Database, id: string): Promise<Institution | undefined> {
  return db.selectFrom('institution').select(institutionColumns).where('id', '=', toColumns(id)).executeTakeFirst();
}

export async function listDepartments(
  db: Database,
  { institutionId }: { institutionId?: string | undefined },
  page: Page,
): Promise<Slice<Department>> {
  let departments = db
    .selectFrom('department')
    .select([
      'id',
      'institution_id as institutionId',
      'code',
      'name_zh as nameZh',
      'name_en as nameEn',
      'is_referral_desk as isReferralDesk',
    ])
    .where('id', '>', startOf(page))
    .orderBy('id')
    .limit(page.limit + 1);
  if (institutionId !== undefined) departments = departments.where('institution_id', '=', toColumns(institutionId));
  return sliceOf(await departments.execute(), page);
}

/** Everybody who still works in the alliance. With both filters: those who have this role at this institution. */
export async function listStaff(
  db: Database,
  { institutionId, role }: { institutionId?: string | undefined; role?: string | undefined },
  page: Page,
): Promise<Slice<StaffMember>> {
  const rows = await db
    .selectFrom('person')
    .select((person) => ['id', 'name', postsOf(person)])
    .where('active', '=', true)
    .where('id', '>', startOf(page))
    .where(({ exists, selectFrom }) => {
      let posts = selectFrom('post').select('post.role').whereRef('post.person_id', '=', 'person.id');
      if (institutionId !== undefined) posts = posts.where('post.institution_id', '=', toColumns(institutionId));
      if (role !== undefined) posts = posts.where('post.role', '=', toColumns(role));
      return exists(posts);
    })
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
  return sliceOf(rows, page);
}

/** The account to sign in to. Whoever has left has none. */
export async function findAccount(db: Database, username: string): Promise<Account | undefined> {
  const account = await db
    .selectFrom('person')
    .select((person) => ['id', 'name', 'username', 'password_hash as passwordHash', postsOf(person)])
    .where('username', '=', toColumns(username))
    .where('active', '=', true)
    .$narrowType<{ username: string }>()
    .executeTakeFirst();
  if (!account || account.passwordHash === null) return undefined;
  return { ...account, passwordHash: account.passwordHash };
}

/** Finds also those who have left: see `active`. */
export async function findPerson(db: Database, id: string): Promise<Person | undefined> {
  return db
    .selectFrom('person')
    .select((person) => ['id', 'name', 'active', 'phone', 'email', 'channel', postsOf(person)])
    .where('id', '=', toColumns(id))
    .executeTakeFirst();
}

/**
 * The query may be part of a name, a whole local id, or the last four digits or more of the patient's phone number;
 * without one, everybody. `homeInstitutionIds` limits the search to the patients of these institutions.
 */
export async function searchPatients(
  db: Database,
  { query, homeInstitutionIds, page }: { query?: string | undefined; homeInstitutionIds?: readonly string[] | undefined; page: Page },
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
  const wanted = toColumns(query ?? '').trim();
  if (wanted !== '') patients = patients.where((patient) => matches(patient, wanted));
  return sliceOf(await patients.execute(), page);
}

export async function getPatient(db: Database, id: string): Promise<Patient | undefined> {
  return db
    .selectFrom('patient')
    .select((patient) => [
      ...patientSummaryColumns,
      'phone',
      'contacts',
      'channel',
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
}

/** The patient's own row; the local ids stand in a table of their own. */
export const toPatientRow = (patient: Omit<NewPatient, 'localIds'>) => ({
  id: patient.id,
  name: patient.name,
  birth_date: patient.birthDate,
  sex: patient.sex,
  home_institution_id: patient.homeInstitutionId,
  team_id: patient.teamId,
  phone: patient.phone,
  contacts: JSON.stringify(patient.contacts),
  channel: patient.channel,
});

/** Writes the patient with the local ids, or nothing: after a result without `created` the transaction goes on as if never asked. */
export async function createPatient(trx: Transaction<Tables>, patient: NewPatient): Promise<PatientCreation> {
  const localIds = sortForLocking(patient.localIds);
  await sql`savepoint create_patient`.execute(trx);
  try {
    await trx.insertInto('patient').values(toPatientRow(patient)).execute();
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
  trx: Transaction<Tables>,
  id: string,
  channel: PatientChannel,
  ifVersion: number | undefined,
): Promise<Patient | undefined> {
  let update = trx.updateTable('patient').set((eb) => ({ channel, version: eb('version', '+', 1) }));
  if (ifVersion !== undefined) update = update.where('version', '=', ifVersion);
  const { numUpdatedRows } = await update.where('id', '=', id).executeTakeFirst();
  return numUpdatedRows > 0n ? getPatient(trx, id) : undefined;
}

/** @returns false for somebody who has left */
export async function chooseStaffChannel(db: Database, id: string, channel: StaffChannel): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('person')
    .set({ channel })
    .where('id', '=', id)
    .where('active', '=', true)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

const patientSummaryColumns = [
  'id',
  'name',
  'birth_date as birthDate',
  'sex',
  'home_institution_id as homeInstitutionId',
  'team_id as teamId',
] as const;

function postsOf(person: ExpressionBuilder<Tables, 'person'>) {
  return jsonArrayFrom(
    person
      .selectFrom('post')
      .select(['post.institution_id as institutionId', 'post.department_id as departmentId', 'post.role'])
      .whereRef('post.person_id', '=', 'person.id')
      .orderBy('post.institution_id')
      .orderBy('post.department_id')
      .orderBy('post.role'),
  ).as('posts');
}

const SHORTEST_PHONE_TAIL = 4;
const LONGEST_NAME_PART = 2;

/** Each way has an index of its own, and Postgres joins what they find before it reads a patient. */
function matches({ or }: ExpressionBuilder<Tables, 'patient'>, wanted: string): Expression<SqlBool> {
  const withLocalId = sql<string[]>`array(select patient_id from patient_local_id where value = ${wanted})`;
  const hasParts = sql<boolean>`name_parts(name) @> name_parts(${wanted})`;
  const ways: Expression<SqlBool>[] = [
    // One or two characters are a part themselves. Postgres knows how many names have it, and reads the page in order where many do.
    [...wanted].length <= LONGEST_NAME_PART ? hasParts : sql<boolean>`(${hasParts} and name ilike ${`%${escapeWildcards(wanted)}%`})`,
    sql<boolean>`id = any(${withLocalId})`,
  ];
  // People write 154 0000 1234 and 154-0000-1234.
  const digits = wanted.replaceAll(/[\s-]/g, '');
  if (/^\d+$/.test(digits) && digits.length >= SHORTEST_PHONE_TAIL)
    ways.push(sql<boolean>`reverse(phone) like ${`${[...digits].reverse().join('')}%`}`);
  return or(ways);
}

/** Escapes a text for the pattern of a LIKE, so that every character stands for itself. */
function escapeWildcards(text: string): string {
  return text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);
}

/** Postgres refuses a text with NUL, even to look for. The replacement character keeps such a text one that nothing equals. */
export function toColumns(text: string): string {
  return text.replaceAll('\0', '\u{FFFD}');
}

/** The ids of a page are greater than this; every id is greater than the empty text. */
function startOf(page: Page): string {
  return toColumns(page.after ?? '');
}

function sliceOf<T extends { id: string }>(rows: T[], { limit }: Page): Slice<T> {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** Gives the ids without repetitions and in one order for all, so that two creations that share ids wait for each other instead of deadlocking. */
function sortForLocking(localIds: readonly LocalId[]): LocalId[] {
  const byKey = new Map(localIds.map((localId) => [JSON.stringify([localId.system, localId.value]), localId]));
  return [...byKey.keys()].sort().flatMap((key) => byKey.get(key) ?? []);
}

async function findTakenIds(db: Database, localIds: readonly LocalId[]): Promise<LocalId[]> {
  return db
    .selectFrom('patient_local_id')
    .select(['system', 'value'])
    .where(({ or, and }) => or(localIds.map(({ system, value }) => and({ system, value }))))
    .orderBy('system')
    .orderBy('value')
    .execute();
}

function constraintOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined;
}
