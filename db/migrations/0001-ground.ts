/** The ground: the alliance directory, commands, pathways with their decisions, timeline, audit, tasks, messages. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // --- alliance directory -------------------------------------------------
  `create table institution (
    id text primary key,
    name_zh text not null,
    name_en text not null,
    tier text not null check (tier in ('tertiary', 'secondary', 'primary', 'support')),
    kind text not null check (kind in ('hospital', 'community-health-centre', 'sterile-supply-department'))
  )`,
  `create table department (
    id text primary key,
    institution_id text not null references institution,
    code text not null,
    name_zh text not null,
    name_en text not null,
    is_referral_desk boolean not null default false,
    unique (institution_id, code)
  )`,
  `create unique index department_one_referral_desk on department (institution_id) where is_referral_desk`,
  `create table person (
    id text primary key,
    username text unique,
    password_hash text,
    name text not null,
    phone text,
    email text,
    channel text not null default 'sms' check (channel in ('sms', 'email')),
    active boolean not null default true
  )`,
  `create table post (
    person_id text not null references person,
    institution_id text not null references institution,
    department_id text references department,
    role text not null,
    unique nulls not distinct (person_id, institution_id, department_id, role)
  )`,
  `create index post_of_institution on post (institution_id, role)`,
  `create table team (
    id text primary key,
    institution_id text not null references institution,
    name text not null
  )`,
  `create table team_member (
    team_id text not null references team,
    person_id text not null references person,
    primary key (team_id, person_id)
  )`,
  `create table patient (
    id text primary key,
    name text not null,
    birth_date date not null,
    sex text not null check (sex in ('male', 'female', 'other', 'unknown')),
    home_institution_id text not null references institution,
    team_id text references team,
    phone text,
    contacts jsonb not null default '[]',
    channel text not null default 'sms' check (channel in ('phone', 'sms', 'wechat', 'app', 'paper')),
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  `create index patient_of_institution on patient (home_institution_id, id)`,
  `create table patient_local_id (
    system text not null,
    value text not null,
    patient_id text not null references patient,
    primary key (system, value)
  )`,
  `create index patient_local_id_of_patient on patient_local_id (patient_id)`,
  // Never updated: a change is a new version, and a running pathway keeps the one it was started with.
  `create table alliance_configuration (
    version integer primary key,
    configuration jsonb not null,
    recorded_at timestamptz not null default now()
  )`,

  // --- commands: stored before they are sent -------------------------------
  `create table command (
    id uuid primary key,
    account_id text not null,
    idempotency_key text not null,
    request_hash bytea not null,
    operation text not null,
    request_id text not null,
    pathway_id uuid,
    pathway_kind text,
    name text,
    actor jsonb not null,
    input jsonb,
    texts jsonb,
    if_version integer,
    created_at timestamptz not null default now(),
    outcome jsonb,
    decided_at timestamptz,
    acked_at timestamptz,
    relay_at timestamptz,
    relay_attempts integer not null default 0,
    response_status smallint,
    response_body json,
    unique (account_id, idempotency_key)
  )`,
  `create index command_without_answer on command (pathway_id, created_at) where pathway_id is not null and acked_at is null`,

  // --- pathways -------------------------------------------------------------
  `create table pathway (
    id uuid primary key,
    kind text not null,
    version integer not null default 0,
    state jsonb,
    status text not null default 'open' check (status in ('open', 'ended')),
    institution_id text references institution,
    patient_id text references patient,
    next_due_at timestamptz,
    overdue_at timestamptz,
    clock_offset_ms bigint not null default 0,
    created_at timestamptz not null default now(),
    ended_at timestamptz
  )`,
  `create index pathway_by_kind on pathway (kind, status, id)`,
  `create table decision (
    pathway_id uuid not null references pathway,
    version integer not null,
    key text not null unique,
    event jsonb not null,
    decision jsonb not null,
    happened_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    primary key (pathway_id, version)
  )`,
  `create table timeline (
    pathway_id uuid not null references pathway,
    seq integer not null,
    version integer not null,
    happened_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    actor jsonb not null,
    event text not null,
    from_status text,
    to_status text,
    because jsonb not null,
    note text,
    primary key (pathway_id, seq)
  )`,
  // chain_hash and previous_hash are filled by the hash chain, one chain per institution.
  `create table audit (
    id bigint generated always as identity primary key,
    recorded_at timestamptz not null default now(),
    happened_at timestamptz not null,
    actor jsonb not null,
    institution_id text,
    action text not null,
    target_type text not null,
    target_id text,
    patient_id text,
    outcome text not null check (outcome in ('done', 'refused', 'denied')),
    code text,
    request_id text,
    previous_hash bytea,
    chain_hash bytea
  )`,
  `create index audit_of_patient on audit (patient_id, id)`,
  `create index audit_of_target on audit (target_id, id)`,
  `create function refuse_change() returns trigger language plpgsql as
    $$ begin raise exception 'rows of % are never changed', tg_table_name using errcode = 'restrict_violation'; end $$`,
  ...['decision', 'timeline', 'audit', 'alliance_configuration'].map(
    (table) =>
      `create trigger ${table}_append_only before update or delete or truncate on ${table}
        for each statement execute function refuse_change()`,
  ),

  // --- tasks ----------------------------------------------------------------
  `create table task (
    id text primary key,
    pathway_id uuid not null references pathway,
    name text not null,
    role text not null,
    institution_id text not null references institution,
    department_id text references department,
    patient_id text references patient,
    owner_id text references person,
    claimed_at timestamptz,
    status text not null default 'open' check (status in ('open', 'done', 'withdrawn')),
    urgency text not null,
    emergency boolean not null default false,
    clock jsonb not null,
    opened_at timestamptz not null,
    due_at timestamptz,
    closed_at timestamptz,
    closed_by text,
    version integer not null default 1,
    check ((owner_id is null) = (claimed_at is null)),
    check ((status = 'open') = (closed_at is null))
  )`,
  `create index task_worklist on task (institution_id, due_at) where status = 'open'`,
  `create index task_of_pathway on task (pathway_id)`,

  // --- messages: the outbox -------------------------------------------------
  // key = pathway, step, recipient, channel; it goes with the message as the deduplication id
  `create table message (
    id uuid primary key default gen_random_uuid(),
    key text not null unique,
    pathway_id uuid references pathway,
    template text not null,
    parameters jsonb not null,
    recipient_type text not null check (recipient_type in ('person', 'patient')),
    recipient_id text not null,
    channel text not null,
    status text not null default 'waiting' check (status in ('waiting', 'sent', 'undeliverable')),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    sent_at timestamptz
  )`,
  `create index message_waiting on message (next_attempt_at) where status = 'waiting'`,
  `create index message_of_pathway on message (pathway_id)`,
  `create table message_attempt (
    message_id uuid not null references message,
    attempt integer not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    result text check (result in ('sent', 'failed', 'unknown', 'undeliverable')),
    detail text,
    primary key (message_id, attempt)
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
