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

/** Whoever reads the timeline finds the document that a clause is from with the evidence. */
const withSourceInEvidence = ({ rule, clause, source, evidence }: Reason): Reason => ({
  rule,
  clause,
  evidence: source === undefined ? evidence : { ...evidence, source },
});

/** Puts the entries of one decision behind those that stand. */
export async function appendTimeline(
  trx: Trx,
  { pathwayId, version, happenedAt, actor, entries, note }: NewTimelineEntries,
): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ event, from, to, because }, index) => ({
    place: index + 1,
    event,
    from,
    to,
    because: because.map(withSourceInEvidence),
    note: index === entries.length - 1 ? note : null,
  }));
  await sql`
    insert into timeline (pathway_id, seq, version, happened_at, actor, event, from_status, to_status, because, note)
    select ${pathwayId}::uuid, coalesce((select max(seq) from timeline where pathway_id = ${pathwayId}::uuid), 0) + entry.place, ${version}::integer,
      ${happenedAt}::timestamptz, ${JSON.stringify(actor ?? system)}::jsonb, entry.event, entry."from", entry."to", entry.because, entry.note
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as entry(place integer, event text, "from" text, "to" text, because jsonb, note text)`.execute(trx);
}
