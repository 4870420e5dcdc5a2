/** Fresh, migrated databases on the suite's Postgres. */
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import pg from 'pg';
import { seedDemoAlliance } from '../../../db/directory/seed-demo-alliance.ts';
import { migrateToLatest } from '../../../db/migrate.ts';

/** What a migrated database is made of. */
const folders = [new URL('../../../db/migrations/', import.meta.url), new URL('../../../protocols/', import.meta.url)];

interface Template {
  name: string;
  fill(url: string): Promise<void>;
}

const withTables: Template = { name: 'tables', fill: migrateToLatest };

const withDemoAlliance: Template = {
  name: 'demo_alliance',
  async fill(url) {
    await migrateToLatest(url);
    await seedDemoAlliance(url);
  },
};

const prepared = new Map<Template, Promise<string>>();

/** Connection URL of a new database with all tables and no rows. It goes when the suite's Postgres goes. */
export const testDatabase = (): Promise<string> => copyOf(withTables);

/** Connection URL of a new database that holds the demo alliance and nothing else. It goes when the suite's Postgres goes. */
export const demoDatabase = (): Promise<string> => copyOf(withDemoAlliance);

async function copyOf(template: Template): Promise<string> {
  const server = serverUrl();
  const source = prepared.get(template) ?? prepareTemplate(server, template);
  prepared.set(template, source);
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(server, async (client) => {
    await client.query(`create database ${name} template ${await source}`);
  });
  return urlOf(server, name);
}

function serverUrl(): string {
  const url = process.env.CAREPATH_TEST_POSTGRES_URL;
  if (!url) throw new Error('CAREPATH_TEST_POSTGRES_URL is not set: start the suite with npm test, it brings its own Postgres');
  return url;
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

/**
 * A database that the others are copies of, so that its migrations run once and not per test file.
 * Named after the migrations' contents, so a Postgres that outlives a run never serves old tables.
 */
async function prepareTemplate(server: string, template: Template): Promise<string> {
  const name = `template_${template.name}_${fingerprintOfMigrations()}`;
  await withClient(server, async (client) => {
    // Test files run in several processes: one builds, the others wait here. The lock ends with the connection.
    await client.query(`select pg_advisory_lock(hashtext('carepath test template'))`);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount) return;
    // Renamed only when complete: what a broken-off run leaves behind is never taken for a template.
    await client.query('drop database if exists template_unfinished');
    await client.query('create database template_unfinished');
    await template.fill(urlOf(server, 'template_unfinished'));
    await client.query(`alter database template_unfinished rename to ${name}`);
  });
  return name;
}

function fingerprintOfMigrations(): string {
  const hash = createHash('sha256');
  for (const folder of folders)
    for (const file of readdirSync(folder).sort())
      if (statSync(new URL(file, folder)).isFile()) hash.update(readFileSync(new URL(file, folder)));
  return hash.digest('hex').slice(0, 16);
}

async function withClient(url: string, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
