/** Stays in hospital: each message about one is kept, and what all of them say together stands beside it, numbered. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // standing: VisitStanding of domain/discharge/standing.ts; null while no message has said that there is a stay. number: how often it has changed.
  // told: what the other pathways of the person have last been told of it. later: LaterStay, what its episode has last been told of the next stay.
  `create table visit (
    id uuid primary key,
    hospital_id text not null references institution,
    visit_number text not null,
    patient_id text references patient,
    standing jsonb,
    number integer not null default 0,
    first_recorded_at timestamptz,
    episode_id uuid,
    told text check (told in ('admitted', 'discharged')),
    later jsonb,
    later_number integer not null default 0,
    created_at timestamptz not null default now(),
    unique (hospital_id, visit_number),
    check ((standing is null) = (number = 0)),
    check (standing is null or patient_id is not null)
  )`,
  `create index visit_of_patient on visit (patient_id) where patient_id is not null`,
  `create unique index visit_of_episode on visit (episode_id) where episode_id is not null`,
  // One row for each message, which its fact names and says who has sent it. patient_id: the record that the message means, null while nobody knows.
  `create table visit_message (
    fact_id uuid primary key references fact,
    visit_id uuid not null references visit,
    event text not null check (event in ('A01', 'A08', 'A02', 'A12', 'A03', 'A13', 'A11', 'in-progress', 'result')),
    recorded_at timestamptz not null,
    occurred_at timestamptz,
    admitted_at timestamptz,
    discharged_at timestamptz,
    department_code text,
    admission_type text check (admission_type in ('emergency', 'urgent', 'elective', 'other')),
    disposition text check (disposition in ('home', 'institution', 'against-advice', 'other-hospital', 'died')),
    is_inpatient boolean not null,
    patient_id text references patient,
    result jsonb,
    told_at timestamptz,
    check ((event = 'result') = (result is not null))
  )`,
  `create index visit_message_of_visit on visit_message (visit_id)`,
  `alter table identity_review drop constraint identity_review_reason_check,
    add constraint identity_review_reason_check check (reason in ('unknown-patient', 'unknown-survivor', 'merge-cycle', 'merged-already',
      'merger-contradicts', 'died-before-birth', 'fact-retracted', 'person-contradicts', 'visit-of-another-patient', 'death-contradicted',
      'two-open-stays', 'contradicting-message', 'episode-over'))`,
  // A message of a stay may contradict two things at once.
  `create unique index identity_review_one_open_of_reason on identity_review (fact_id, reason) where resolved_at is null`,
  `drop index identity_review_one_open`,
  // Whoever answers for a number answers for all that has come under it.
  `create index fact_held_of_local_id on fact (local_id_system, local_id_value) where status = 'held'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
