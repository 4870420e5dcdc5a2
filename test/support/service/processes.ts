/** The service as it runs in earnest: Postgres, Temporal, worker and API as processes of their own, each of which can be killed and started again. */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { seedDemoAlliance } from '../../../db/directory/seed-demo-alliance.ts';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { migrateToLatest } from '../../../db/migrate.ts';
import { createTemporalClient } from '../../../platform/temporal.ts';
import { findFreePort } from '../../../tools/ports.ts';
import { startEmbeddedPostgres } from '../../../tools/postgres.ts';
import { type Service, spawnService } from '../../../tools/service.ts';
import { root } from '../../../tools/setup/paths.mjs';
import { startTemporalServer } from '../../../tools/temporal-server.ts';
import { type KillOrder, killFileVariable, type MetTarget, metFileOf } from '../chaos/kill-order.ts';
import { type ControlledSink, startControlledMailSink, startControlledSmsSink } from '../sinks/sinks.ts';

export type PartName = 'postgres' | 'temporal' | 'worker' | 'api';

export interface Part {
  readonly name: PartName;
  isRunning(): boolean;
  /** Resolves when it can do its work; at once when it runs. */
  start(): Promise<void>;
  /** SIGKILL. Resolves when the process has gone. */
  kill(): Promise<void>;
  /** Resolves when the present process has ended, whoever ended it. */
  ended(): Promise<string>;
  /** How often the process has ended although the test had not killed it. */
  unasked(): number;
}

export interface Processes {
  parts: Record<PartName, Part>;
  /** of the test itself, to look at what the processes did */
  db: Database;
  client: Client;
  apiUrl: string;
  sms: ControlledSink;
  mail: ControlledSink;
  /** The folder of the log files. */
  folder: string;
  /** From now on the process ends itself where the order says, once. */
  arm(name: 'api' | 'worker', order: KillOrder): Promise<void>;
  /** Takes back an order that has not been carried out. */
  disarm(name: 'api' | 'worker'): Promise<void>;
  /** Where the targets of the order that was carried out last stood. */
  met(name: 'api' | 'worker'): Promise<MetTarget[]>;
  stop(): Promise<void>;
}

export interface ProcessesOptions {
  /** history events after which a run is continued as new */
  eventCap?: number;
  /** keep the folder with logs and data */
  keep?: boolean;
}

/** A small, busy machine starts a worker in ten seconds. */
const READY_WITHIN_MS = 120_000;

export async function startProcesses({ eventCap = 200, keep = false }: ProcessesOptions = {}): Promise<Processes> {
  const binary = process.env.CAREPATH_TEMPORAL_BINARY;
  if (!binary) throw new Error('CAREPATH_TEMPORAL_BINARY is not set: run this through npm, it finds the server.');
  const folder = await mkdtemp(join(tmpdir(), 'carepath-crash-'));
  const [sms, mail] = await Promise.all([startControlledSmsSink(), startControlledMailSink()]);

  // Each server chooses its port when it starts for the first time, and keeps it.
  let databaseUrl = '';
  let postgresPort: number | undefined;
  const postgres = part('postgres', async () => {
    const server = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), ...(postgresPort ? { port: postgresPort } : {}) });
    databaseUrl = server.url;
    postgresPort = server.port;
    return server;
  });
  const temporalPort = await findFreePort();
  const temporal = part('temporal', () =>
    startTemporalServer({ binary, port: temporalPort, dbFile: join(folder, 'temporal.db'), log: join(folder, 'temporal.log') }),
  );
  await Promise.all([postgres.start(), temporal.start()]);
  await migrateToLatest(databaseUrl);
  await seedDemoAlliance(databaseUrl);

  const ports = { api: await findFreePort(), worker: await findFreePort() };
  const killFile = (name: 'api' | 'worker') => join(folder, `kill-${name}.json`);
  const environment = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`,
    CAREPATH_API_PORT: String(ports.api),
    CAREPATH_WORKER_PORT: String(ports.worker),
    CAREPATH_API_PROCESSES: '1',
    CAREPATH_TOKEN_SECRET: 'a secret that only the tests know, long enough',
    CAREPATH_DEMO: '1',
    CAREPATH_SMS_URL: sms.url,
    CAREPATH_SMTP_URL: mail.url,
    CAREPATH_EVENT_CAP: String(eventCap),
    CAREPATH_LOG_LEVEL: 'warn',
    // Built beforehand, outside of what is timed here.
    CAREPATH_CACHE_FOLDER: join(root, '.carepath', 'cache'),
  };
  const ours = (name: 'api' | 'worker') =>
    part(name, async () => {
      const service = spawnService({
        name,
        command: process.execPath,
        args: [
          '--experimental-strip-types',
          '--disable-warning=ExperimentalWarning',
          '--import',
          join(root, 'test/support/chaos/kill-points.ts'),
          join(root, name, 'main.ts'),
        ],
        cwd: root,
        env: { ...environment, [killFileVariable]: killFile(name) },
        log: join(folder, `${name}.log`),
      });
      await untilReady(service, ports[name], join(folder, `${name}.log`));
      return service;
    });
  const parts = { postgres, temporal, worker: ours('worker'), api: ours('api') };
  await Promise.all([parts.worker.start(), parts.api.start()]);

  const db = createDatabase(createPool(databaseUrl, { connections: 5, statementTimeoutMs: 60_000 }));
  const client = createTemporalClient({ TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`, TEMPORAL_NAMESPACE: 'default' });
  return {
    parts,
    db,
    client,
    apiUrl: `http://127.0.0.1:${ports.api}`,
    sms,
    mail,
    folder,
    async arm(name, order) {
      // Renamed into place: the process reads whole orders only.
      await writeFile(`${killFile(name)}.new`, JSON.stringify(order));
      await rename(`${killFile(name)}.new`, killFile(name));
    },
    disarm: (name) => rm(killFile(name), { force: true }),
    met: async (name) => JSON.parse(await readFile(metFileOf(killFile(name)), 'utf8')) as MetTarget[],
    async stop() {
      await client.connection.close();
      await db.destroy();
      for (const name of ['api', 'worker', 'temporal', 'postgres'] as const) await parts[name].kill();
      await Promise.all([sms.stop(), mail.stop()]);
      if (!keep) await rm(folder, { recursive: true, force: true });
    },
  };
}

function part(name: PartName, spawn: () => Promise<Service>): Part {
  let service: Service | undefined;
  let starting: Promise<void> | undefined;
  let unasked = 0;
  const killed = new WeakSet<Service>();
  const isRunning = () => service !== undefined && !service.hasExited();

  async function launch(): Promise<void> {
    const started = await spawn();
    service = started;
    void started.exited.then((end) => {
      // A process that a kill order ends dies of SIGKILL as well: only other ends are its own doing. Then it is started again, as in production.
      if (killed.has(started) || end === 'SIGKILL') return;
      unasked++;
      void start().catch(() => {}); // whoever waits for it sees that it is not there
    });
  }

  function start(): Promise<void> {
    if (isRunning()) return Promise.resolve();
    starting ??= launch().finally(() => (starting = undefined));
    return starting;
  }

  return {
    name,
    isRunning,
    start,
    async kill() {
      await starting;
      if (service) killed.add(service);
      await service?.kill();
    },
    ended: async () => (await service?.exited) ?? 'never started',
    unasked: () => unasked,
  };
}

async function untilReady(service: Service, port: number, log: string): Promise<void> {
  const patience = Date.now() + READY_WITHIN_MS;
  while (!(await isReady(port))) {
    if (service.hasExited()) throw new Error(`The process ended before it was ready (${await service.exited}): see ${log}.`);
    if (Date.now() > patience) throw new Error(`The process was not ready within ${READY_WITHIN_MS / 1_000} s: see ${log}.`);
    await sleep(50);
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
