/** What other systems send in their own standards: the messages that were answered, and their numbers for our referrals. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create table hl7v2_message (
    account_id text not null,
    sending_facility text not null,
    control_id text not null,
    content_hash bytea not null,
    acknowledgement text not null,
    received_at timestamptz not null default now(),
    primary key (account_id, sending_facility, control_id)
  )`,
  // No reference to referral: the number is noted before the referral is created, so that it can be created only once.
  `create table referral_number (
    authority text not null,
    value text not null,
    referral_id uuid not null,
    recorded_at timestamptz not null default now(),
    primary key (authority, value)
  )`,
  `create index referral_number_of_referral on referral_number (referral_id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
