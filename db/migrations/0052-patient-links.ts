/** Links for patients after a discharge: what opens them stands here as hashes only, with the codes and sessions of each and how often somebody tried. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // recipient: `patient`, or the place of one of their contacts, from 0. phone_key: the number that it went to; with another one the link is over.
  // wrong_attempts: of all its codes together. voided_at: it was tried too often.
  `create table episode_link (
    id uuid primary key,
    episode_id uuid not null references episode,
    token_hash bytea not null unique,
    recipient text not null check (recipient ~ '^(patient|[0-9]{1,3})$'),
    phone_key text not null,
    wrong_attempts integer not null default 0,
    voided_at timestamptz
  )`,
  `create index episode_link_of_episode on episode_link (episode_id)`,
  // The digits of a code follow from its id and a secret of the service, so they stand nowhere. Instants are on the clock of the episode.
  `create table link_code (
    id uuid primary key,
    link_id uuid not null references episode_link,
    asked_at timestamptz not null,
    wrong_attempts integer not null default 0,
    ended text check (ended in ('used', 'void', 'replaced'))
  )`,
  `create index link_code_of_link on link_code (link_id, asked_at)`,
  `create table link_session (
    session_hash bytea primary key,
    link_id uuid not null references episode_link,
    expires_at timestamptz not null
  )`,
  `create index link_session_of_link on link_session (link_id)`,
  // Whoever calls links, by a hash of the address, on the wall clock: all processes of the API count together.
  `create unlogged table link_caller (
    address_hash bytea primary key,
    since timestamptz not null,
    calls integer not null
  )`,
  // Whoever asked to be called is not called while somebody finds out whether they have died.
  `create or replace function asks_resident(name text) returns boolean language sql immutable parallel safe as $$
    select name in ('call-patient', 'deliver-letter', 'follow-up-visit', 'follow-up-home-visit', 'first-follow-up', 'home-visit',
      'find-at-home', 'ask-community', 'confirm-lost', 'call-contact',
      'contact', 'second-phone', 'send-letter', 'closing-contact', 'post-discharge-visit', 'conversation', 'order-medicine', 'order-revisit',
      'order-retest', 'order-wound', 'order-rehabilitation', 'order-education', 'order-device', 'order-vaccination', 'order-other',
      'call-back') $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
