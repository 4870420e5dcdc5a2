/** Who waits for whom: what a test of two at once looks at, so that it need not wait for a time. */
import { sql } from 'kysely';
import type { Database } from '../../../db/kit/database.ts';

export async function countWaitingForLocks(db: Database): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows[0]?.waiting ?? 0;
}
