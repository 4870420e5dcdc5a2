/** Facts from outside, what they change in the directory, who still has to hear of them, and those that wait for a person to say whom they mean. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // A record that turned out to be another one's double points at the one that survives; the chain may be longer than one step.
  `alter table patient
    add column deceased_at timestamptz,
    add column merged_into_id text references patient check (merged_into_id <> id)`,
  `create index patient_merged on patient (merged_into_id) where merged_into_id is not null`,
  `create index pathway_open_of_patient on pathway (patient_id) where status = 'open'`,

  // input: what pathways are told, fixed when the fact takes effect; body_hash tells a repetition from another body under the same message id
  `create table fact (
    id uuid primary key,
    source text not null,
    message_id text not null,
    type text not null check (type in ('patient-died', 'patient-moved', 'patient-admitted', 'patients-merged')),
    occurred_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    sender_id text not null,
    sender_institution_id text not null references institution,
    given_patient_id text,
    local_id_system text,
    local_id_value text,
    details jsonb not null,
    body_hash bytea not null,
    status text not null check (status in ('recorded', 'held', 'dismissed')),
    patient_id text references patient,
    input jsonb,
    unique (source, message_id),
    check ((given_patient_id is null) = (local_id_system is not null)),
    check ((local_id_system is null) = (local_id_value is null)),
    check (status <> 'recorded' or patient_id is not null)
  )`,
  `create index fact_of_patient on fact (patient_id, type, occurred_at) where status = 'recorded'`,

  // No foreign key to the pathway: its check would wait for the commit that holds the pathway's row, and a pathway that is being created has no row yet.
  `create table fact_delivery (
    seq bigint generated always as identity unique,
    fact_id uuid not null references fact,
    pathway_id uuid not null,
    creating_command_id uuid references command,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    delivered_at timestamptz,
    settled_at timestamptz,
    primary key (fact_id, pathway_id)
  )`,
  `create index fact_delivery_unsettled on fact_delivery (pathway_id, seq) where settled_at is null`,

  `create table identity_review (
    id uuid primary key,
    fact_id uuid not null references fact,
    reason text not null check (reason in ('unknown-patient', 'unknown-survivor', 'merge-cycle', 'merged-already')),
    institution_id text not null references institution,
    opened_at timestamptz not null default now(),
    resolved_at timestamptz,
    resolved_by jsonb,
    patient_id text references patient,
    dismiss_reason text,
    check ((resolved_at is null) = (resolved_by is null)),
    check ((resolved_at is null) = (patient_id is null and dismiss_reason is null))
  )`,
  `create unique index identity_review_one_open on identity_review (fact_id) where resolved_at is null`,
  `create index identity_review_of_institution on identity_review (institution_id, id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
