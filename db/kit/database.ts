/** The connection pool and the query builder over it. */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Tables } from '../tables.ts';

export type Database = Kysely<Tables>;

const DATE_OID = 1082;
// A date is a date, not midnight somewhere.
const types = new pg.TypeOverrides();
types.setTypeParser(DATE_OID, (value) => value);

export interface PoolOptions {
  connections?: number;
  /** Time-outs stay below the 3 s of a local activity: a stuck statement must end before its attempt does. */
  statementTimeoutMs?: number;
}

export function createPool(url: string, { connections = 10, statementTimeoutMs = 2_500 }: PoolOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 2_500,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 10_000,
    types,
  });
  // An idle connection that breaks (Postgres restarted) is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {});
  // The same of one that is in use, between two statements: whoever uses it hears of it from the next.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

export function createDatabase(pool: pg.Pool): Database {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
