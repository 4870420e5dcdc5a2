/** Pathways of every kind, for those who inspect and replay them: ids, codes and instants, nothing that a person wrote. */
import { sql } from 'kysely';
import type { Entry } from '../../domain/kit/pathway.ts';
import { readShortNumber } from '../../domain/messages/short-number.ts';
import type { Database } from './database.ts';
import { longFormOf } from './documents.ts';

export interface PathwayRow {
  id: string;
  kind: string;
  status: 'open' | 'ended';
  version: number;
  institutionId: string | null;
  nextDueAt: Date | null;
  /** Whether somebody is late, on the pathway's own clock, which a demonstration may have pushed forward. */
  overdue: boolean;
  createdAt: Date;
  endedAt: Date | null;
  /** How many commands are stored for the pathway and not answered yet. */
  unanswered: number;
}

export interface PathwayRecord extends PathwayRow {
  patientId: string | null;
  /** The last decided state, or null before the first decision. */
  state: unknown;
}

export interface PathwayFilter {
  kind?: string | undefined;
  status?: 'open' | 'ended' | undefined;
  institutionId?: string | undefined;
  overdue?: boolean | undefined;
}

export const isOverdue = sql<boolean>`coalesce(pathway.status = 'open' and pathway.overdue_at < now() + pathway.clock_offset_ms * interval '1 millisecond', false)`;

const unanswered = sql<number>`(select count(*)::int from command where command.pathway_id = pathway.id and command.acked_at is null)`;

const columns = [
  'id',
  'kind',
  'status',
  'version',
  'institution_id as institutionId',
  'next_due_at as nextDueAt',
  isOverdue.as('overdue'),
  'created_at as createdAt',
  'ended_at as endedAt',
] as const;

/** The pathways whose short number somebody has written. None when what is written is no such number. */
export async function findPathwaysByNumber(db: Database, written: string): Promise<{ id: string }[]> {
  const number = readShortNumber(written);
  if (number === undefined) return [];
  return db.selectFrom('pathway').select('id').where(sql<string>`right(id::text, 8)`, '=', number).execute();
}

/** Newest first; ids grow with time. One more than `limit` when there are more. */
export async function listPathways(
  db: Database,
  { kind, status, institutionId, overdue }: PathwayFilter,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<PathwayRow[]> {
  let page = db
    .selectFrom('pathway')
    .select(columns)
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (kind !== undefined) page = page.where('kind', '=', kind);
  if (status !== undefined) page = page.where('status', '=', status);
  if (institutionId !== undefined) page = page.where('institution_id', '=', institutionId);
  if (overdue !== undefined) page = page.where(isOverdue, '=', overdue);
  if (before !== undefined) page = page.where('id', '<', before);
  // The commands of all pathways of the page are looked up at once.
  return db
    .with('page', () => page)
    .with('waiting', (cte) =>
      cte
        .selectFrom('command')
        .select(['pathway_id', sql<number>`count(*)::int`.as('commands')])
        .where('pathway_id', '=', sql<string>`any(array(select id from page))`)
        .where('acked_at', 'is', null)
        .groupBy('pathway_id'),
    )
    .selectFrom('page')
    .leftJoin('waiting', 'waiting.pathway_id', 'page.id')
    .selectAll('page')
    .select(sql<number>`coalesce(waiting.commands, 0)`.as('unanswered'))
    .orderBy('page.id', 'desc')
    .execute();
}

export async function findPathway(db: Database, id: string): Promise<PathwayRecord | undefined> {
  const found = await db
    .selectFrom('pathway')
    .select([...columns, unanswered.as('unanswered'), 'patient_id as patientId', 'state'])
    .where('id', '=', id)
    .executeTakeFirst();
  return found && { ...found, state: await longFormOf(db, found.state) };
}

export interface UnansweredCommand {
  id: string;
  name: string;
  createdAt: Date;
  relayAttempts: number;
}

/** Oldest first. */
export async function listUnansweredCommands(db: Database, pathwayId: string): Promise<UnansweredCommand[]> {
  return db
    .selectFrom('command')
    .select(['id', 'name', 'created_at as createdAt', 'relay_attempts as relayAttempts'])
    .where('pathway_id', '=', pathwayId)
    .where('acked_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .$narrowType<{ name: string }>()
    .execute();
}

export interface DecisionRow {
  version: number;
  happenedAt: Date;
  entries: Entry[];
}

/** What was decided, in order, from the version after `after` on. */
export async function decisionsOf(
  db: Database,
  pathwayId: string,
  { after, limit }: { after: number; limit: number },
): Promise<DecisionRow[]> {
  const rows = await db
    .selectFrom('decision')
    .select(['version', 'happened_at as happenedAt', sql<Entry[]>`decision -> 'entries'`.as('entries')])
    .where('pathway_id', '=', pathwayId)
    .where('version', '>', after)
    .orderBy('version')
    .limit(limit)
    .execute();
  return longFormOf(db, rows);
}

export interface PathwayClock {
  kind: string;
  status: 'open' | 'ended';
  version: number;
  nextDueAt: Date | null;
  /** How far the pathway's own clock is ahead of the wall clock. */
  clockOffsetMs: number;
}

/** Where a pathway stands in time; undefined for an unknown id. */
export async function findPathwayClock(db: Database, id: string): Promise<PathwayClock | undefined> {
  return db
    .selectFrom('pathway')
    .select(['kind', 'status', 'version', 'next_due_at as nextDueAt', sql<number>`clock_offset_ms::float8`.as('clockOffsetMs')])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** How far the pathway's own clock is ahead of the wall clock, in milliseconds. Only a demonstration pushes it. */
export async function storeClockOffset(db: Database, id: string, offsetMs: number): Promise<void> {
  // Messages that wait for an instant of the pathway's clock come nearer by as much.
  await sql`
    with before as (select clock_offset_ms from pathway where id = ${id} for update),
      moved as (update pathway set clock_offset_ms = ${offsetMs} where id = ${id}),
      nearer as (
        update hl7v2_delivery set owed_at = owed_at - gone.by, next_attempt_at = next_attempt_at - gone.by, people_at = people_at - gone.by
        from (select (${offsetMs}::float8 - clock_offset_ms) * interval '1 millisecond' as by from before) as gone
        where pathway_id = ${id} and settled_at is null)
    update message set next_attempt_at = next_attempt_at - (${offsetMs}::float8 - before.clock_offset_ms) * interval '1 millisecond'
    from before where message.pathway_id = ${id} and message.status = 'waiting' and message.next_attempt_at > now()`.execute(db);
}

/** The open pathways about a resident, or those on which an institution has to act and those about its residents; oldest first. */
export async function listOpenPathways(
  db: Database,
  of: { patientIds: readonly string[] } | { institutionId: string },
): Promise<{ id: string; kind: string }[]> {
  const pathways = db.selectFrom('pathway').select(['pathway.id', 'kind']).where('status', '=', 'open').orderBy('pathway.id');
  if ('patientIds' in of) return pathways.where('patient_id', 'in', of.patientIds).execute();
  const residents = db.selectFrom('patient').select('id').where('home_institution_id', '=', of.institutionId);
  return pathways.where((eb) => eb.or([eb('institution_id', '=', of.institutionId), eb('patient_id', 'in', residents)])).execute();
}
