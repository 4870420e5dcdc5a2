/** A merger can be taken back: what came meanwhile goes by the id under which it came, and each record lives again where it lived. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // Where the two records lived when they became one; null of mergers of before, whose records stay where they are.
  `alter table merger
    add column home_before text references institution,
    add column into_home_before text references institution`,
  // Mergers that other systems have reported can be taken back like those of staff, so each has its row.
  `insert into merger (id, patient_id, into_id, institution_id, state, reason, proposed_by, proposed_at, fact_id, merged_at)
    select distinct on (fact.patient_id) gen_random_uuid(), fact.patient_id, patient.merged_into_id, fact.sender_institution_id, 'merged', fact.source,
      jsonb_build_object('personId', fact.sender_id, 'institutionId', fact.sender_institution_id, 'role', 'gateway'),
      fact.recorded_at, fact.id, fact.recorded_at
    from fact join patient on patient.id = fact.patient_id
    where fact.type = 'patients-merged' and fact.status = 'recorded' and patient.merged_into_id is not null
      and exists (select from institution where institution.id = fact.sender_institution_id)
      and not exists (select from merger where merger.patient_id = fact.patient_id and state in ('proposed', 'merged', 'retracting'))
    order by fact.patient_id, fact.recorded_at`,
  // The record that a message named, where the reading was kept under the record that goes on; null where the two are the same.
  `alter table reading add column named_patient_id text references patient`,
  `create index reading_named on reading (named_patient_id) where named_patient_id is not null`,
  // The record about which somebody has asked; null where it is the record that goes on.
  `alter table identity_check add column named_patient_id text references patient`,

  // A system takes back what it has reported: a person decides.
  `alter table identity_review drop constraint identity_review_reason_check,
    add constraint identity_review_reason_check check (reason in ('unknown-patient', 'unknown-survivor', 'merge-cycle', 'merged-already',
      'merger-contradicts', 'died-before-birth', 'fact-retracted'))`,

  // Nobody who has died is asked for: each time that it happens all the same has its row, once.
  `create table asked_after_death (
    id uuid primary key default gen_random_uuid(),
    what text not null check (what in ('message', 'task', 'enrolment')),
    subject_id text not null,
    patient_id text not null references patient,
    found_at timestamptz not null default now(),
    unique (what, subject_id)
  )`,
  `create index patient_deceased on patient (id) where deceased_at is not null`,
  // What is wrong now. The dead are few, and an index finds them; what concerns each is found by the patient. What was on its way when the death became
  // known does not count, nor does a follow-up that has not heard of it yet, which asks for nothing meanwhile.
  `create view asking_after_death as
    with dead as materialized (
      select patient.id, (
        select min(fact.recorded_at) from records_of_resident(patient.id) as record
          join fact on fact.patient_id = record.id and fact.type = 'patient-died' and fact.status = 'recorded') + interval '1 minute' as known_at
      from patient where deceased_at is not null
    )
    select 'message' as what, message.id::text as subject_id, dead.id as patient_id
    from dead join message on message.recipient_type = 'patient' and message.recipient_id = dead.id
    where message.status = 'sent' and message.sent_at > known_at
    union all
    select 'task', task.id, dead.id from dead join task on task.patient_id = dead.id and task.status = 'open'
    where task.held_since is null and asks_resident(task.name) and known_at < now()
    union all
    select 'enrolment', enrolment.id::text, dead.id from dead join enrolment on enrolment.patient_id = dead.id
    where enrolment.status <> 'ended' and known_at < now()
      and not exists (select from fact_delivery where fact_delivery.pathway_id = enrolment.pathway_id and settled_at is null)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
