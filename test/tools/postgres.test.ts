import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../tools/postgres.ts';

const home = mkdtempSync(join(tmpdir(), 'carepath-postgres-'));
const folder = join(home, 'postgres');
let postgres: EmbeddedPostgres;

afterAll(async () => {
  await postgres.stop();
  rmSync(home, { recursive: true });
});

async function query(sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

test('a killed Postgres starts again on the same port with every committed row', async () => {
  postgres = await startEmbeddedPostgres({ folder });
  const { port, url } = postgres;
  await query('create table note (text text)');
  await query("insert into note values ('kept')");
  expect(await query("select datcollate, pg_encoding_to_char(encoding) as encoding from pg_database where datname = 'carepath'")).toEqual([
    { datcollate: 'C', encoding: 'UTF8' },
  ]);
  await postgres.kill();
  expect(await postgres.exited).toBe('SIGKILL');

  postgres = await startEmbeddedPostgres({ folder, port });
  expect(postgres.url).toBe(url);
  expect(await query('select text from note')).toEqual([{ text: 'kept' }]);
});

test('a server left running is ended first; the pid of a stranger in postmaster.pid does not block', async () => {
  const left = postgres;
  postgres = await startEmbeddedPostgres({ folder });
  expect(await left.exited).toBe('exit code 0');
  await postgres.kill();

  const pidFile = join(folder, 'postmaster.pid');
  writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(/^\d+/, String(process.pid)));
  postgres = await startEmbeddedPostgres({ folder });
  expect(await query('select text from note')).toEqual([{ text: 'kept' }]);
});

test('a damaged data folder is refused in one sentence that says what to do', async () => {
  await postgres.stop();
  const versionFile = join(folder, 'PG_VERSION');
  copyFileSync(versionFile, join(home, 'PG_VERSION'));
  const advice = /cannot be opened \(.+\): put a backup in its place, or move .+ away to begin anew, or set DATABASE_URL/;

  rmSync(versionFile);
  await expect(startEmbeddedPostgres({ folder })).rejects.toThrow(advice);
  writeFileSync(versionFile, '12\n');
  await expect(startEmbeddedPostgres({ folder })).rejects.toThrow('it is of Postgres 12');

  copyFileSync(join(home, 'PG_VERSION'), versionFile);
  const configuration = join(folder, 'postgresql.conf');
  const good = readFileSync(configuration);
  writeFileSync(configuration, 'nonsense here');
  await expect(startEmbeddedPostgres({ folder })).rejects.toThrow(advice);
  writeFileSync(configuration, good);
  postgres = await startEmbeddedPostgres({ folder });
});
