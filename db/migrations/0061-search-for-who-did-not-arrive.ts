/** Whoever has not arrived in the hospital to which they were sent is not looked for while somebody finds out whether they have died. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function asks_resident(name text) returns boolean language sql immutable parallel safe as $$
      select name in ('call-patient', 'deliver-letter', 'follow-up-visit', 'follow-up-home-visit', 'first-follow-up', 'home-visit',
        'find-at-home', 'ask-community', 'confirm-lost', 'call-contact',
        'contact', 'second-phone', 'send-letter', 'closing-contact', 'post-discharge-visit', 'conversation', 'order-medicine', 'order-revisit',
        'order-retest', 'order-wound', 'order-rehabilitation', 'order-education', 'order-device', 'order-vaccination', 'order-other',
        'call-back', 'find-transferred') $$`.execute(db);
}
