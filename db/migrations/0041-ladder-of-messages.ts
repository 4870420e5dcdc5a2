/** The ladder by which residents are reached: contacts are asked, several texts go as one, and looking for somebody rests while their death is being confirmed. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `alter table message
    drop constraint message_recipient_type_check,
    add constraint message_recipient_type_check check (recipient_type in ('person', 'patient', 'team', 'contact'))`,
  // The keys of contacts' numbers at which somebody else has answered. Code of before does not look at it.
  `alter table patient add column wrong_contact_keys text[] not null default '{}'`,

  `create or replace function asks_resident(name text) returns boolean language sql immutable parallel safe as $$
    select name in ('call-patient', 'deliver-letter', 'follow-up-visit', 'follow-up-home-visit', 'first-follow-up', 'home-visit',
      'find-at-home', 'ask-community', 'confirm-lost', 'call-contact') $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
