/** Sessions of people who have signed in. A session stands while nobody has ended it, its person is active and holds every role that it was begun with. */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';

export interface NewSession {
  id: string;
  personId: string;
  institutionId: string;
  roles: readonly string[];
  /** The hash of the secret in a browser's cookie; null for a bearer token. */
  cookieHash: Buffer | null;
  begunAt: Date;
  expiresAt: Date;
}

export interface SignInSession {
  id: string;
  personId: string;
  institutionId: string;
  roles: string[];
  kind: 'bearer' | 'browser';
  begunAt: Date;
  seenAt: Date;
  expiresAt: Date;
  /** False once it was ended, or its person or a post of theirs has gone. */
  stands: boolean;
  /** Whether the person has a second factor that is active. */
  hasSecondFactor: boolean;
}

export async function beginSession(db: Database, session: NewSession): Promise<void> {
  await db
    .insertInto('sign_in_session')
    .values({
      id: session.id,
      person_id: session.personId,
      institution_id: session.institutionId,
      roles: [...session.roles],
      kind: session.cookieHash ? 'browser' : 'bearer',
      cookie_hash: session.cookieHash,
      begun_at: session.begunAt,
      seen_at: session.begunAt,
      expires_at: session.expiresAt,
    })
    .execute();
}

const heldRoles = sql<string[]>`array(
  select post.role from post where post.person_id = sign_in_session.person_id and post.institution_id = sign_in_session.institution_id)`;

const selectSessions = (db: Database) =>
  db
    .selectFrom('sign_in_session')
    .innerJoin('person', 'person.id', 'sign_in_session.person_id')
    .select([
      'sign_in_session.id',
      'sign_in_session.person_id as personId',
      'sign_in_session.institution_id as institutionId',
      'sign_in_session.roles',
      'sign_in_session.kind',
      'sign_in_session.begun_at as begunAt',
      'sign_in_session.seen_at as seenAt',
      'sign_in_session.expires_at as expiresAt',
      sql<boolean>`sign_in_session.ended_at is null and person.active and sign_in_session.roles <@ ${heldRoles}`.as('stands'),
      sql<boolean>`exists (
        select from second_factor where second_factor.person_id = sign_in_session.person_id and active_at is not null)`.as(
        'hasSecondFactor',
      ),
    ]);

/** One statement for all of them. */
export async function readSessions(db: Database, ids: readonly string[]): Promise<SignInSession[]> {
  return selectSessions(db).where('sign_in_session.id', 'in', ids).execute();
}

export async function findSessionByCookie(db: Database, cookieHash: Buffer): Promise<SignInSession | undefined> {
  return selectSessions(db).where('cookie_hash', '=', cookieHash).executeTakeFirst();
}

/** Those that can still be used at this instant, newest first. */
export async function listSessionsOfPerson(db: Database, personId: string, { at }: { at: Date }): Promise<SignInSession[]> {
  const sessions = await selectSessions(db)
    .where('sign_in_session.person_id', '=', personId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', at)
    .orderBy('begun_at', 'desc')
    .orderBy('sign_in_session.id')
    .execute();
  return sessions.filter(({ stands }) => stands);
}

/** Notes that a session was used; never an earlier instant than is noted already. */
export async function touchSession(db: Database, id: string, at: Date): Promise<void> {
  await db.updateTable('sign_in_session').set({ seen_at: at }).where('id', '=', id).where('seen_at', '<', at).execute();
}

/** Goes on by the posts at another institution. */
export async function moveSession(
  db: Database,
  id: string,
  { institutionId, roles }: { institutionId: string; roles: readonly string[] },
): Promise<void> {
  await db
    .updateTable('sign_in_session')
    .set({ institution_id: institutionId, roles: [...roles] })
    .where('id', '=', id)
    .execute();
}

/** @returns false where the person has no such session that could be used at this instant */
export async function endSession(db: Database, { id, personId, at }: { id: string; personId: string; at: Date }): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sign_in_session')
    .set({ ended_at: at })
    .where('id', '=', id)
    .where('person_id', '=', personId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', at)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Ends every session of a person but one: every process refuses them within 5 s. May be called again. */
export async function endSessionsOfPerson(
  db: Database,
  personId: string,
  { at, exceptId }: { at: Date; exceptId?: string | undefined },
): Promise<void> {
  let sessions = db.updateTable('sign_in_session').set({ ended_at: at }).where('person_id', '=', personId).where('ended_at', 'is', null);
  if (exceptId !== undefined) sessions = sessions.where('id', '<>', exceptId);
  await sessions.execute();
}

/** When the person began the session before this one; null for their first. */
export async function findSignInBefore(db: Database, { personId, begunAt }: { personId: string; begunAt: Date }): Promise<Date | null> {
  const before = await db
    .selectFrom('sign_in_session')
    .select('begun_at as begunAt')
    .where('person_id', '=', personId)
    .where('begun_at', '<', begunAt)
    .orderBy('begun_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return before?.begunAt ?? null;
}
