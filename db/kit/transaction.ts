/** The only place that opens a transaction. */
import type { Transaction } from 'kysely';
import pg from 'pg';
import type { Tables } from '../tables.ts';
import { type ActingFor, actingFor, type Database } from './database.ts';

/** A transaction. A function that takes a Database takes it too. */
export type Trx = Transaction<Tables>;

/**
 * Four tries: whoever loses one deadlock seldom loses the next, because the winner has gone by then. Postgres looks for deadlocks after a second, so four
 * still fit into the time that a caller waits.
 */
const MOST_TRIES = 4;

/**
 * Does the work in one transaction that acts for `actor`, and resolves with its result. When the work throws, nothing of it stays and the error
 * is thrown on. A transaction that Postgres ends because of a deadlock, or because it cannot be put in order with others, is done again from its
 * beginning: the work may be called several times and changes nothing but rows. Throws for a database that acts for another person.
 */
export async function inTransaction<T>(db: Database, actor: ActingFor, work: (trx: Trx) => Promise<T>): Promise<T> {
  const acting = actingFor(db, actor);
  for (let tries = 1; ; tries += 1) {
    try {
      return await acting.transaction().execute((trx) => doWithDuties(trx, work));
    } catch (error) {
      if (tries === MOST_TRIES || !isLostToOthers(error)) throw error;
      // Postgres may end both sides of a deadlock: they begin again at different moments.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 50 * tries));
    }
  }
}

async function doWithDuties<T>(trx: Trx, work: (trx: Trx) => Promise<T>): Promise<T> {
  const left: Duty[] = [];
  leftToDo.set(trx, left);
  const result = await work(trx);
  // Nothing may be left for later any more: nobody would do it.
  leftToDo.delete(trx);
  for (const duty of left) await duty();
  return result;
}

type Duty = () => Promise<void>;

/** What is left to do before a transaction commits. */
const leftToDo = new WeakMap<Trx, Duty[]>();

/**
 * Makes of a write one that keeps its items until the end of the transaction and then writes all of them in one call. Nothing in the transaction may read
 * what is written so. In a transaction that somebody else has opened, such as a test, it writes at once.
 */
export function writeAtEnd<Item>(write: (trx: Trx, items: readonly Item[]) => Promise<void>) {
  const kept = new WeakMap<Trx, Item[]>();
  return async (trx: Trx, items: readonly Item[]): Promise<void> => {
    if (items.length === 0) return;
    const left = leftToDo.get(trx);
    if (!left) return write(trx, items);
    const before = kept.get(trx);
    if (before) {
      before.push(...items);
      return;
    }
    const all = [...items];
    kept.set(trx, all);
    left.push(() => write(trx, all));
  };
}

/** Postgres: serialization_failure, deadlock_detected. Nothing is wrong with the work itself. */
const isLostToOthers = (error: unknown): boolean => error instanceof pg.DatabaseError && (error.code === '40001' || error.code === '40P01');
