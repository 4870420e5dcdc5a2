/** Facts have an addressee: a patient, a pathway or a subject. Pathways hear of the subjects that they hold. The records of one resident have one definition. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // The program that still runs writes facts of patients only and none of these columns: the defaults say so. No new column has a name that its
  // statements use without a table. Which types of facts exist is code; the table holds their form.
  `alter table fact
    add column addressee_type text not null default 'patient' check (addressee_type in ('patient', 'pathway', 'subject')),
    add column addressee_pathway_id uuid,
    add column addressee_subject_type text check (addressee_subject_type ~ '^[a-z][a-z0-9-]*$'),
    add column addressee_subject_id text check (addressee_subject_id <> ''),
    drop constraint fact_type_check,
    add constraint fact_type_check check (type ~ '^[a-z][a-z0-9-]*$'),
    -- A patient may be somebody whom nobody knows yet; only such facts are held. A fact to a pathway may name the patient whom it concerns.
    drop constraint fact_check,
    drop constraint fact_check2,
    add constraint fact_addressee_check check (case addressee_type
      when 'patient' then (given_patient_id is null) = (local_id_system is not null) and (status <> 'recorded' or patient_id is not null)
      else status = 'recorded' and given_patient_id is null and local_id_system is null end),
    add constraint fact_addressee_id_check check (
      (addressee_type = 'pathway') = (addressee_pathway_id is not null)
      and (addressee_type = 'subject') = (addressee_subject_type is not null)
      and (addressee_type = 'subject') = (addressee_subject_id is not null))`,
  `create index fact_of_subject on fact (addressee_subject_type, addressee_subject_id, recorded_at) where addressee_type = 'subject'`,

  // Which subjects a pathway holds, made equal by its commits to what its decider says.
  `create table pathway_subject (
    pathway_id uuid not null references pathway,
    subject_type text not null check (subject_type ~ '^[a-z][a-z0-9-]*$'),
    subject_id text not null check (subject_id <> ''),
    primary key (subject_type, subject_id, pathway_id)
  )`,
  `create index pathway_subject_of_pathway on pathway_subject (pathway_id)`,

  // A resident may have several records in the directory: a record that turned out to be another one's double leads to it by merged_into_id, over
  // as many mergers as there were. These three functions are the only place that follows them. Stable, not strict, one SELECT each: so Postgres
  // puts them into the statements that use them (measured: 10 µs a resident, where a call costs 50).
  `create function records_leading_to_survivor(record_id text) returns table (id text, step integer) language sql stable rows 1 as $$
    with recursive chain as (
      select patient.id, patient.merged_into_id, 0 as step from patient where patient.id = record_id
      union all
      select patient.id, patient.merged_into_id, chain.step + 1 from chain join patient on patient.id = chain.merged_into_id
    )
    select chain.id, chain.step from chain
  $$`,
  `create function surviving_record(record_id text) returns table (id text) language sql stable rows 1 as $$
    with recursive chain as (
      select patient.id, patient.merged_into_id from patient where patient.id = record_id
      union all
      select patient.id, patient.merged_into_id from chain join patient on patient.id = chain.merged_into_id
    )
    select chain.id from chain where chain.merged_into_id is null
  $$`,
  `create function records_of_resident(record_id text) returns table (id text, is_survivor boolean) language sql stable rows 2 as $$
    with recursive record as (
      select survivor.id, true as is_survivor from surviving_record(record_id) as survivor
      union all
      select patient.id, false from record join patient on patient.merged_into_id = record.id
    )
    select record.id, record.is_survivor from record
  $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
