/** Runs the whole service on a fresh database with the demo alliance: the API in this process, a worker of its own, and real servers beneath. */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import type pg from 'pg';
import { createActivities } from '../../../activities/index.ts';
import { type App, createApp } from '../../../api/app.ts';
import { createTokens, type Tokens } from '../../../api/kit/auth.ts';
import { createGate } from '../../../api/kit/gate.ts';
import { createSessionWatch } from '../../../api/kit/session-watch.ts';
import { findAccount } from '../../../db/directory/directory.ts';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { createDocumentShelf } from '../../../db/kit/documents.ts';
import { type Config, loadConfig } from '../../../platform/config.ts';
import { createLog } from '../../../platform/log.ts';
import { createMetrics } from '../../../platform/metrics.ts';
import { createTemporalClient, createWorkerDataConverter } from '../../../platform/temporal.ts';
import { loadWorkflowBundle } from '../../../worker/bundle.ts';
import { createRelay } from '../../../worker/relay.ts';
import { createScanRelay } from '../../../worker/scan-relay.ts';
import { demoDatabase } from './database.ts';
import { installQuietRuntime } from './runtime.ts';

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  body: any;
  headers: Headers;
}

export interface CallOptions {
  body?: unknown;
  /** By default a new one for each POST; null sends none. */
  key?: string | null;
  headers?: Record<string, string>;
  /** Takes a 202 as it comes. Otherwise its Location is followed to the answer, as a patient client does. */
  pendingIsAnswer?: boolean;
}

export interface Service {
  app: App;
  config: Config;
  db: Database;
  pool: pg.Pool;
  client: Client;
  tokens: Tokens;
  databaseUrl: string;
  /** Calls as an account of the demo alliance; '' stands for no token. */
  call(account: string, method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options?: CallOptions): Promise<Answer>;
  get(account: string, path: string): Promise<Answer>;
  post(account: string, path: string, body: unknown, options?: CallOptions): Promise<Answer>;
  fastForward(pathwayId: string, duration: string): Promise<Answer>;
  startWorker(): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

export interface ServiceOptions {
  eventCap?: number;
  byteCap?: number;
  worker?: boolean;
  checkAnswers?: boolean;
  /** A database of its own, with a real alliance or with nothing, outside of demo mode; by default one with the demo alliance. */
  realDatabaseUrl?: string;
  /** The present in ms since 1970, by which people sign in. */
  now?: () => number;
}

const ANSWER_WITHIN_MS = 60_000;

export async function startService({
  eventCap,
  byteCap,
  worker = true,
  checkAnswers = true,
  realDatabaseUrl,
  now,
}: ServiceOptions = {}): Promise<Service> {
  const databaseUrl = realDatabaseUrl ?? (await demoDatabase());
  const config = loadConfig({
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: process.env.CAREPATH_TEST_TEMPORAL_ADDRESS,
    CAREPATH_TASK_QUEUE: `test-${randomUUID()}`,
    CAREPATH_TOKEN_SECRET: 'a secret that only the tests know, long enough',
    CAREPATH_DEMO: realDatabaseUrl === undefined ? '1' : '0',
    CAREPATH_LOG_LEVEL: process.env.CAREPATH_TEST_LOG ?? 'silent',
    ...(eventCap ? { CAREPATH_EVENT_CAP: String(eventCap) } : {}),
    ...(byteCap ? { CAREPATH_BYTE_CAP: String(byteCap) } : {}),
  });
  const pool = createPool(databaseUrl, { connections: 20 });
  const db = createDatabase(pool);
  const client = createTemporalClient(config);
  const tokens = createTokens(config.CAREPATH_TOKEN_SECRET, createSessionWatch(db), now);
  const log = createLog('api', config.CAREPATH_LOG_LEVEL);
  const app = createApp({ config, db, client, tokens, log, metrics: createMetrics(), gate: createGate(7), checkAnswers });

  const issued = new Map<string, string>();
  /** Issues the token that signing in would give. Hashing a password is slow on purpose, so only tests of signing in do that. */
  async function tokenOf(username: string): Promise<string> {
    const known = issued.get(username);
    if (known) return known;
    const account = await findAccount(db, username);
    const [first] = account?.posts ?? [];
    if (!account || !first) throw new Error(`There is no account ${username}.`);
    const { institutionId } = first;
    const roles = [...new Set(account.posts.filter((post) => post.institutionId === institutionId).map(({ role }) => role))];
    const { token } = await tokens.issue({ personId: account.id, institutionId, roles });
    issued.set(username, token);
    return token;
  }

  async function send(
    token: string,
    method: string,
    path: string,
    { body, key = randomUUID(), headers = {} }: CallOptions = {},
  ): Promise<Answer> {
    const response = await app.request(path, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'POST' && key !== null ? { 'idempotency-key': key } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /\bjson\b/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, body: json ? JSON.parse(text) : text, headers: response.headers };
  }

  /** Follows a 202 to its final answer, because on a busy machine a command may take longer than its caller waits. */
  async function followLocation(token: string, answer: Answer): Promise<Answer> {
    const location = answer.headers.get('location');
    if (answer.status !== 202 || !location?.startsWith('/v1/commands/')) return answer;
    for (const deadline = Date.now() + ANSWER_WITHIN_MS; Date.now() < deadline; ) {
      const { body } = await send(token, 'GET', location);
      if (body.state !== 'pending') return { ...answer, status: body.response.status, body: body.response.body };
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${location} had no answer within ${ANSWER_WITHIN_MS / 1_000} s.`);
  }

  async function startWorker(): Promise<() => Promise<void>> {
    installQuietRuntime();
    const { codePath } = await loadWorkflowBundle(config.CAREPATH_CACHE_FOLDER);
    const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
    const commits = createDatabase(createPool(databaseUrl, { connections: 10, named: true }), 'commits');
    const running = await Worker.create({
      connection,
      namespace: config.TEMPORAL_NAMESPACE,
      taskQueue: config.CAREPATH_TASK_QUEUE,
      workflowBundle: { codePath },
      dataConverter: createWorkerDataConverter(createDocumentShelf(commits)),
      activities: createActivities({ db: commits }),
      stickyQueueScheduleToStartTimeout: '2s',
      maxCachedWorkflows: 200,
    });
    const run = running.run();
    const relay = createRelay({
      db,
      client,
      log,
      taskQueue: config.CAREPATH_TASK_QUEUE,
      eventCap: config.CAREPATH_EVENT_CAP,
      byteCap: config.CAREPATH_BYTE_CAP,
    });
    relay.start();
    const scanRelay = createScanRelay({ db, log });
    scanRelay.start();
    return async () => {
      running.shutdown();
      await Promise.all([run, relay.stop(), scanRelay.stop()]);
      await Promise.all([connection.close(), commits.destroy()]);
    };
  }

  const stopWorker = worker ? await startWorker() : async () => {};
  const call: Service['call'] = async (account, method, path, options) => {
    const token = account === '' ? '' : await tokenOf(account);
    const answer = await send(token, method, path, options);
    return options?.pendingIsAnswer ? answer : followLocation(token, answer);
  };
  return {
    app,
    config,
    db,
    pool,
    client,
    tokens,
    databaseUrl,
    call,
    get: (account, path) => call(account, 'GET', path),
    post: (account, path, body, options) => call(account, 'POST', path, { ...options, body }),
    fastForward: (pathwayId, duration) => call('sysadmin', 'POST', '/v1/demo/fast-forward', { body: { pathwayId, duration } }),
    startWorker,
    async stop() {
      await stopWorker();
      await client.connection.close();
      tokens.sessions.stop();
      await db.destroy();
    },
  };
}
