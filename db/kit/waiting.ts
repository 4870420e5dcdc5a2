/** Counts what waits in each queue. A number that stays high says that a queue is not worked off. */
import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface Waiting {
  what: string;
  rows: number;
}

export async function countWaiting(db: Database): Promise<Waiting[]> {
  const { rows } = await sql<Waiting>`
    select 'commands-without-answer' as what, count(*)::int as rows from command where pathway_id is not null and acked_at is null
    union all select 'messages', count(*)::int from message where status = 'waiting' and waits_for is null
    union all select 'messages-in-hand', count(*)::int from message where status = 'in-hand'
    union all select 'facts-without-delivery', count(*)::int from fact_delivery where settled_at is null
    union all select 'identity-reviews', count(*)::int from identity_review where resolved_at is null
    union all select 'pathways-overdue', count(*)::int from pathway
      where status = 'open' and overdue_at < now() + clock_offset_ms * interval '1 millisecond'
    union all select 'obligations-late', count(*)::int from pathway
      where status = 'open' and next_due_at < now() + clock_offset_ms * interval '1 millisecond' - interval '1 minute'`.execute(db);
  return rows;
}
