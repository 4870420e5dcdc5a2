/** What has happened on a pathway, in order. */
import { sql } from 'kysely';
import type { Reason } from '../../domain/kit/pathway.ts';
import type { Database } from './database.ts';

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
