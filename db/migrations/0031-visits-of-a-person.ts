/** A visit of a person, of which each enrolment has its part: once at an instant, whoever fills in the form, and also for somebody in no follow-up. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create table patient_visit (
    id uuid primary key,
    patient_id text not null references patient,
    institution_id text not null,
    visited_at timestamptz not null,
    mode text not null check (mode in ('clinic', 'home', 'phone')),
    recorded_at timestamptz not null default now(),
    recorded_by jsonb not null,
    -- The form of somebody in no follow-up; otherwise each part has it.
    form jsonb,
    -- Who took the visit back, when and why: {"at", "by", "reason"}. The visit itself stays as it was recorded.
    entered_in_error jsonb check (jsonb_typeof(entered_in_error) = 'object')
  )`,
  // Two people at one form at once: the second finds the visit of the first.
  `create unique index patient_visit_once on patient_visit (patient_id, visited_at) where entered_in_error is null`,

  // The visit that the record is a part of; null in what older code has written since.
  `alter table follow_up_visit add column visit_id uuid references patient_visit`,
  `create unique index follow_up_visit_part on follow_up_visit (visit_id, enrolment_id) where visit_id is not null`,

  // The records of before are their own visits, of several at one instant the first.
  `insert into patient_visit (id, patient_id, institution_id, visited_at, mode, recorded_at, recorded_by)
    select distinct on (patient_id, visited_at) follow_up_visit.id, patient_id, recorded_by ->> 'institutionId', visited_at, mode, recorded_at, recorded_by
    from follow_up_visit join enrolment on enrolment.id = enrolment_id
    order by patient_id, visited_at, follow_up_visit.id`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
