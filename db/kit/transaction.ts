/** The only place that opens a transaction. */
import { type ConnectionProvider, type Dialect, Transaction } from 'kysely';
import pg from 'pg';
import type { Tables } from '../tables.ts';
import { type ActingFor, actingFor, type Database, dialectOf, noteTransaction } from './database.ts';

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
 *
 * Statements that the work begins without waiting for one another travel together: Postgres gets and answers them in the order in which they were
 * begun.
 */
export async function inTransaction<T>(db: Database, actor: ActingFor, work: (trx: Trx) => Promise<T>): Promise<T> {
  const acting = actingFor(db, actor);
  for (let tries = 1; ; tries += 1) {
    try {
      return await acting.transaction().execute((opened) => doWithDuties(acting, opened, work));
    } catch (error) {
      if (tries === MOST_TRIES || !isLostToOthers(error)) throw error;
      // Postgres may end both sides of a deadlock: they begin again at different moments.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 50 * tries));
    }
  }
}

async function doWithDuties<T>(db: Database, opened: Trx, work: (trx: Trx) => Promise<T>): Promise<T> {
  const { trx, close } = await sendWithoutWaiting(opened, dialectOf(db));
  noteTransaction(trx, db);
  const left: Duty[] = [];
  leftToDo.set(trx, left);
  try {
    const result = await work(trx);
    // Nothing may be left for later any more: nobody would do it.
    leftToDo.delete(trx);
    for (const duty of left) await duty();
    return result;
  } finally {
    close();
  }
}

/**
 * The same transaction, whose statements do not wait for the answer to the one before. Kysely would hold each back until then; the connection keeps
 * their order itself (see `pipeline` of the pool). Once it is closed it sends nothing: what was begun beside a statement that failed must not be sent
 * behind the rollback, where it would stay.
 */
async function sendWithoutWaiting(opened: Trx, dialect: Dialect): Promise<{ trx: Trx; close: () => void }> {
  const executor = opened.getExecutor();
  const connection = await executor.provideConnection(async (held) => held);
  let isOpen = true;
  const provider: ConnectionProvider = {
    async provideConnection(send) {
      if (!isOpen) throw new Error('The transaction is over.');
      return send(connection);
    },
  };
  const trx = new Transaction<Tables>({
    config: { dialect },
    dialect,
    driver: dialect.createDriver(),
    executor: executor.withConnectionProvider(provider),
  });
  return {
    trx,
    close: () => {
      isOpen = false;
    },
  };
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

/**
 * Postgres: serialization_failure, deadlock_detected. Nothing is wrong with the work itself. Nor is there with the internal error of Postgres about a row
 * that several lock while one changes it ("new multixact has more than one updating member"): the next try finds the row in peace.
 */
export const isLostToOthers = (error: unknown): boolean =>
  error instanceof pg.DatabaseError &&
  (error.code === '40001' || error.code === '40P01' || (error.code === 'XX000' && error.message.startsWith('new multixact')));
