/** Documents that pathways decide by stand once, under a name that follows from their content: protocols, calendars, what is cited of them. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create table document (
    name text primary key,
    content jsonb not null,
    stored_at timestamptz not null default now()
  )`,
  `create trigger document_append_only before update or delete or truncate on document for each statement execute function refuse_change()`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
