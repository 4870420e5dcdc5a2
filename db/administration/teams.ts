/** Teams of family doctors, nurses and others at one institution. */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

export interface Team {
  id: string;
  institutionId: string;
  name: string;
  memberIds: string[];
}

export interface StandingTeam extends Team {
  closedAt: Date | null;
}

export async function findTeam(db: Database, id: string): Promise<StandingTeam | undefined> {
  const team = await db
    .selectFrom('team')
    .select(['id', 'institution_id as institutionId', 'name', 'closed_at as closedAt'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!team) return undefined;
  const members = await db
    .selectFrom('team_member')
    .select('person_id as personId')
    .where('team_id', '=', id)
    .orderBy('person_id')
    .execute();
  return { ...team, memberIds: members.map(({ personId }) => personId) };
}

/** @returns false when there is one with this id already */
export async function createTeam(trx: Trx, { id, institutionId, name, memberIds }: Team): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('team')
    .values({ id, institution_id: institutionId, name })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  if (!numInsertedOrUpdatedRows) return false;
  await writeMembers(trx, id, memberIds);
  return true;
}

/** Two who change one team at once take turns. */
export async function changeTeam(trx: Trx, { id, name, memberIds }: Pick<Team, 'id' | 'name' | 'memberIds'>): Promise<void> {
  await trx.updateTable('team').set({ name }).where('id', '=', id).execute();
  await trx.deleteFrom('team_member').where('team_id', '=', id).execute();
  await writeMembers(trx, id, memberIds);
}

async function writeMembers(trx: Trx, teamId: string, memberIds: readonly string[]): Promise<void> {
  const members = [...new Set(memberIds)].sort();
  if (members.length === 0) return;
  await trx
    .insertInto('team_member')
    .values(members.map((personId) => ({ team_id: teamId, person_id: personId })))
    .execute();
}

/** Those of the ids that there are, closed ones too. */
export async function listStandingTeams(db: Database, ids: readonly string[]): Promise<StandingTeam[]> {
  const teams = await db
    .selectFrom('team')
    .select(['id', 'institution_id as institutionId', 'name', 'closed_at as closedAt'])
    .where('id', '=', sql<string>`any(${[...ids]}::text[])`)
    .execute();
  const members = await db
    .selectFrom('team_member')
    .select(['team_id as teamId', 'person_id as personId'])
    .where('team_id', '=', sql<string>`any(${[...ids]}::text[])`)
    .orderBy('person_id')
    .execute();
  const byTeam = Map.groupBy(members, ({ teamId }) => teamId);
  return teams.map((team) => ({ ...team, memberIds: (byTeam.get(team.id) ?? []).map(({ personId }) => personId) }));
}

/** Who of them works where, each as a pair of ids in JSON. */
export async function listPostHolders(db: Database, personIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('post')
    .innerJoin('person', 'person.id', 'post.person_id')
    .select(['person.id', 'post.institution_id as institutionId'])
    .where('person.active', '=', true)
    .where('person.id', '=', sql<string>`any(${[...personIds]}::text[])`)
    .execute();
  return new Set(rows.map(({ id, institutionId }) => JSON.stringify([id, institutionId])));
}
