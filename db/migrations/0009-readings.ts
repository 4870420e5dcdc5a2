/** Readings of devices and people, what they were part of, and the episodes that they raise. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // One audit entry a batch: each reading leads to its batch, and so to who sent it and when it came.
  `create table reading_batch (
    id uuid primary key,
    sender_id text not null,
    sender_institution_id text not null references institution,
    request_id text not null,
    received_at timestamptz not null,
    recorded_at timestamptz not null default now()
  )`,

  // Values in mmHg, mmol/L, /min, kg, Cel; given: as sent, where that was another unit.
  // held_by: the fact under identity review that stands for all readings of somebody unknown.
  `create table reading (
    id uuid primary key,
    batch_id uuid not null references reading_batch,
    source text not null,
    message_id text not null,
    status text not null check (status in ('recorded', 'quarantined', 'held', 'dismissed')),
    reason jsonb,
    patient_id text references patient,
    held_by uuid references fact,
    kind text not null check (kind in ('blood-pressure', 'fasting-glucose', 'random-glucose', 'heart-rate', 'weight', 'temperature')),
    measured_at timestamptz not null,
    context text not null check (context in ('device', 'self-report', 'clinic')),
    systolic numeric,
    diastolic numeric,
    value numeric,
    given jsonb,
    unique (source, message_id),
    check (num_nonnulls(systolic, diastolic) = case kind when 'blood-pressure' then 2 else 0 end),
    check ((value is null) = (kind = 'blood-pressure')),
    check ((status in ('held', 'dismissed')) = (patient_id is null)),
    check (status <> 'held' or held_by is not null),
    check ((status in ('quarantined', 'dismissed')) = (reason is not null))
  )`,
  // The same value of the same moment is the same reading, whatever message brought it. Lists and rules go along it too.
  `create unique index reading_once on reading (patient_id, measured_at, kind, systolic, diastolic, value) nulls not distinct
    where patient_id is not null`,
  `create index reading_held on reading (held_by) where status = 'held'`,

  `create table reading_episode (
    id uuid primary key,
    patient_id text not null references patient,
    rule text not null,
    protocol text not null,
    reading_id uuid not null references reading,
    evidence jsonb not null,
    measured_at timestamptz not null,
    raised_at timestamptz not null,
    times integer not null default 1,
    last_measured_at timestamptz not null,
    closed_at timestamptz,
    closed_by jsonb,
    done text,
    recorded_at timestamptz not null default now(),
    check (num_nulls(closed_at, closed_by, done) in (0, 3))
  )`,
  `create unique index reading_episode_one_open on reading_episode (patient_id, rule) where closed_at is null`,
  `create index reading_episode_of_patient on reading_episode (patient_id, rule, last_measured_at)`,
  `create index reading_episode_by_age on reading_episode (raised_at, id)`,

  // readings-held: readings of somebody unknown wait for an identity review.
  `alter table fact drop constraint fact_type_check, add constraint fact_type_check check (
    type in ('patient-died', 'patient-moved', 'patient-admitted', 'patients-merged', 'referral-closed', 'reading-episode', 'calendar-published',
      'readings-held')
  )`,
  `create unique index fact_readings_held_once on fact (given_patient_id, local_id_system, local_id_value) nulls not distinct
    where type = 'readings-held' and status = 'held'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
