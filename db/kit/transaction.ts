/** The only place that opens a transaction. */
import type { Transaction } from 'kysely';
import type { Tables } from '../tables.ts';
import { type ActingFor, actingFor, type Database } from './database.ts';

/** A transaction. A function that takes a Database takes it too. */
export type Trx = Transaction<Tables>;

/**
 * Does the work in one transaction that acts for `actor`, and resolves with its result. When the work throws, nothing of it stays and the error
 * is thrown on. Throws for a database that acts for another person.
 */
export async function inTransaction<T>(db: Database, actor: ActingFor, work: (trx: Trx) => Promise<T>): Promise<T> {
  return actingFor(db, actor).transaction().execute(work);
}
