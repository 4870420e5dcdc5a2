/** Brings the tables up to date and fills them, and the protocols that come with the program. Forward only; two processes at once wait for each other (Kysely's migration lock). */
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { FileMigrationProvider, Migrator } from 'kysely/migration';
import { publishShippedDischargeDocuments } from './discharge/shipped-rules.ts';
import { finishFills } from './fills.ts';
import { publishShipped } from './follow-up/shipped-protocols.ts';
import { createDatabase, createPool, type Database } from './kit/database.ts';

const migrationFolder = fileURLToPath(new URL('./migrations', import.meta.url));

/** Every file of the folder is a migration, so that none can be forgotten in a list. Throws for one that is none. */
const provider = new FileMigrationProvider({
  fs,
  path,
  migrationFolder,
  onFileIgnored(file) {
    throw new Error(`db/migrations/${file} exports no function \`up\`: it is no migration and belongs elsewhere.`);
  },
});

/** Throws with the failing migration's name and the database's message. */
export async function migrateToLatest(databaseUrl: string): Promise<void> {
  const db = createDatabase(createPool(databaseUrl, { connections: 2, statementTimeoutMs: 600_000 }), 'migrations');
  try {
    const migrator = new Migrator({ db, provider });
    const { error, results } = await migrator.migrateToLatest();
    if (!error) {
      await takeTurns(db, () => finishFills(db));
      await publishShipped(db);
      return await publishShippedDischargeDocuments(db);
    }
    const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'the set-up of the migrations';
    throw new Error(`Migration ${failed} failed: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await db.destroy();
  }
}

/** Of two processes the second waits here. It asks again and again, because a statement that waits would keep an index from being made concurrently. */
const ASK_AGAIN_MS = 500;

async function takeTurns(db: Database, work: () => Promise<void>): Promise<void> {
  await db.connection().execute(async (holder) => {
    const tryLock = () => sql<{ mine: boolean }>`select pg_try_advisory_lock(hashtext('carepath fills')) as mine`.execute(holder);
    while (!(await tryLock()).rows[0]?.mine) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    try {
      await work();
    } finally {
      await sql`select pg_advisory_unlock(hashtext('carepath fills'))`.execute(holder);
    }
  });
}
