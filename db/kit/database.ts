/** The connection pool and the query builder over it, which acts for somebody: a person who asks, or a part of carepath that works by itself. */
import { type Dialect, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { Tables } from '../tables.ts';
import { NamingClient } from './naming-client.ts';

/** Only functions under db/ write statements with it; everybody else hands it on to them. */
export type Database = Kysely<Tables>;

/** The parts of carepath that ask Postgres without a person behind them. `operator`: the command line, tests and benches. */
export type SystemPart =
  | 'api'
  | 'commits'
  | 'command-relay'
  | 'fact-relay'
  | 'scan-relay'
  | 'outbox'
  | 'hl7v2-sender'
  | 'indicators'
  | 'audit-sealer'
  | 'invariants'
  | 'migrations'
  | 'operator';

export interface SystemActor {
  system: true;
  part: SystemPart;
}

export type ActingFor = Actor | SystemActor;

const DATE_OID = 1082;
const DATE_ARRAY_OID = 1182;
// A date is a date, not midnight somewhere.
const types = new pg.TypeOverrides();
types.setTypeParser(DATE_OID, (value) => value);
types.setTypeParser(DATE_ARRAY_OID, (value) =>
  value
    .slice(1, -1)
    .split(',')
    .filter((date) => date !== ''),
);

export interface PoolOptions {
  connections?: number;
  /** Time-outs stay below the 3 s of a local activity: a stuck statement must end before its attempt does. */
  statementTimeoutMs?: number;
  /** Statements are prepared once a connection and known by name afterwards: for the few statements that are sent all day, not for searches. */
  named?: boolean;
}

export function createPool(url: string, { connections = 10, statementTimeoutMs = 2_500, named = false }: PoolOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    // What a transaction does not wait for travels together; see db/kit/transaction.ts.
    pipeline: true,
    ...(named ? { Client: NamingClient } : {}),
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

interface Binding {
  pool: pg.Pool;
  actor: ActingFor;
  dialect: Dialect;
}

const bindings = new WeakMap<Database, Binding>();
const pools = new WeakMap<Database, pg.Pool>();

/** The pool that a database or a transaction works with; undefined for a transaction that db/kit/transaction.ts has not opened. */
export const poolOf = (db: Database): pg.Pool | undefined => pools.get(db);

/** Notes that a transaction works with the pool of this database. */
export function noteTransaction(trx: Database, db: Database): void {
  const pool = pools.get(db);
  if (pool) pools.set(trx, pool);
}

/** A database that acts for a part of carepath. Whoever destroys it ends the pool. */
export function createDatabase(pool: pg.Pool, part: SystemPart = 'operator'): Database {
  return bindToActor(pool, { system: true, part });
}

/**
 * The same database, acting for somebody else: a request's handler gets one that acts for its caller. Costs no statement.
 * Throws for one that acts for a person already and is asked to act for another: then two requests have been mixed up.
 */
export function actingFor(db: Database, actor: ActingFor): Database {
  const binding = bindings.get(db);
  if (!binding) throw new Error('This database was not made by createDatabase, or is a transaction.');
  if (isSame(binding.actor, actor)) return db;
  if ('personId' in binding.actor) throw new Error('A database that acts for one person cannot act for somebody else.');
  return bindToActor(binding.pool, actor);
}

/** How its statements become SQL and reach Postgres. */
export function dialectOf(db: Database): Dialect {
  const binding = bindings.get(db);
  if (!binding) throw new Error('This database was not made by createDatabase, or is a transaction.');
  return binding.dialect;
}

/**
 * Every statement and every transaction passes here. Kysely asks the dialect for a connection before each of them: `onReserveConnection` of the
 * dialect is the place to tell Postgres who acts, once its row-level security asks for it.
 */
function bindToActor(pool: pg.Pool, actor: ActingFor): Database {
  const dialect = new PostgresDialect({ pool });
  const db = new Kysely<Tables>({ dialect });
  bindings.set(db, { pool, actor, dialect });
  pools.set(db, pool);
  return db;
}

function isSame(one: ActingFor, other: ActingFor): boolean {
  if ('personId' in one)
    return 'personId' in other && one.personId === other.personId && one.institutionId === other.institutionId && one.role === other.role;
  return 'part' in other && one.part === other.part;
}

/** Resolves with whether Postgres answers a statement at this moment. It never rejects. */
export async function isPostgresAnswering(db: Database): Promise<boolean> {
  return sql`select 1`.execute(db).then(
    () => true,
    () => false,
  );
}
