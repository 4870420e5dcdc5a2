/** The directory of the alliance: institutions, departments, staff and their posts. */
import type { ExpressionBuilder } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { StaffChannel } from '../../domain/messages/channels.ts';
import type { Database } from '../kit/database.ts';
import type { Tables } from '../tables.ts';
import type { InstitutionTable } from './tables.ts';

export interface Institution {
  id: string;
  nameZh: string;
  nameEn: string;
  tier: InstitutionTable['tier'];
  kind: InstitutionTable['kind'];
  /** Null for an institution that has not told it yet, as are the next two. */
  addressZh: string | null;
  addressEn: string | null;
  telephone: string | null;
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

const institutionColumns = [
  'id',
  'name_zh as nameZh',
  'name_en as nameEn',
  'tier',
  'kind',
  'address_zh as addressZh',
  'address_en as addressEn',
  'telephone',
] as const;

export async function listInstitutions(db: Database, page: Page): Promise<Slice<Institution>> {
  const rows = await db
    .selectFrom('institution')
    .select(institutionColumns)
    .where('closed_at', 'is', null)
    .where('id', '>', startOf(page))
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
  return sliceOf(rows, page);
}

/** Finds also those that are closed. */
export async function findInstitution(db: Database, id: string): Promise<(Institution & { closedAt: Date | null }) | undefined> {
  return db
    .selectFrom('institution')
    .select([...institutionColumns, 'closed_at as closedAt'])
    .where('id', '=', toColumns(id))
    .executeTakeFirst();
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
    .where('closed_at', 'is', null)
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

const selectAccounts = (db: Database) =>
  db
    .selectFrom('person')
    .select((person) => ['id', 'name', 'username', 'password_hash as passwordHash', postsOf(person)])
    .where('username', 'is not', null)
    .where('password_hash', 'is not', null)
    .where('active', '=', true)
    .$narrowType<{ username: string; passwordHash: string }>();

/** The account to sign in to. Whoever has left has none. */
export async function findAccount(db: Database, username: string): Promise<Account | undefined> {
  return selectAccounts(db).where('username', '=', toColumns(username)).executeTakeFirst();
}

export async function findAccountOfPerson(db: Database, personId: string): Promise<Account | undefined> {
  return selectAccounts(db).where('id', '=', personId).executeTakeFirst();
}

/** All of them, by user name. */
export async function listAccounts(db: Database): Promise<Account[]> {
  return selectAccounts(db).orderBy('username').execute();
}

/** The name under which an active person signs in; undefined without one. */
export async function findUsername(db: Database, id: string): Promise<string | undefined> {
  const person = await db.selectFrom('person').select('username').where('id', '=', id).where('active', '=', true).executeTakeFirst();
  return person?.username ?? undefined;
}

/** Finds also those who have left: see `active`. */
export async function findPerson(db: Database, id: string): Promise<Person | undefined> {
  return db
    .selectFrom('person')
    .select((person) => ['id', 'name', 'active', 'phone', 'email', 'channel', postsOf(person)])
    .where('id', '=', toColumns(id))
    .executeTakeFirst();
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

/** Postgres refuses a text with NUL, even to look for. The replacement character keeps such a text one that nothing equals. */
export function toColumns(text: string): string {
  return text.replaceAll('\0', '\u{FFFD}');
}

/** The ids of a page are greater than this; every id is greater than the empty text. */
export function startOf(page: Page): string {
  return toColumns(page.after ?? '');
}

export function sliceOf<T extends { id: string }>(rows: T[], { limit }: Page): Slice<T> {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
