/** What a task is about, whom it has been escalated to, and since when it rests because its patient may have died. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // What the task is about, in codes and numbers: the value of a reading that somebody has to confirm, and the threshold that it has reached.
  `alter table task add column about jsonb check (jsonb_typeof(about) = 'object')`,
  // The roles that an escalation has reached, in order: [{"role": "gp", "at": "2026-11-30T08:00:00.000Z"}]. Code of before does not know of them.
  `alter table task add column escalated_to jsonb not null default '[]' check (jsonb_typeof(escalated_to) = 'array')`,
  // Since when the task is on no worklist because a death has been reported that nobody has confirmed or refuted; null for a task that does not rest.
  `alter table task add column held_since timestamptz`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
