/** People, their accounts and their posts as administrators write them. */
import { sql } from 'kysely';
import type { StaffChannel } from '../../domain/messages/channels.ts';
import type { Person, Post } from '../directory/directory.ts';
import type { Database } from '../kit/database.ts';
import { constraintOf } from '../kit/integrity.ts';
import type { Trx } from '../kit/transaction.ts';
import { endSessionsOfPerson } from '../sign-in/sessions.ts';
import { endActivations } from './activations.ts';

export interface StaffFields {
  name: string;
  username: string | null;
  phone: string | null;
  email: string | null;
  channel: StaffChannel;
}

export interface StandingStaff extends StaffFields {
  id: string;
  active: boolean;
  /** Has chosen a password. */
  activated: boolean;
  posts: Post[];
}

/** Locks the person, so that two who change one person's posts take turns. */
export async function lockStaff(trx: Trx, id: string): Promise<StandingStaff | undefined> {
  const row = await trx
    .selectFrom('person')
    .select(['id', 'name', 'username', 'phone', 'email', 'channel', 'active', 'password_hash as passwordHash'])
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!row) return undefined;
  const posts = await trx
    .selectFrom('post')
    .select(['institution_id as institutionId', 'department_id as departmentId', 'role'])
    .where('person_id', '=', id)
    .orderBy('institution_id')
    .orderBy('department_id')
    .orderBy('role')
    .execute();
  const { passwordHash, ...person } = row;
  return { ...person, activated: passwordHash !== null, posts };
}

/** @returns false when the id or the user name is taken */
export async function createPerson(trx: Trx, id: string, fields: StaffFields): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('person')
    .values({ id, ...fields, password_hash: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Boolean(numInsertedOrUpdatedRows);
}

/** @returns false when the user name is taken; then the transaction goes on as if never asked */
export async function changePerson(trx: Trx, id: string, fields: StaffFields): Promise<boolean> {
  await sql`savepoint change_person`.execute(trx);
  try {
    await trx.updateTable('person').set(fields).where('id', '=', id).execute();
  } catch (error) {
    if (constraintOf(error) !== 'person_username_key') throw error;
    await sql`rollback to savepoint change_person`.execute(trx);
    return false;
  }
  return true;
}

export interface PostChanges {
  given: Post[];
  ended: Post[];
}

const keyOf = ({ institutionId, departmentId, role }: Post): string => JSON.stringify([institutionId, departmentId, role]);

export function comparePosts(before: readonly Post[], after: readonly Post[]): PostChanges {
  const [held, wanted] = [new Set(before.map(keyOf)), new Set(after.map(keyOf))];
  const given = new Map(after.filter((post) => !held.has(keyOf(post))).map((post) => [keyOf(post), post]));
  return { given: [...given.values()], ended: before.filter((post) => !wanted.has(keyOf(post))) };
}

export type PostRefusal = 'roles-conflict' | 'last-administrator';

/** What the tables refuse of a change of posts, whoever has asked; undefined for any other error. */
export function postRefusalOf(error: unknown): PostRefusal | undefined {
  switch (constraintOf(error)) {
    case 'administrator_of_one_kind':
      return 'roles-conflict';
    case 'administrator_left':
      return 'last-administrator';
    default:
      return undefined;
  }
}

/** Ends first, so that one kind of administrator can become another. Throws what `postRefusalOf` reads. */
export async function changePosts(trx: Trx, personId: string, { given, ended }: PostChanges): Promise<void> {
  for (const { institutionId, departmentId, role } of ended)
    await trx
      .deleteFrom('post')
      .where('person_id', '=', personId)
      .where('institution_id', '=', institutionId)
      .where('department_id', 'is not distinct from', departmentId)
      .where('role', '=', role)
      .execute();
  if (given.length > 0)
    await trx
      .insertInto('post')
      .values(
        given.map(({ institutionId, departmentId, role }) => ({
          person_id: personId,
          institution_id: institutionId,
          department_id: departmentId,
          role,
        })),
      )
      .execute();
}

/** The tasks that the person holds are everybody's again. @returns how many */
async function releaseTasksOf(trx: Trx, personId: string): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('task')
    .set((eb) => ({ owner_id: null, claimed_at: null, version: eb('version', '+', 1) }))
    .where('owner_id', '=', personId)
    .where('status', '=', 'open')
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Let in no more: no session, no way to activate, no task held, out of all teams. Posts stay, because records name them. Throws what `postRefusalOf` reads. */
export async function deactivatePerson(trx: Trx, personId: string, now: Date): Promise<{ releasedTasks: number }> {
  await trx.updateTable('person').set({ active: false, password_hash: null }).where('id', '=', personId).execute();
  await endActivations(trx, personId, now);
  await endSessionsOfPerson(trx, personId, { at: now });
  await trx.deleteFrom('team_member').where('person_id', '=', personId).execute();
  return { releasedTasks: await releaseTasksOf(trx, personId) };
}

/** Those of the people who have a post at the institution and have not left. */
export async function listStaffOf(trx: Trx, institutionId: string, ids: readonly string[]): Promise<ReadonlySet<Person['id']>> {
  if (ids.length === 0) return new Set();
  const rows = await trx
    .selectFrom('post')
    .innerJoin('person', 'person.id', 'post.person_id')
    .select('person.id')
    .distinct()
    .where('post.institution_id', '=', institutionId)
    .where('person.active', '=', true)
    .where('person.id', 'in', [...ids])
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Those of the ids, and whoever has one of the user names; those who have left, too. */
export async function listStandingStaff(
  db: Database,
  { ids, usernames }: { ids: readonly string[]; usernames: readonly string[] },
): Promise<StandingStaff[]> {
  const people = await db
    .selectFrom('person')
    .select(['id', 'name', 'username', 'phone', 'email', 'channel', 'active', 'password_hash as passwordHash'])
    .where(({ or, eb }) =>
      or([eb('id', '=', sql<string>`any(${[...ids]}::text[])`), eb('username', '=', sql<string>`any(${[...usernames]}::text[])`)]),
    )
    .execute();
  const posts = await db
    .selectFrom('post')
    .select(['person_id as personId', 'institution_id as institutionId', 'department_id as departmentId', 'role'])
    .where('person_id', '=', sql<string>`any(${people.map(({ id }) => id)}::text[])`)
    .orderBy('institution_id')
    .orderBy('department_id')
    .orderBy('role')
    .execute();
  const byPerson = Map.groupBy(posts, ({ personId }) => personId);
  return people.map(({ passwordHash, ...person }) => ({
    ...person,
    activated: passwordHash !== null,
    posts: (byPerson.get(person.id) ?? []).map(({ personId: _, ...post }) => post),
  }));
}
