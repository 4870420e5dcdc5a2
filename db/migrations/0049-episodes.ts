/** Episodes after a stay in hospital: what lists and the resource need beside the pathway's state. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // plan: the plan as it was written, with its texts. The pathway itself knows codes, dates and numbers.
  `create table episode (
    id uuid primary key references pathway,
    patient_id text not null references patient,
    hospital_id text not null references institution,
    centre_id text not null references institution,
    visit_number text not null,
    status text not null check (status in ('admitted', 'discharged', 'suspended', 'ended')),
    end_reason text check (end_reason in ('completed', 'expired', 'lost', 'withdrawn', 'readmitted', 'transferred', 'cancelled', 'died')),
    risk text not null check (risk in ('low', 'medium', 'high')),
    discharged_on date,
    overdue boolean not null,
    plan jsonb,
    check ((status = 'ended') = (end_reason is not null)),
    check (status <> 'discharged' or discharged_on is not null),
    unique (hospital_id, visit_number)
  )`,
  // What was written of an order, its evidence, a result: `of` says of what.
  `create table episode_text (
    pathway_id uuid not null references pathway,
    of text not null,
    body jsonb not null,
    primary key (pathway_id, of)
  )`,
  `create index episode_patient on episode (patient_id)`,
  `create index episode_centre on episode (centre_id, id)`,
  `create index episode_hospital on episode (hospital_id, id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
