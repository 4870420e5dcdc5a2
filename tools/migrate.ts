// `node tools/migrate.ts` with DATABASE_URL (or DATABASE_URL_FILE) set: brings the tables up to date.
import { migrateToLatest } from '../db/migrate.ts';
import { explainError } from './setup/explain.mjs';
import { PlainError, say } from './setup/say.mjs';
import { readSetting } from './setup/setting.mjs';

try {
  const url = readSetting('DATABASE_URL');
  if (!url) {
    throw new PlainError(
      'DATABASE_URL is not set: set it to the Postgres to migrate, such as postgres://user:password@host:5432/carepath.',
    );
  }
  await migrateToLatest(url);
  say('The tables are up to date.');
} catch (error) {
  process.exitCode = explainError(error);
}
