/** One real Postgres and one real Temporal server for the whole suite. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../../tools/postgres.ts';
import { startTemporalServer } from '../../../tools/temporal-server.ts';
import { loadWorkflowBundle } from '../../../worker/bundle.ts';

const nothing = async (): Promise<void> => {};

/** Each project of the run calls this; the first one starts the servers for all. */
export default async function setUp(): Promise<() => Promise<void>> {
  if (process.env.CAREPATH_TEST_POSTGRES_URL) return nothing;
  const binary = process.env.CAREPATH_TEMPORAL_BINARY;
  if (!binary) throw new Error('CAREPATH_TEMPORAL_BINARY is not set: run the tests with npm test, it finds the server.');
  const folder = await mkdtemp(join(tmpdir(), 'carepath-test-'));
  const [postgres, temporal] = await Promise.all([
    startEmbeddedPostgres({ folder: join(folder, 'postgres'), log: join(folder, 'postgres.log'), durable: false }),
    startTemporalServer({ binary, log: join(folder, 'temporal.log') }),
    loadWorkflowBundle('.carepath/cache'), // built once, not by each test file
  ]);
  process.env.CAREPATH_TEST_POSTGRES_URL = postgres.url;
  process.env.CAREPATH_TEST_TEMPORAL_ADDRESS = temporal.address;
  return async () => {
    await Promise.all([temporal.stop(), postgres.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
}
