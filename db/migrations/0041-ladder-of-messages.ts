/** The ladder by which residents are reached: looking for somebody rests while their death is being confirmed. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create or replace function asks_resident(name text) returns boolean language sql immutable parallel safe as $$
    select name in ('call-patient', 'deliver-letter', 'follow-up-visit', 'follow-up-home-visit', 'first-follow-up', 'home-visit',
      'find-at-home', 'ask-community', 'confirm-lost', 'call-contact') $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
