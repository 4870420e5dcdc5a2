/** Databases with the directory of the demo alliance, and all that stands in it. */
import { sql } from 'kysely';
import { onTestFinished } from 'vitest';
import { seedDemoAlliance } from '../../../db/directory/seed-demo-alliance.ts';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { testDatabase } from '../service/database.ts';

export const directoryTables = [
  'institution',
  'department',
  'person',
  'post',
  'team',
  'team_member',
  'patient',
  'patient_local_id',
  'alliance_configuration',
  'set_type',
  'set_instance',
  'vehicle',
  'transport_box',
  'washer',
  'steriliser',
  'supply_centre',
  'supply_event',
  'custody',
] as const;

/** For tests that write: a database of their own. */
export async function newDatabase({ seeded = true } = {}): Promise<{ db: Database; url: string }> {
  const url = await testDatabase();
  if (seeded) await seedDemoAlliance(url);
  const db = createDatabase(createPool(url));
  onTestFinished(() => db.destroy());
  return { db, url };
}

/** Every row with the transaction that wrote it: equal only if nobody wrote in between. */
export async function everyRow(db: Database): Promise<string[]> {
  const rows: string[] = [];
  for (const table of directoryTables) {
    const found = await sql<{ row: string }>`select concat(xmin, ' ', r) as row from ${sql.table(table)} r order by 1`.execute(db);
    rows.push(...found.rows.map(({ row }) => `${table} ${row}`));
  }
  return rows;
}
