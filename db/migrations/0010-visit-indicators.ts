/** What a visit says for the indicators: the window it was asked for, whether a value was taken, and both numbers it was held against. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // opens_on goes with due_on. indicators: {payment, clinical}, each with its protocol, version and target; see domain/follow-up/indicators.ts.
  // Visits are never changed: those recorded before this have none of it, and count as not measured.
  `alter table follow_up_visit
    add column opens_on date,
    add column measured boolean,
    add column indicators jsonb,
    add column annual_exam boolean not null generated always as (coalesce((form ->> 'annualExam')::boolean, false)) stored,
    add column payment_controlled boolean generated always as ((indicators #>> '{payment,controlled}')::boolean) stored,
    add column clinical_controlled boolean generated always as ((indicators #>> '{clinical,controlled}')::boolean) stored,
    add check (opens_on <= due_on)`,
  // Windows that were given up.
  `create index timeline_expired on timeline (pathway_id) where event = 'expired'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
