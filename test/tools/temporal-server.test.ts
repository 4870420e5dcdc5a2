import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterAll, expect, test } from 'vitest';
import { startTemporalServer } from '../../tools/temporal-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'carepath-temporal-'));
const binary = process.env.CAREPATH_TEMPORAL_BINARY ?? '';
const log = join(folder, 'temporal.log');

afterAll(() => rmSync(folder, { recursive: true }));

test('a state file whose making was cut short is made anew; closed histories stay for 30 days', async () => {
  const dbFile = join(folder, 'temporal.db');
  writeFileSync(dbFile, 'half a file');
  writeFileSync(`${dbFile}.unfinished`, '');
  const server = await startTemporalServer({ binary, dbFile, log });
  const connection = await Connection.connect({ address: server.address });
  const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
  expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600);
  await connection.close();
  await server.stop();
});

test('a damaged state file is refused in one sentence that says what to do', async () => {
  const dbFile = join(folder, 'damaged.db');
  writeFileSync(dbFile, 'no database');
  await expect(startTemporalServer({ binary, dbFile, log })).rejects.toThrow(
    /does not start with its state in .+damaged.db \(.+\): put a backup of it in its place, or move .+ away/,
  );
});
