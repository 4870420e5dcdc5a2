/**
 * What the queues in Postgres have in common. A row is leased for a while, so that two processes do not take the same one; whoever dies leaves it
 * due again when its lease runs out. Rows that belong together go one after the other. How long a queue waits stands in queue-cadences.ts.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Tables } from '../tables.ts';

export interface Backoff {
  /** The wait after the first failure. */
  baseSeconds: number;
  /** The longest wait that carepath chooses by itself; a receiver may ask for a longer one. */
  capSeconds: number;
}

/**
 * Returns the seconds from failure number `attempt` (1, 2, …) to the next attempt. The wait doubles each time up to the cap. Half of it is fixed
 * and half of it is drawn by `random` (0 ≤ random < 1), so that rows that failed together are not tried again together.
 */
export function backoffSeconds(attempt: number, random: number, backoff: Backoff): number {
  return wholeBackoffSeconds(attempt, backoff) * (0.5 + random / 2);
}

/** The same without a draw. */
export function wholeBackoffSeconds(attempt: number, { baseSeconds, capSeconds }: Backoff): number {
  return Math.min(capSeconds, baseSeconds * 2 ** (attempt - 1));
}

/** The same in SQL, for a row that had so many attempts before this one. */
export const afterBackoff = (attemptsBefore: RawBuilder<unknown>, { baseSeconds, capSeconds }: Backoff): RawBuilder<Date> =>
  sql<Date>`now() + least(${capSeconds}::float8, ${baseSeconds}::float8 * power(2, least(${attemptsBefore}, 30))) * interval '1 second'`;

export const afterSeconds = (seconds: number): RawBuilder<Date> => sql<Date>`now() + ${seconds}::float8 * interval '1 second'`;

export interface LeasedQueue {
  table: keyof Tables;
  /** The columns that identify a row. */
  key: readonly string[];
  /** The column that is filled when a row is finished. */
  doneAt: string;
  /** Rows with equal values in these columns are worked off one after the other. */
  together: readonly string[];
  /** The columns by which such rows are ordered. */
  order: readonly string[];
}

export interface DueRows {
  /** The condition under which a row is due. It calls the row `waiting`. */
  due: RawBuilder<unknown>;
  /** The columns by which due rows are leased first. Without them the order of the queue holds. */
  first?: readonly string[];
  limit: number;
}

/**
 * Selects the keys of the rows that are due, of each group only the first that is not done with, and locks them; rows that others have locked
 * are left out. For `where (key) in (…)` of the UPDATE that leases them.
 */
export function selectDueRows(queue: LeasedQueue, { due, first = queue.order, limit }: DueRows): RawBuilder<unknown> {
  const columns = (of: string, names: readonly string[]) => sql.join(names.map((name) => sql.ref(`${of}.${name}`)));
  const isOpen = (of: string) => sql`${sql.ref(`${of}.${queue.doneAt}`)} is null`;
  const isTogether = sql.join(
    queue.together.map((name) => sql`${sql.ref(`earlier.${name}`)} = ${sql.ref(`waiting.${name}`)}`),
    sql` and `,
  );
  return sql`
    select ${columns('waiting', queue.key)} from ${sql.table(queue.table)} as waiting
    where ${isOpen('waiting')} and ${due}
      and not exists (
        select from ${sql.table(queue.table)} as earlier
        where ${isTogether} and ${isOpen('earlier')} and (${columns('earlier', queue.order)}) < (${columns('waiting', queue.order)})
      )
    order by ${columns('waiting', first)} limit ${limit} for update skip locked`;
}
