/** Counts the pages that Postgres touches for what a function asks of it. */
import pg from 'pg';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';

interface Explained {
  'QUERY PLAN': [{ Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number } }];
}

/**
 * Resolves with the rows of the call and the buffers of all its statements, found in memory or read. It must only read: each statement runs three times, the
 * first because a new connection reads the catalogue of the tables that a statement names.
 */
export async function countBuffers<T>(url: string, read: (db: Database) => Promise<T>): Promise<{ result: T; buffers: number }> {
  const explaining = new pg.Client(url);
  await explaining.connect();
  const pool = createPool(url, { connections: 1, statementTimeoutMs: 120_000 });
  let buffers = 0;
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (text: string, values: unknown[]) => Promise<unknown>;
    client.query = (async (text: string, values: unknown[]) => {
      await explaining.query(text, values);
      const { rows } = await explaining.query<Explained>(`explain (analyze, buffers, timing off, format json) ${text}`, values);
      const plan = rows[0]?.['QUERY PLAN'][0].Plan;
      if (process.env.CAREPATH_SHOW_PLANS) {
        const shown = await explaining.query<{ 'QUERY PLAN': string }>(`explain (analyze, buffers, timing off) ${text}`, values);
        console.log(shown.rows.map((row) => row['QUERY PLAN']).join('\n'));
      }
      buffers += (plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0);
      return query(text, values);
    }) as typeof client.query;
  });
  const db = createDatabase(pool);
  try {
    return { result: await read(db), buffers };
  } finally {
    await db.destroy();
    await explaining.end();
  }
}
