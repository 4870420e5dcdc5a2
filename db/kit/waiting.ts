/** Counts what waits in each queue. A number that stays high says that a queue is not worked off. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from './database.ts';

export interface Waiting {
  what: string;
  rows: number;
}

/** Nobody needs to know more exactly how much more than this waits, and whoever looks at the metrics may not slow the service down. */
const MOST_COUNTED = 5_000;

const counted = (what: string, rows: RawBuilder<unknown>) =>
  sql`select ${what}::text as what, count(*)::int as rows from (${rows} limit ${MOST_COUNTED}) as waiting`;

/** Open pathways with an instant in the past. Only demonstrations push a clock; all others are found by an index on the wall clock. */
const pathwaysPast = (column: 'overdue_at' | 'next_due_at', now: RawBuilder<Date>) => sql`
  (select from pathway where status = 'open' and clock_offset_ms = 0 and ${sql.ref(column)} < ${now} limit ${MOST_COUNTED})
  union all
  (select from pathway where status = 'open' and clock_offset_ms <> 0 and ${sql.ref(column)} < ${now} + clock_offset_ms * interval '1 millisecond'
    limit ${MOST_COUNTED})`;

/** Each count is at most 5,000: what is more is shown as 5,000. */
export async function countWaiting(db: Database): Promise<Waiting[]> {
  const { rows } = await sql<Waiting>`${sql.join(
    [
      counted('commands-without-answer', sql`select from command where pathway_id is not null and acked_at is null`),
      counted('messages', sql`select from message where status = 'waiting' and waits_for is null`),
      counted('messages-in-hand', sql`select from message where status = 'in-hand'`),
      counted('facts-without-delivery', sql`select from fact_delivery where settled_at is null`),
      counted('identity-reviews', sql`select from identity_review where resolved_at is null`),
      // Nobody who has died is written to, called or followed up: this is 0, and anything else is a defect.
      counted('asked-after-death', sql`select from asking_after_death`),
      counted('pathways-overdue', pathwaysPast('overdue_at', sql<Date>`now()`)),
      counted('obligations-late', pathwaysPast('next_due_at', sql<Date>`now() - interval '1 minute'`)),
    ],
    sql` union all `,
  )}`.execute(db);
  return rows;
}
