/** Crisis values that somebody has to confirm, and readings that were entered in error. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // One open for each person: whoever stores a value holds the lock of the person and looks at all of their records.
  `create table crisis_reading (
    id uuid primary key,
    patient_id text not null references patient,
    status text not null default 'open' check (status in ('open', 'confirmed', 'refuted', 'withdrawn', 'joined', 'died')),
    opened_at timestamptz not null,
    closed_at timestamptz,
    closed_by jsonb,
    action text check (action in ('refer', 'treat', 'emergency')),
    note text,
    referral_id uuid,
    check ((status = 'open') = (closed_at is null))
  )`,
  `create unique index crisis_reading_one_open on crisis_reading (patient_id) where status = 'open'`,
  `create index crisis_reading_of_patient on crisis_reading (patient_id, opened_at)`,

  // A message that comes again with another value counts for nothing as a reading, and may be an alarm all the same: so a reading may have several.
  `create table crisis_value (
    id uuid primary key,
    crisis_reading_id uuid not null references crisis_reading,
    reading_id uuid not null references reading,
    rule text not null,
    value text not null,
    detail jsonb not null,
    withdrawn_at timestamptz,
    unique (reading_id, value)
  )`,
  `create index crisis_value_of_crisis_reading on crisis_value (crisis_reading_id)`,

  // The pathway in which an episode of one value is dealt with. Null for other episodes, and for those of before, which follow-ups hold.
  `alter table reading_episode add column crisis_reading_id uuid references crisis_reading`,
  `create index reading_episode_of_crisis_reading on reading_episode (crisis_reading_id) where crisis_reading_id is not null`,

  `alter table reading
    add column error_at timestamptz,
    add column error_by jsonb,
    add column error_reason text,
    drop constraint reading_status_check,
    add constraint reading_status_check check (status in ('recorded', 'quarantined', 'held', 'dismissed', 'entered-in-error')),
    drop constraint reading_check4,
    add constraint reading_reason_check check (status = 'entered-in-error' or (status in ('quarantined', 'dismissed')) = (reason is not null)),
    add constraint reading_error_check check ((status = 'entered-in-error') <= (num_nulls(error_at, error_by, error_reason) = 0))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
