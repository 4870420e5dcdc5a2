/** What a visit says for the indicators: the window it was asked for, whether a value was taken, and both numbers it was held against. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // opens_on goes with due_on. indicators: {payment, clinical}, each with its protocol, version and target; see domain/follow-up/indicators.ts.
  // Visits are never changed: those recorded before this have none of it, and count as not measured.
  `alter table follow_up_visit
    add column opens_on date,
    add column measured boolean,
    add column indicators jsonb,
    add column payment_controlled boolean generated always as ((indicators #>> '{payment,controlled}')::boolean) stored,
    add column clinical_controlled boolean generated always as ((indicators #>> '{clinical,controlled}')::boolean) stored,
    add check (opens_on <= due_on)`,
  `create index follow_up_visit_by_time on follow_up_visit (visited_at)`,
  `create index follow_up_visit_by_due_date on follow_up_visit (due_on)`,
  // Windows that were given up, by the day until which they were open; text of one length, so its order is that of the days.
  `create index timeline_expired_window on timeline ((because #>> '{0,evidence,dueOn}') collate "C") where event = 'expired'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
