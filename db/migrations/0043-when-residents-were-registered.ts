/** A move that is told late says nothing about where somebody lives who was registered after it. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // Null for residents from before this, of whom nobody knows when they came: any move is newer. Code of before does not know of it.
  `alter table patient add column registered_at timestamptz`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
