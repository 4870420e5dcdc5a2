/** Sign-in: sessions that can be ended, failures that are counted, second factors, and keys of machines. No password, token, code or key stands in any of it. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // cookie_hash: of the secret in the cookie of a browser; a bearer token names the session and is signed instead.
  `create table sign_in_session (
    id uuid primary key,
    person_id text not null references person,
    institution_id text not null,
    roles text[] not null,
    kind text not null check (kind in ('bearer', 'browser')),
    cookie_hash bytea unique check (length(cookie_hash) = 32),
    begun_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    check ((kind = 'browser') = (cookie_hash is not null))
  )`,
  `create index sign_in_session_of_person on sign_in_session (person_id, begun_at)`,

  // Names and addresses stand as keyed hashes: a name that somebody mistyped may be a password.
  `create table sign_in_failure (
    id bigint generated always as identity primary key,
    name_hash bytea not null check (length(name_hash) = 32),
    address_hash bytea not null check (length(address_hash) = 32),
    at timestamptz not null
  )`,
  `create index sign_in_failure_of_name on sign_in_failure (name_hash, at)`,
  `create index sign_in_failure_of_address on sign_in_failure (address_hash, at)`,

  // sealed_secret: encrypted under a key that is not in this database. last_step: the newest step of 30 s whose code was taken, so that no code counts twice.
  `create table second_factor (
    person_id text primary key references person,
    sealed_secret text not null,
    begun_at timestamptz not null,
    active_at timestamptz,
    last_step bigint not null default 0
  )`,
  `create table recovery_code (
    code_hash bytea primary key check (length(code_hash) = 32),
    person_id text not null references person,
    used_at timestamptz
  )`,
  `create index recovery_code_of_person on recovery_code (person_id)`,
  // One administrator asks, another one agrees.
  `create table second_factor_reset (
    id uuid primary key,
    person_id text not null references person,
    reason text not null,
    proposed_by text not null references person,
    proposed_role text not null,
    proposed_at timestamptz not null,
    done_by text references person,
    done_at timestamptz,
    check (done_by <> proposed_by),
    check ((done_by is null) = (done_at is null))
  )`,
  `create unique index second_factor_reset_open on second_factor_reset (person_id) where done_at is null`,

  // Another system is a person of the directory with a post at each of its institutions; what it may send is said here.
  `create table machine_account (
    person_id text primary key references person,
    scopes text[] not null,
    created_by text not null references person,
    created_at timestamptz not null,
    revoked_at timestamptz
  )`,
  `create table machine_key (
    key_hash bytea primary key check (length(key_hash) = 32),
    person_id text not null references machine_account,
    created_at timestamptz not null,
    ends_at timestamptz
  )`,
  `create index machine_key_of_account on machine_key (person_id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
