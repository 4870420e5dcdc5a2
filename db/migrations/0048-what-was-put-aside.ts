/** Readings that were put aside are listed by institution: there are few of them among all readings. */
import { type Kysely, sql } from 'kysely';

const statements = [`create index reading_quarantined on reading (measured_at, id) where status = 'quarantined'`];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
