/** The referral book shows how an appointment ended and what was reported at the end: both stand in a row that a page finds without looking for it. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // Of a referral whose appointment is over, or of which an outcome was reported. Code of before does not know of it.
  `create table referral_ending (
    referral_id uuid primary key references referral,
    past_appointment jsonb check (jsonb_typeof(past_appointment) = 'object'),
    outcome text
  )`,
  // A page of the book asks for each of its referrals by id: two buffers in place of four.
  `create index referral_ending_by_id on referral_ending using hash (referral_id)`,
  // Referrals from before this are filled in afterwards, some at a time: see db/fills.ts.
  `insert into fill (name) values ('referral-endings')`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
