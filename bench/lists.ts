/** Counts the pages that each list touches over big tables, beside its bound. Counts, never times. See README.md. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seedDemoAlliance } from '../db/directory/seed-demo-alliance.ts';
import { createDatabase, createPool } from '../db/kit/database.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { startEmbeddedPostgres } from '../tools/postgres.ts';
import { generateLists, vacuumLists } from './support/generated-lists.ts';
import { measureLists } from './support/measured-lists.ts';

/** What a round of the bench lays down; fifty rounds are the million. */
const TASKS_OF_ROUND = 20_000;

const { rounds = '10', tasks } = parseArgs({ options: { rounds: { type: 'string' }, tasks: { type: 'string' } } }).values;
const taskCount = tasks === undefined ? Number(rounds) * TASKS_OF_ROUND : Number(tasks);
if (!Number.isSafeInteger(taskCount) || taskCount < 1) throw new Error('--rounds and --tasks must be whole numbers, at least 1');

const folder = mkdtempSync(join(tmpdir(), 'carepath-bench-'));
const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres') });
try {
  await migrateToLatest(postgres.url);
  await seedDemoAlliance(postgres.url);
  const db = createDatabase(createPool(postgres.url, { connections: 1, statementTimeoutMs: 600_000 }));
  await generateLists(db, taskCount);
  const unseen = await measureLists(postgres.url);
  await vacuumLists(db);
  await db.destroy();
  const seen = await measureLists(postgres.url);
  console.log(`Lists among ${taskCount} tasks. To repeat: npm run bench -- lists --tasks ${taskCount}\n`);
  console.log('| list | rows | buffers before any vacuum | after it | goal |\n| --- | --- | --- | --- | --- |');
  for (const [place, { list, rows, buffers, goal }] of seen.entries())
    console.log(`| ${list} | ${rows} | ${unseen[place]?.buffers} | ${buffers} | ${goal}${buffers > goal ? ', missed' : ''} |`);
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
