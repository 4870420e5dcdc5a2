/** Counts the statements that requests send to Postgres. It changes what pg does, so a test file that uses it runs in a process of its own. */
import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';

/** Marks what belongs to a request: the worker of the same process has connections of the same kind. */
const ofRequest = new AsyncLocalStorage<SentStatement[]>();
/** What belongs to no request that is counted: the worker's, once a test file watches. */
const ofOthers: SentStatement[] = [];

export interface SentStatement {
  text: string;
  values: unknown[];
}

export function watchStatements(): void {
  const client = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
  const { query } = client;
  client.query = function (this: unknown, ...args: unknown[]): unknown {
    const [statement, values] = args as [string | { text?: string; values?: unknown[] }, unknown];
    const sent = typeof statement === 'string' ? { text: statement, values } : { values, ...statement };
    const known = { text: sent.text ?? '', values: Array.isArray(sent.values) ? sent.values : [] };
    (ofRequest.getStore() ?? ofOthers).push(known);
    return query.apply(this, args);
  };
}

/** Takes what was sent since the last time and belongs to no request that was counted. */
export const takeOtherStatements = (): SentStatement[] => ofOthers.splice(0);

export interface RequestCost<Answer> {
  answer: Answer;
  statements: SentStatement[];
  /** Everything of the request, as it was sent: also `begin` and `commit`. */
  request: string[];
  /** What stands between `begin` and `commit`, without the row of the request by which a repetition is known and gets its answer. */
  act: string[];
}

export async function costOf<Answer>(send: () => Promise<Answer>): Promise<RequestCost<Answer>> {
  const statements: SentStatement[] = [];
  const answer = await ofRequest.run(statements, send);
  const request = statements.map(({ text }) => text.replace(/\s+/g, ' ').trim());
  const inTransaction = request.slice(request.indexOf('begin') + 1, request.indexOf('commit'));
  return { answer, statements, request, act: inTransaction.filter((statement) => !isOfRequest(statement)) };
}

/** The row of the request, and the answer that is kept in it. The command that creates a pathway is the act's own. */
const isOfRequest = (statement: string): boolean =>
  statement.startsWith('update command set response_body') ||
  (statement.startsWith('insert into command ') && !statement.includes('jsonb_array_elements'));
