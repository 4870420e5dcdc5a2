/** HL7 v2 going out: where an institution's system listens, and which steps of referrals it still has to be told of. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create table hl7v2_endpoint (
    institution_id text primary key references institution,
    url text not null check (url ~ '^(mllp|http|https)://')
  )`,
  // detail: what the other side said of a message that it refused; no personal data
  `create table hl7v2_delivery (
    seq bigint generated always as identity unique,
    pathway_id uuid not null,
    version integer not null,
    institution_id text not null references institution,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    settled_at timestamptz,
    outcome text check (outcome in ('accepted', 'refused', 'dropped')),
    detail text,
    primary key (pathway_id, version, institution_id),
    check ((settled_at is null) = (outcome is null))
  )`,
  `create index hl7v2_delivery_unsettled on hl7v2_delivery (pathway_id, institution_id, seq) where settled_at is null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
