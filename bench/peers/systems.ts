/** carepath and its peers as processes of their own, on one Postgres and one Temporal server. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { demoPassword, seedDemoAlliance } from '../../db/directory/seed-demo-alliance.ts';
import { migrateToLatest } from '../../db/migrate.ts';
import { startDemoSinks } from '../../tools/demo-sinks.ts';
import { findFreePort } from '../../tools/ports.ts';
import { type Service, spawnService } from '../../tools/service.ts';
import { root } from '../../tools/setup/paths.mjs';
import { actTable, commandNames } from './act-table.ts';

export interface Ground {
  postgresUrl: string;
  temporalAddress: string;
  folder: string;
}

export interface System {
  readonly name: string;
  /** its own processes, without Postgres and Temporal: what answers requests, and what works behind it */
  readonly pids: readonly number[];
  /** Sends one command and waits for its answer. */
  command(id: string, name: string): Promise<string>;
  /** Sends all commands of a new pathway in one request, where the system can. */
  all?(): Promise<void>;
  read?(id: string): Promise<void>;
  stop(): Promise<void>;
}

async function makeDatabase(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const made = new URL(url);
  made.pathname = `/${name}`;
  return made.href;
}

async function untilReady(url: string, service: Service): Promise<void> {
  for (;;) {
    if (service.hasExited()) throw new Error(`${url} ended: ${service.output().slice(-2_000)}`);
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await sleep(50);
  }
}

const run = (name: 'api' | 'worker', file: string, env: NodeJS.ProcessEnv, log: string) =>
  spawnService({
    name,
    command: process.execPath,
    args: [...process.execArgv, join(root, file)],
    cwd: root,
    env: { ...process.env, ...env },
    log,
  });

async function send(url: string, init: RequestInit): Promise<string> {
  for (;;) {
    const response = await fetch(url, init);
    const text = await response.text();
    // 202 says that it is not done yet: whoever asks again with the same key gets the answer.
    if (response.status === 202) continue;
    // carepath lets nobody call without end.
    if (response.status === 429) {
      await sleep(Number(response.headers.get('retry-after') ?? 1) * 1_000);
      continue;
    }
    if (!response.ok) throw new Error(`${url} was answered ${response.status}: ${text.slice(0, 300)}`);
    return text;
  }
}

/** The plain design, DBOS or pg-boss behind their bare door. */
export async function startPeer(
  ground: Ground,
  name: 'plain' | 'dbos' | 'pg_boss',
  files: { api: string; worker?: string },
): Promise<System> {
  const databaseUrl = await makeDatabase(ground.postgresUrl, name);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(actTable);
  await client.query(
    'create table read_audit (id bigint generated always as identity primary key, pathway_id text not null, at timestamptz not null default now())',
  );
  await client.end();
  const port = await findFreePort();
  const env = {
    PEER_PORT: String(port),
    PEER_DATABASE_URL: databaseUrl,
    PEER_SYSTEM_DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: ground.temporalAddress,
  };
  const services = [run('api', files.api, env, join(ground.folder, `${name}-api.log`))];
  if (files.worker) services.push(run('worker', files.worker, env, join(ground.folder, `${name}-worker.log`)));
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, services[0] as Service);
  return {
    name,
    pids: services.map(({ pid }) => pid),
    async command(id, command) {
      const pathwayId = command === 'create' ? randomUUID() : id;
      await send(`${url}/pathways/${pathwayId}/${command}`, { method: 'POST' });
      return pathwayId;
    },
    async all() {
      await send(`${url}/pathways/${randomUUID()}/all`, { method: 'POST' });
    },
    async read(id) {
      await send(`${url}/pathways/${id}`, {});
    },
    async stop() {
      await Promise.all(services.map((service) => service.kill()));
    },
  };
}

const THIRTY_DAYS_MS = 30 * 86_400_000;

const inThirtyDays = () => ({
  startsAt: new Date(Date.now() + THIRTY_DAYS_MS).toISOString(),
  endsAt: new Date(Date.now() + THIRTY_DAYS_MS + 3_600_000).toISOString(),
});

const bodyOf: Readonly<Record<string, unknown>> = {
  'send-acceptance': {},
  'schedule-visit': inThirtyDays(),
  'send-outcome': { outcome: '治疗完成' },
  'review-result': {},
};
const accountOf = (command: string) => (command === 'create' || command === 'review-result' ? 'gp' : 'specialist');

/** carepath whole: accounts, keys, audit, timeline, tasks and messages, as `npm start` runs it. */
export async function startCarepath(ground: Ground): Promise<System & { databaseUrl: string }> {
  const databaseUrl = await makeDatabase(ground.postgresUrl, 'whole');
  await migrateToLatest(databaseUrl);
  await seedDemoAlliance(databaseUrl);
  const [apiPort, workerPort] = [await findFreePort(), await findFreePort()];
  const sinks = await startDemoSinks();
  const env = {
    CAREPATH_SMS_URL: sinks.smsUrl,
    CAREPATH_SMTP_URL: sinks.smtpUrl,
    CAREPATH_WECOM_ROBOTS: '{"*": "bench"}',
    CAREPATH_WECOM_URL: sinks.wecomUrl,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: ground.temporalAddress,
    CAREPATH_API_PORT: String(apiPort),
    CAREPATH_WORKER_PORT: String(workerPort),
    CAREPATH_API_PROCESSES: '1',
    CAREPATH_TOKEN_SECRET: randomUUID() + randomUUID(),
    CAREPATH_DEMO: '1',
    CAREPATH_LOG_LEVEL: 'warn',
    CAREPATH_CACHE_FOLDER: join(root, '.carepath', 'cache'),
  };
  const worker = run('worker', 'worker/main.ts', env, join(ground.folder, 'carepath-worker.log'));
  const api = run('api', 'api/main.ts', env, join(ground.folder, 'carepath-api.log'));
  const url = `http://127.0.0.1:${apiPort}`;
  await Promise.all([untilReady(url, api), untilReady(`http://127.0.0.1:${workerPort}`, worker)]);

  const tokens = new Map<string, string>();
  for (const account of ['gp', 'specialist']) {
    const body = JSON.stringify({ username: account, password: demoPassword });
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    tokens.set(account, JSON.parse(await send(`${url}/v1/sessions`, { method: 'POST', headers, body })).token);
  }
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows: patients } = await client.query<{ id: string }>(
    `select id from patient where home_institution_id = 'inst-c01' order by id`,
  );
  await client.end();
  let created = 0;

  return {
    name: 'carepath',
    databaseUrl,
    pids: [api.pid, worker.pid],
    async command(id, command) {
      const creates = command === 'create';
      const body = creates
        ? {
            patientId: patients[created++ % patients.length]?.id,
            direction: 'up',
            urgency: 'routine',
            toInstitutionId: 'inst-h1',
            reason: '血压持续升高，请会诊',
            consent: { given: true, recordedAt: '2026-01-01T00:00:00Z' },
            overrideReason: '复诊',
          }
        : bodyOf[command];
      const headers = {
        authorization: `Bearer ${tokens.get(accountOf(command))}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      };
      const path = creates ? '/v1/referrals' : `/v1/referrals/${id}/${command}`;
      const answer = await send(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return creates ? (JSON.parse(answer) as { id: string }).id : id;
    },
    async read(id) {
      await send(`${url}/v1/referrals/${id}`, { headers: { authorization: `Bearer ${tokens.get('gp')}` } });
    },
    async stop() {
      await Promise.all([api.kill(), worker.kill()]);
    },
  };
}

/** Takes a new pathway through its commands. */
export async function walk(system: System): Promise<void> {
  let id = '';
  for (const name of commandNames) id = await system.command(id, name);
}
