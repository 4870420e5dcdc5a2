/** The HTTP API over a Postgres of its own with the demo alliance, in the process of the bench. Temporal is away: what is measured does without it. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import type pg from 'pg';
import { createApp } from '../../api/app.ts';
import { createTokens } from '../../api/kit/auth.ts';
import { createGate } from '../../api/kit/gate.ts';
import { createSessionWatch } from '../../api/kit/session-watch.ts';
import { seedDemoAlliance } from '../../db/directory/seed-demo-alliance.ts';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';
import { migrateToLatest } from '../../db/migrate.ts';
import { loadConfig } from '../../platform/config.ts';
import { createLog } from '../../platform/log.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { createTemporalClient } from '../../platform/temporal.ts';
import { startEmbeddedPostgres } from '../../tools/postgres.ts';

export interface BenchApi {
  /** Of the API, without a slash at its end. */
  base: string;
  postgresUrl: string;
  pool: pg.Pool;
  db: Database;
  issueToken(post: { personId: string; institutionId: string; roles: string[] }): Promise<string>;
  /** Nothing of it stays. */
  stop(): Promise<void>;
}

/** No statement of a bench is cut off while it lays down its history. */
const STATEMENT_TIMEOUT_MS = 600_000;

export async function startApi(): Promise<BenchApi> {
  const folder = mkdtempSync(join(tmpdir(), 'carepath-bench-'));
  const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres') });
  await migrateToLatest(postgres.url);
  await seedDemoAlliance(postgres.url);
  const config = loadConfig({
    DATABASE_URL: postgres.url,
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    CAREPATH_TOKEN_SECRET: randomUUID(),
    CAREPATH_DEMO: '1',
  });
  const pool = createPool(postgres.url, { connections: 20, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  const db = createDatabase(pool);
  const client = createTemporalClient(config);
  const tokens = createTokens(config.CAREPATH_TOKEN_SECRET, createSessionWatch(db));
  const log = createLog('api', 'silent');
  const app = createApp({ config, db, client, tokens, log, metrics: createMetrics(), gate: createGate(20), checkAnswers: false });
  const listening = Promise.withResolvers<number>();
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => listening.resolve(port));
  return {
    base: `http://127.0.0.1:${await listening.promise}`,
    postgresUrl: postgres.url,
    pool,
    db,
    issueToken: async (post) => (await tokens.issue(post)).token,
    async stop() {
      server.close();
      await client.connection.close();
      tokens.sessions.stop();
      await db.destroy();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
