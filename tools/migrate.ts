// `node tools/migrate.ts` with DATABASE_URL (or DATABASE_URL_FILE) set: brings the tables up to date.
import { readFileSync } from 'node:fs';
import { migrateToLatest } from '../db/migrate.ts';
import { explain } from './setup/explain.mjs';
import { PlainError, say } from './setup/say.mjs';

try {
  await migrateToLatest(databaseUrl());
  say('The tables are up to date.');
} catch (error) {
  process.exitCode = explain(error);
}

function databaseUrl(): string {
  const { DATABASE_URL: url, DATABASE_URL_FILE: file } = process.env;
  if (url) return url;
  if (file) return readFileSync(file, 'utf8').trim();
  throw new PlainError('DATABASE_URL is not set: set it to the Postgres to migrate, such as postgres://user:password@host:5432/carepath.');
}
