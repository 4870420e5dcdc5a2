/**
 * Records a history for every ending of a pathway into test/histories, where the tests replay them with the present workflows.
 * A history that is recorded already stays, because it is what running pathways look like and a change of the workflows must take it. Delete a
 * file to record it anew.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDocumentShelf } from '../db/kit/documents.ts';
import { readPathwayRuns, writeRuns } from '../worker/recorded-runs.ts';
import { startEmbeddedPostgres } from './postgres.ts';
import { endings } from './record-histories/endings.ts';
import { startRecordedService } from './record-histories/service.ts';
import { root, shortenPath } from './setup/paths.mjs';
import { PlainError, runStep, say } from './setup/say.mjs';
import { startTemporalServer } from './temporal-server.ts';

const folder = join(root, 'test', 'histories');

const isRecorded = (name: string): boolean => [`${name}.json`, `${name}-1.json`].some((file) => existsSync(join(folder, file)));

async function record(names: readonly string[]): Promise<void> {
  const binary = process.env.CAREPATH_TEMPORAL_BINARY;
  if (!binary)
    throw new PlainError('CAREPATH_TEMPORAL_BINARY is not set: use "npm run record-histories", which finds the Temporal server.');
  const scratch = await mkdtemp(join(tmpdir(), 'carepath-record-'));
  const [postgres, temporal] = await runStep('Starting Postgres and Temporal', () =>
    Promise.all([
      startEmbeddedPostgres({ folder: join(scratch, 'postgres'), durable: false }),
      startTemporalServer({ binary, log: join(scratch, 'temporal.log') }),
    ]),
  );
  try {
    const service = await runStep('Starting the service', () => startRecordedService(postgres.url, temporal.address));
    // The service is stopped even when an ending throws, because a worker that goes on polling would keep this process alive for ever.
    try {
      for (const name of names) {
        const id = await runStep(`Recording ${name}`, () => endings[name]?.(service) ?? Promise.reject(new Error(`No ending ${name}.`)));
        const workflow = await service.getEndedWorkflowId(id);
        for (const file of await writeRuns(await readPathwayRuns(service.client, workflow, createDocumentShelf(service.db)), folder, name))
          say(shortenPath(file));
      }
    } finally {
      await service.stop();
    }
  } finally {
    await Promise.all([temporal.stop(), postgres.stop()]);
    await rm(scratch, { recursive: true, force: true });
  }
}

try {
  const missing = Object.keys(endings).filter((name) => !isRecorded(name));
  if (missing.length === 0) say('Every ending is recorded; delete a file of test/histories to record it anew.');
  else await record(missing);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
