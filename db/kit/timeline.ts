/** What has happened on a pathway, in order. */
import { sql } from 'kysely';
import type { Actor, Entry, Reason } from '../../domain/kit/pathway.ts';
import { system } from './audit.ts';
import type { Database } from './database.ts';
import type { Trx } from './transaction.ts';

export interface TimelineRow {
  seq: number;
  happenedAt: Date;
  recordedAt: Date;
  actor: { personId: string; institutionId: string; role: string } | { system: true };
  actorName: string | null;
  event: string;
  from: string | null;
  to: string | null;
  because: Reason[];
  note: string | null;
}

export async function timelineOf(db: Database, pathwayId: string): Promise<TimelineRow[]> {
  const rows = await db
    .selectFrom('timeline')
    .leftJoin('person', (join) => join.on(sql<boolean>`person.id = timeline.actor ->> 'personId'`))
    .select([
      'seq',
      'happened_at as happenedAt',
      'recorded_at as recordedAt',
      'actor',
      'person.name as actorName',
      'event',
      'from_status as from',
      'to_status as to',
      'because',
      'note',
    ])
    .where('pathway_id', '=', pathwayId)
    .orderBy('seq')
    .execute();
  return rows as TimelineRow[];
}

export interface NewTimelineEntries {
  pathwayId: string;
  version: number;
  happenedAt: Date;
  /** Who took the step; null when it was no person. */
  actor: Actor | null;
  entries: readonly Entry[];
  /** What the person wrote. Of a decision with several entries it stands with the last. */
  note: string | null;
}

/** Puts the entries of one decision behind those that stand. */
export async function appendTimeline(
  trx: Trx,
  { pathwayId, version, happenedAt, actor, entries, note }: NewTimelineEntries,
): Promise<void> {
  const { last } = await trx
    .selectFrom('timeline')
    .select(({ fn }) => fn.coalesce(fn.max('seq'), sql<number>`0`).as('last'))
    .where('pathway_id', '=', pathwayId)
    .executeTakeFirstOrThrow();
  const rows = entries.map((entry, index) => ({
    pathway_id: pathwayId,
    seq: last + 1 + index,
    version,
    happened_at: happenedAt,
    actor: JSON.stringify(actor ?? system),
    event: entry.event,
    from_status: entry.from,
    to_status: entry.to,
    because: JSON.stringify(entry.because),
    note: index === entries.length - 1 ? note : null,
  }));
  if (rows.length > 0) await trx.insertInto('timeline').values(rows).execute();
}
