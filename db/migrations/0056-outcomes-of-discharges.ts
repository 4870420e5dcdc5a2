/** What has become of each discharge, as the indicators count it: one row an episode, which a month's question reads through an index. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // The days of the windows are those of the rules that the episode began with. What stands in other tables (the person, the next stay, the clock of a
  // demonstration) is kept here too, because it changes long after an episode is over, and a question would otherwise look it up for each row.
  `create table episode_outcome (
    episode_id uuid primary key references pathway,
    hospital_id text not null,
    centre_id text not null,
    discharged_on date,
    admitted_on date,
    noticed_on date not null,
    left_dead boolean not null,
    transferred boolean not null,
    contact_due_on date,
    contact_reached_on date,
    contact_lost boolean not null,
    ended boolean not null,
    visited_on date[] not null,
    reached_on date[] not null,
    reconciled_on date,
    information_complete_on date,
    orders_done integer not null,
    orders_decided integer not null,
    orders_open integer not null,
    readmission_days smallint not null,
    reconciliation_days smallint not null,
    engagement_days smallint not null,
    notification_days smallint not null,
    information_days smallint not null,
    birth_date date,
    died_on date,
    readmitted_on date,
    readmission_planned boolean not null default false,
    clock_offset_ms bigint not null default 0
  )`,
  `create index episode_outcome_of_hospital on episode_outcome (hospital_id, discharged_on) where discharged_on is not null`,
  `create index episode_outcome_of_centre on episode_outcome (centre_id, discharged_on) where discharged_on is not null`,
  `create index episode_outcome_of_month on episode_outcome (discharged_on) where discharged_on is not null`,

  // What other tables say of these episodes now. A row that this has locked is read anew, so that whoever writes beside it comes before or after.
  `create function complete_episode_outcomes(ids uuid[]) returns void language sql as $$
    update episode_outcome as outcome
    set birth_date = patient.birth_date, died_on = (patient.deceased_at at time zone 'Asia/Shanghai')::date,
      readmitted_on = (to_timestamp((visit.later ->> 'admittedAt')::float8 / 1000) at time zone 'Asia/Shanghai')::date,
      readmission_planned = coalesce((visit.later ->> 'planned')::boolean, false), clock_offset_ms = pathway.clock_offset_ms
    from episode
    join pathway on pathway.id = episode.id
    join patient on patient.id = episode.patient_id
    left join visit on visit.episode_id = episode.id
    where outcome.episode_id = any (ids) and episode.id = outcome.episode_id
  $$`,
  `create function complete_outcomes_of_patient() returns trigger language plpgsql as $$ begin
    perform complete_episode_outcomes(array(select id from episode where patient_id = new.id));
    return null;
  end $$`,
  `create trigger patient_of_outcomes after update of birth_date, deceased_at on patient for each row
    when ((old.birth_date, old.deceased_at) is distinct from (new.birth_date, new.deceased_at)) execute function complete_outcomes_of_patient()`,
  `create function complete_outcome_of_visit() returns trigger language plpgsql as $$ begin
    perform complete_episode_outcomes(array[new.episode_id]);
    return null;
  end $$`,
  `create trigger visit_of_outcome after update of later on visit for each row
    when (new.episode_id is not null and old.later is distinct from new.later) execute function complete_outcome_of_visit()`,
  `create function complete_outcome_of_pathway() returns trigger language plpgsql as $$ begin
    perform complete_episode_outcomes(array[new.id]);
    return null;
  end $$`,
  `create trigger clock_of_outcome after update of clock_offset_ms on pathway for each row
    when (new.kind = 'discharge' and old.clock_offset_ms <> new.clock_offset_ms) execute function complete_outcome_of_pathway()`,
  `insert into fill (name) values ('episode-outcomes')`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
