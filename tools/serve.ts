/**
 * The service behind `npm start`: runs Postgres, Temporal, the API and the worker as child processes and watches them until it is told to stop.
 * start.mjs starts it, after setting up what it needs.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { describeMisfit, findDeploymentKind } from '../db/administration/deployment.ts';
import { seedDemoAlliance } from '../db/directory/seed-demo-alliance.ts';
import { createDatabase, createPool } from '../db/kit/database.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { startDemoSinks } from './demo-sinks.ts';
import { PortInUse } from './ports.ts';
import { startEmbeddedPostgres } from './postgres.ts';
import { writeClosingPage } from './serve/closing-page.ts';
import { findConfigurationNotice } from './serve/configuration-notice.ts';
import { prepareDemo } from './serve/demo.ts';
import { keepRunning } from './serve/keep-running.ts';
import { spawnProcess, startProcess } from './serve/process.ts';
import { chooseAnnouncedPort, chooseRememberedPort } from './serve/remembered-ports.ts';
import { prepareSupplyDay } from './serve/supply-day/prepare.ts';
import type { Service } from './service.ts';
import { stopOwnChildren } from './setup/children.mjs';
import { explainError } from './setup/explain.mjs';
import { withLock } from './setup/lock.mjs';
import { dataFolder, logFolder, makeFolder, serversFile } from './setup/paths.mjs';
import { PlainError, runStep, say } from './setup/say.mjs';
import { readSetting } from './setup/setting.mjs';
import { startTemporalServer } from './temporal-server.ts';

const portsLock = join(tmpdir(), `carepath-ports-${process.getuid?.()}.lock`);

const stopping = new AbortController();

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void leave());
// The connection ends when the launcher was killed.
process.on('disconnect', () => void leave());
process.on('uncaughtException', (error) => void fail(error));

try {
  await serve();
} catch (error) {
  await fail(error);
}

async function fail(error: unknown): Promise<void> {
  // While everything stops, steps fail because their servers go away. That is no error.
  if (stopping.signal.aborted) return;
  stopping.abort();
  const exitCode = explainError(error);
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
  const demo = !['0', 'false'].includes(readSetting('CAREPATH_DEMO') ?? '');

  // One clone starts at a time on this machine. Between the choice of a port and its use another clone could take the port and answer in our place.
  const { apiUrl, temporalUi, configurationNotice } = await withLock(
    portsLock,
    'Another carepath is just starting; waiting until it has its ports.',
    () => startServers(demo),
  );
  process.send?.(apiUrl);

  const curlLines = demo ? await prepareDemoLines(apiUrl) : [];
  if (configurationNotice) say(configurationNotice);
  say(writeClosingPage({ apiUrl, temporalUi, demo, curlLines }));
}

interface StartedServers {
  apiUrl: string;
  /** Undefined for a cluster that carepath has not started. */
  temporalUi: string | undefined;
  /** One line about the alliance configuration, where it is not what this release would set. */
  configurationNotice: string | undefined;
}

async function startServers(demo: boolean): Promise<StartedServers> {
  const ownDatabase = readSetting('DATABASE_URL');
  const databaseUrl = ownDatabase ? await checkDatabase(ownDatabase) : await startPostgres();
  await runStep('Preparing the tables', () => prepareTables(databaseUrl));
  await refuseOtherKind(databaseUrl, demo);
  if (demo) await writeDemoAlliance(databaseUrl);
  const configurationNotice = await findConfigurationNotice(databaseUrl, demo);

  const ownCluster = readSetting('TEMPORAL_ADDRESS');
  const temporal = ownCluster ? await checkTemporal(ownCluster) : await startTemporal();

  const servers = { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporal.address };
  writeFileSync(serversFile, JSON.stringify(servers), { mode: 0o600 });
  const apiUrl = await startApiAndWorker({
    ...servers,
    CAREPATH_CACHE_FOLDER: readSetting('CAREPATH_CACHE_FOLDER') ?? join(dataFolder, 'cache'),
    ...createTokenSecret(),
    ...(demo ? await startDemoReceivers() : {}),
  });
  return { apiUrl, temporalUi: temporal.ui, configurationNotice };
}

async function startPostgres(): Promise<string> {
  const folder = join(dataFolder, 'postgres');
  const log = join(logFolder, 'postgres.log');
  const choosePort = () => chooseRememberedPort('postgres', 'Postgres', 54329);
  const start = (port: number) => startEmbeddedPostgres({ folder, port, log });
  const { port, started } = await runStep(existsSync(folder) ? 'Starting Postgres' : 'Making the database and starting Postgres', () =>
    onFreePort(choosePort, start),
  );
  void keepRunning('Postgres', started, () => start(port), stopping.signal);
  return started.url;
}

async function startTemporal(): Promise<{ address: string; ui: string }> {
  const binary = process.env.CAREPATH_TEMPORAL_BINARY;
  if (!binary)
    throw new PlainError('CAREPATH_TEMPORAL_BINARY is not set: start carepath with "npm start", which finds the Temporal server.');
  const dbFile = join(dataFolder, 'temporal.db');
  const log = join(logFolder, 'temporal.log');
  let uiPort = 8233;
  const choosePort = async () => {
    uiPort = await chooseAnnouncedPort("Temporal's UI", [8233]);
    return chooseRememberedPort('temporal', 'Temporal', 7233);
  };
  const start = (port: number) => startTemporalServer({ binary, port, uiPort, dbFile, log });
  const { port, started } = await runStep('Starting Temporal', () => onFreePort(choosePort, start));
  void keepRunning('Temporal', started, () => start(port), stopping.signal);
  return { address: started.address, ui: `http://127.0.0.1:${uiPort}` };
}

/** Resolves with the address of the API. */
async function startApiAndWorker(environment: NodeJS.ProcessEnv): Promise<string> {
  const apiHost = readSetting('CAREPATH_API_HOST') ?? '127.0.0.1';
  const apiPort = readPortSetting('CAREPATH_API_PORT', 8080);
  const workerHost = readSetting('CAREPATH_WORKER_HOST') ?? '127.0.0.1';
  const workerPort = readPortSetting('CAREPATH_WORKER_PORT', 8081);
  const apiOn = (port: number) => ({
    name: 'api' as const,
    url: toHttpUrl(apiHost, port),
    env: { ...environment, CAREPATH_API_PORT: String(port) },
  });
  const workerOn = (port: number) => ({
    name: 'worker' as const,
    url: toHttpUrl(workerHost, port),
    env: { ...environment, CAREPATH_WORKER_PORT: String(port) },
  });

  const [api, worker] = await runStep('Starting the API and the worker', () =>
    Promise.all([
      onFreePort(
        () => chooseAnnouncedPort('the API', [apiPort], apiHost),
        (port) => startProcess(apiOn(port)),
      ),
      onFreePort(
        () => chooseAnnouncedPort("the worker's health check", [workerPort], workerHost),
        (port) => startProcess(workerOn(port)),
      ),
    ]),
  );
  void keepRunning('The API', api.started, () => spawnProcess(apiOn(api.port)), stopping.signal);
  void keepRunning('The worker', worker.started, () => spawnProcess(workerOn(worker.port)), stopping.signal);
  return toHttpUrl(apiHost, api.port);
}

function readPortSetting(name: string, usual: number): number {
  const value = readSetting(name) ?? String(usual);
  if (/^\d+$/.test(value) && Number(value) <= 65535) return Number(value);
  throw new PlainError(`${name} is ${value}, which is no port: set it to a number up to 65535 or unset it, and run the command again.`);
}

/** Returns the address at which this machine reaches what listens on the host, which may stand for all addresses. */
function toHttpUrl(host: string, port: number): string {
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

async function checkDatabase(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // The calls report their errors themselves.
  client.on('error', () => {});
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

async function checkTemporal(address: string): Promise<{ address: string; ui: undefined }> {
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

async function refuseOtherKind(databaseUrl: string, demo: boolean): Promise<void> {
  const db = createDatabase(createPool(databaseUrl, { connections: 1 }));
  try {
    const misfit = describeMisfit(await findDeploymentKind(db), demo);
    if (misfit) throw new PlainError(misfit);
  } finally {
    await db.destroy();
  }
}

async function writeDemoAlliance(databaseUrl: string): Promise<void> {
  try {
    await seedDemoAlliance(databaseUrl);
  } catch (error) {
    throw new PlainError(
      `The demo alliance cannot be written (${messageOf(error)}): use an empty database, or set CAREPATH_DEMO=0 to run without it.`,
    );
  }
}

/** The secret is made once and kept, so that tokens stay valid over a restart. */
function createTokenSecret(): NodeJS.ProcessEnv {
  if (readSetting('CAREPATH_TOKEN_SECRET')) return {};
  const file = join(dataFolder, 'token-secret');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
  return { CAREPATH_TOKEN_SECRET_FILE: file };
}

/** Starts receivers for the demo's messages in this process. Resolves with the settings that point to them, except where real receivers are set. */
async function startDemoReceivers(): Promise<NodeJS.ProcessEnv> {
  const { smsUrl, smtpUrl, wecomUrl } = await startDemoSinks();
  const ownRobots = readSetting('CAREPATH_WECOM_ROBOTS');
  return {
    CAREPATH_DEMO: '1',
    CAREPATH_SMS_URL: readSetting('CAREPATH_SMS_URL') ?? smsUrl,
    CAREPATH_WECHAT_URL: readSetting('CAREPATH_WECHAT_URL') ?? smsUrl,
    CAREPATH_APP_URL: readSetting('CAREPATH_APP_URL') ?? smsUrl,
    CAREPATH_SMTP_URL: readSetting('CAREPATH_SMTP_URL') ?? smtpUrl,
    // The demo's own robots post to the receiver here. Robots that somebody has set post to WeCom, at the address that is set for it.
    ...(ownRobots ? {} : { CAREPATH_WECOM_ROBOTS: '{"*": "demo"}', CAREPATH_WECOM_URL: wecomUrl }),
  };
}

async function prepareDemoLines(apiUrl: string): Promise<string[]> {
  const folder = join(dataFolder, 'demo');
  const lines: string[] = [];
  for (const [name, prepare] of [
    ['The demo', prepareDemo],
    ['The supply day of the demo', prepareSupplyDay],
  ] as const) {
    try {
      lines.push(...(await prepare(apiUrl, folder)));
    } catch (error) {
      say(`${name} could not be prepared (${messageOf(error)}); everything else runs.`);
    }
  }
  return lines;
}

function messageOf(error: unknown): string {
  const { message, errors } = error as { message?: string; errors?: Error[] };
  const text = message || errors?.[0]?.message || String(error); // a refused connection is an AggregateError without a message
  return text.replace(/\s+/g, ' ');
}
