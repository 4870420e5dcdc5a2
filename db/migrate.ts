/** Brings the tables up to date and fills them, and the protocols that come with the program. Forward only; two processes at once wait for each other (Kysely's migration lock). */
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileMigrationProvider, Migrator } from 'kysely/migration';
import { finishFills } from './fills.ts';
import { publishShipped } from './follow-up/shipped-protocols.ts';
import { createDatabase, createPool } from './kit/database.ts';

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
      await finishFills(db);
      return await publishShipped(db);
    }
    const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'the set-up of the migrations';
    throw new Error(`Migration ${failed} failed: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await db.destroy();
  }
}
