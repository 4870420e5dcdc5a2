/** Orders of a discharge that come in a message about a stay are kept with it, and so is what was answered to it. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // orders: SentEntry[] of domain/discharge/sent-orders.ts, in the order of the entries; null for a message that cannot have any.
  // answer: json, not jsonb, so that a repetition gets it to the letter.
  `alter table visit_message add column orders jsonb, add column answer json`,
  // orders: StayOrders of db/discharge/visits/stay-orders.ts, what its episode has been told of them.
  `alter table visit add column orders jsonb`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
