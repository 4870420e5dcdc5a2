/** Referrals that are not over, or whose result nobody has reviewed, are found without all the others. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create index referral_awaited on referral (id) where status in ('received', 'accepted', 'in-progress') or (status = 'completed' and closed_at is null)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
