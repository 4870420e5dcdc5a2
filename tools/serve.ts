/**
 * The service behind `npm start`: Postgres, Temporal, the API and the worker as child processes, watched until told to stop.
 * Started by start.mjs, which has set up what it needs.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { seedDemoAlliance } from '../db/directory/seed-demo-alliance.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { startDemoSinks } from './demo-sinks.ts';
import { PortInUse } from './ports.ts';
import { startEmbeddedPostgres } from './postgres.ts';
import { closingPage } from './serve/closing-page.ts';
import { prepareDemo } from './serve/demo.ts';
import { keepRunning } from './serve/keep-running.ts';
import { startProcess } from './serve/process.ts';
import { announcedPort, rememberedPort } from './serve/remembered-ports.ts';
import type { Service } from './service.ts';
import { stopOwnChildren } from './setup/children.mjs';
import { explain } from './setup/explain.mjs';
import { withLock } from './setup/lock.mjs';
import { dataFolder, logFolder, makeFolder, serversFile } from './setup/paths.mjs';
import { PlainError, say, step } from './setup/say.mjs';
import { setting } from './setup/setting.mjs';
import { startTemporalServer } from './temporal-server.ts';

const portsLock = join(tmpdir(), `carepath-ports-${process.getuid?.()}.lock`);

const stopping = new AbortController();

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void leave());
process.on('disconnect', () => void leave()); // the launcher was killed
process.on('uncaughtException', (error) => void fail(error));

try {
  await serve();
} catch (error) {
  await fail(error);
}

async function fail(error: unknown): Promise<void> {
  if (stopping.signal.aborted) return; // while stopping, steps fail because their servers go away: no news
  stopping.abort();
  const exitCode = explain(error);
  await stopOwnChildren();
  process.exit(exitCode);
}

async function leave(): Promise<void> {
  if (stopping.signal.aborted) return;
  stopping.abort();
  say('Stopping carepath.');
  await stopOwnChildren();
  say('Stopped.');
  process.exit(0);
}

async function serve(): Promise<void> {
  makeFolder(dataFolder);
  const demo = !['0', 'false'].includes(setting('CAREPATH_DEMO') ?? '');

  // One at a time on this machine: between the choice of a port and its use another clone could take it, and answer in our place.
  const { apiUrl, temporalUi } = await withLock(portsLock, 'Another carepath is just starting; waiting until it has its ports.', () =>
    startServers(demo),
  );
  process.send?.(apiUrl);

  const curlLines = demo ? await demoLines(apiUrl) : [];
  say(closingPage({ apiUrl, temporalUi, demo, curlLines }));
}

async function startServers(demo: boolean): Promise<{ apiUrl: string; temporalUi: string | undefined }> {
  const ownDatabase = setting('DATABASE_URL');
  const databaseUrl = ownDatabase ? await checkedDatabase(ownDatabase) : await embeddedPostgres();
  await step('Preparing the tables', () => prepareTables(databaseUrl));
  if (demo) await seed(databaseUrl);

  const ownCluster = setting('TEMPORAL_ADDRESS');
  const temporal = ownCluster ? await checkedTemporal(ownCluster) : await embeddedTemporal();

  const servers = { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporal.address };
  writeFileSync(serversFile, JSON.stringify(servers), { mode: 0o600 });
  const apiUrl = await startApiAndWorker({
    ...servers,
    CAREPATH_CACHE_FOLDER: setting('CAREPATH_CACHE_FOLDER') ?? join(dataFolder, 'cache'),
    ...tokenSecret(),
    ...(demo ? await demoEnvironment() : {}),
  });
  return { apiUrl, temporalUi: temporal.ui };
}

async function embeddedPostgres(): Promise<string> {
  const folder = join(dataFolder, 'postgres');
  const log = join(logFolder, 'postgres.log');
  const choosePort = () => rememberedPort('postgres', 'Postgres', 54329);
  const start = (port: number) => startEmbeddedPostgres({ folder, port, log });
  const { port, started } = await step(existsSync(folder) ? 'Starting Postgres' : 'Making the database and starting Postgres', () =>
    onFreePort(choosePort, start),
  );
  void keepRunning('Postgres', started, () => start(port), stopping.signal);
  return started.url;
}

async function embeddedTemporal(): Promise<{ address: string; ui: string }> {
  const binary = process.env.CAREPATH_TEMPORAL_BINARY;
  if (!binary)
    throw new PlainError('CAREPATH_TEMPORAL_BINARY is not set: start carepath with "npm start", which finds the Temporal server.');
  const dbFile = join(dataFolder, 'temporal.db');
  const log = join(logFolder, 'temporal.log');
  let uiPort = 8233;
  const choosePort = async () => {
    uiPort = await announcedPort("Temporal's UI", [8233]);
    return rememberedPort('temporal', 'Temporal', 7233);
  };
  const start = (port: number) => startTemporalServer({ binary, port, uiPort, dbFile, log });
  const { port, started } = await step('Starting Temporal', () => onFreePort(choosePort, start));
  void keepRunning('Temporal', started, () => start(port), stopping.signal);
  return { address: started.address, ui: `http://127.0.0.1:${uiPort}` };
}

/** @returns the API's address */
async function startApiAndWorker(environment: NodeJS.ProcessEnv): Promise<string> {
  const apiHost = setting('CAREPATH_API_HOST') ?? '127.0.0.1';
  const apiPort = portSetting('CAREPATH_API_PORT', 8080);
  const workerHost = setting('CAREPATH_WORKER_HOST') ?? '127.0.0.1';
  const workerPort = portSetting('CAREPATH_WORKER_PORT', 8081);
  const startApi = (port: number) =>
    startProcess({ name: 'api', url: httpUrl(apiHost, port), env: { ...environment, CAREPATH_API_PORT: String(port) } });
  const startWorker = (port: number) =>
    startProcess({ name: 'worker', url: httpUrl(workerHost, port), env: { ...environment, CAREPATH_WORKER_PORT: String(port) } });

  const [api, worker] = await step('Starting the API and the worker', () =>
    Promise.all([
      onFreePort(() => announcedPort('the API', [apiPort], apiHost), startApi),
      onFreePort(() => announcedPort("the worker's health check", [workerPort], workerHost), startWorker),
    ]),
  );
  void keepRunning('The API', api.started, () => startApi(api.port), stopping.signal);
  void keepRunning('The worker', worker.started, () => startWorker(worker.port), stopping.signal);
  return httpUrl(apiHost, api.port);
}

function portSetting(name: string, usual: number): number {
  const value = setting(name) ?? String(usual);
  if (/^\d+$/.test(value) && Number(value) <= 65535) return Number(value);
  throw new PlainError(`${name} is ${value}, which is no port: set it to a number up to 65535 or unset it, and run the command again.`);
}

/** Where this machine reaches what listens on the host, which may stand for all addresses. */
function httpUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/** Chooses a port and starts on it; once more when somebody took the port in between. */
async function onFreePort<S extends Service>(
  choose: () => Promise<number>,
  start: (port: number) => Promise<S>,
): Promise<{ port: number; started: S }> {
  for (let attempt = 1; ; attempt++) {
    const port = await choose();
    try {
      return { port, started: await start(port) };
    } catch (error) {
      if (!(error instanceof PortInUse) || attempt === 3) throw error;
    }
  }
}

async function checkedDatabase(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {}); // reported by the calls
  try {
    await client.connect();
    return url;
  } catch (error) {
    throw new PlainError(
      `The Postgres of DATABASE_URL does not let carepath in (${messageOf(error)}): correct DATABASE_URL or unset it to use an embedded one.`,
    );
  } finally {
    await client.end().catch(() => {});
  }
}

async function checkedTemporal(address: string): Promise<{ address: string; ui: undefined }> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: '10s', interceptors: [] });
    await connection.close();
    return { address, ui: undefined };
  } catch (error) {
    throw new PlainError(
      `The Temporal of TEMPORAL_ADDRESS, ${address}, does not answer (${messageOf(error)}): correct TEMPORAL_ADDRESS or unset it to use a server of its own.`,
    );
  }
}

async function prepareTables(databaseUrl: string): Promise<void> {
  try {
    await migrateToLatest(databaseUrl);
  } catch (error) {
    throw new PlainError(
      `The tables cannot be prepared (${messageOf(error)}): use a carepath that is not older than the one that wrote this database, or begin anew with an empty one.`,
    );
  }
}

async function seed(databaseUrl: string): Promise<void> {
  try {
    await seedDemoAlliance(databaseUrl);
  } catch (error) {
    throw new PlainError(
      `The demo alliance cannot be written (${messageOf(error)}): use an empty database, or set CAREPATH_DEMO=0 to run without it.`,
    );
  }
}

/** Made once and kept, so that tokens stay valid over a restart. */
function tokenSecret(): NodeJS.ProcessEnv {
  if (setting('CAREPATH_TOKEN_SECRET')) return {};
  const file = join(dataFolder, 'token-secret');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
  return { CAREPATH_TOKEN_SECRET_FILE: file };
}

/** Messages of the demo go to receivers in this process, unless real ones are set. */
async function demoEnvironment(): Promise<NodeJS.ProcessEnv> {
  const { smsUrl, smtpUrl, wecomUrl } = await startDemoSinks();
  const ownRobots = setting('CAREPATH_WECOM_ROBOTS');
  return {
    CAREPATH_DEMO: '1',
    CAREPATH_SMS_URL: setting('CAREPATH_SMS_URL') ?? smsUrl,
    CAREPATH_WECHAT_URL: setting('CAREPATH_WECHAT_URL') ?? smsUrl,
    CAREPATH_APP_URL: setting('CAREPATH_APP_URL') ?? smsUrl,
    CAREPATH_SMTP_URL: setting('CAREPATH_SMTP_URL') ?? smtpUrl,
    // A demonstration's own robots speak to the sink; real ones to WeCom, wherever that is said to be.
    ...(ownRobots ? {} : { CAREPATH_WECOM_ROBOTS: '{"*": "demo"}', CAREPATH_WECOM_URL: wecomUrl }),
  };
}

async function demoLines(apiUrl: string): Promise<string[]> {
  try {
    return await prepareDemo(apiUrl, join(dataFolder, 'demo'));
  } catch (error) {
    say(`The demo could not be prepared (${messageOf(error)}); everything else runs.`);
    return [];
  }
}

function messageOf(error: unknown): string {
  const { message, errors } = error as { message?: string; errors?: Error[] };
  const text = message || errors?.[0]?.message || String(error); // a refused connection is an AggregateError without a message
  return text.replace(/\s+/g, ' ');
}
