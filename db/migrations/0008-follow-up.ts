/** Follow-up: enrolments and visits as lists and indicators need them; facts that pathways tell each other. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create table enrolment (
    id uuid primary key,
    pathway_id uuid not null references pathway,
    patient_id text not null references patient,
    institution_id text not null references institution,
    protocol_id text not null,
    protocol_version integer not null,
    started_on date not null,
    package text not null check (package in ('basic', 'personalised')),
    status text not null check (status in ('active', 'paused', 'ended')),
    pause_reason text,
    end_reason text,
    ended_at timestamptz,
    next_opens_on date,
    next_due_on date,
    missed integer not null default 0,
    last_class integer,
    check ((status = 'active') = (next_due_on is not null)),
    check ((status = 'paused') = (pause_reason is not null)),
    check ((status = 'ended') = (end_reason is not null)),
    check (next_opens_on <= next_due_on)
  )`,
  `create index enrolment_of_patient on enrolment (patient_id, id)`,
  `create index enrolment_of_pathway on enrolment (pathway_id)`,
  `create index enrolment_due on enrolment (institution_id, next_due_on) where status = 'active'`,
  `create index enrolment_of_institution on enrolment (institution_id, id)`,

  // A visit is evidence: it is never changed.
  `create table follow_up_visit (
    id uuid primary key,
    enrolment_id uuid not null references enrolment,
    visited_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    recorded_by jsonb not null,
    mode text not null check (mode in ('clinic', 'home', 'phone')),
    form jsonb not null,
    entered_late boolean not null,
    class integer,
    class_override integer,
    override_reason text,
    evaluation jsonb,
    due_on date,
    referral_id uuid,
    check ((class_override is null) = (override_reason is null)),
    check (entered_late = (evaluation is null))
  )`,
  `create index follow_up_visit_of_enrolment on follow_up_visit (enrolment_id, visited_at)`,
  `create trigger follow_up_visit_append_only before update or delete or truncate on follow_up_visit
    for each statement execute function refuse_change()`,

  `alter table fact drop constraint fact_type_check`,
  `alter table fact add constraint fact_type_check check (type in ('patient-died', 'patient-moved', 'patient-admitted', 'patients-merged',
    'referral-closed', 'reading-episode', 'calendar-published'))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
