/** Runs the API and a worker in this process, and acts on pathways as people do, through the API. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../../activities/index.ts';
import { createApp } from '../../api/app.ts';
import { createTokens } from '../../api/kit/auth.ts';
import { createGate } from '../../api/kit/gate.ts';
import { createSessionWatch } from '../../api/kit/session-watch.ts';
import { demoPassword, seedDemoAlliance } from '../../db/directory/seed-demo-alliance.ts';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';
import { createDocumentShelf } from '../../db/kit/documents.ts';
import { findPathway, findPathwayClock } from '../../db/kit/pathways.ts';
import { countWaiting } from '../../db/kit/waiting.ts';
import { migrateToLatest } from '../../db/migrate.ts';
import { workflowId } from '../../domain/kit/pathway.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { loadConfig } from '../../platform/config.ts';
import { createLog } from '../../platform/log.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { createTemporalClient, createWorkerDataConverter } from '../../platform/temporal.ts';
import { loadWorkflowBundle } from '../../worker/bundle.ts';
import { createFactRelay } from '../../worker/fact-relay.ts';
import { createRelay } from '../../worker/relay.ts';
import { quietRuntime } from '../../worker/replay.ts';
import { createScanRelay } from '../../worker/scan-relay.ts';
import type { Resource } from './supply.ts';

export interface Referral {
  id: string;
  status: string;
  /** The time on the referral's own clock. */
  now: string;
}

export interface Enrolment {
  id: string;
  pathwayId: string;
  /** The time on the follow-up's own clock. */
  now: string;
  lastVisit: { id: string } | null;
}

/** Plays a pathway to its end. @returns its id */
export type Ending = (service: RecordedService) => Promise<string>;

export interface RecordedService {
  readonly client: Client;
  readonly db: Database;
  /** `eventCap`: the pathway goes on in a new run once its history has more events. */
  create(account: string, body: object, options?: { eventCap?: number }): Promise<Referral>;
  act(account: string, id: string, trigger: string, body?: object): Promise<Referral>;
  /** Acts without looking at the answer, for commands that the pathway may refuse. */
  attempt(account: string, id: string, trigger: string, body?: object): Promise<void>;
  /** Begins a resident's follow-up under a protocol, today. `eventCap` as for a referral. */
  enrol(account: string, patientId: string, protocol: string, options?: { eventCap?: number }): Promise<Enrolment>;
  actOnEnrolment(account: string, id: string, command: string, body: object): Promise<Enrolment>;
  /** Records a visit with a blood pressure, made at the present time of the follow-up's own clock. */
  visit(account: string, enrolment: Enrolment, systolic: number, diastolic: number): Promise<Enrolment>;
  /** Another system reports what happened to the pathway's patient; resolves when the pathway has heard of it. */
  report(id: string, type: string, details?: object): Promise<void>;
  /** Resolves when every pathway has decided on every fact. */
  waitUntilFactsAreDecided(): Promise<void>;
  fastForward(id: string, duration: string): Promise<void>;
  /** Posts what must be done, and reads what must be there, whatever it is about. */
  post(account: string, path: string, body?: object): Promise<Resource>;
  get(account: string, path: string): Promise<Resource>;
  list(account: string, path: string): Promise<{ items: { id: string }[] }>;
  /** Resolves with the id of the first item of a list, once there is one. */
  findFirst(account: string, path: string): Promise<string>;
  /** Posts as somebody who has no account. `authorization`: what they have in its place. */
  postWithoutAccount(path: string, body: object, authorization?: string): Promise<unknown>;
  /** Resolves when the pathway has made its first decision: an act only stores the command that creates it. */
  waitUntilBegun(id: string): Promise<void>;
  /** Resolves with the pathway of a task in somebody's worklist, once it is there. `name`: what the task's id ends with. */
  findPathwayOfTask(account: string, name: string): Promise<string>;
  /** Returns the workflow id of a pathway that has ended. Throws when it has not. */
  getEndedWorkflowId(id: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startRecordedService(databaseUrl: string, temporalAddress: string): Promise<RecordedService> {
  await migrateToLatest(databaseUrl);
  await seedDemoAlliance(databaseUrl);
  const config = loadConfig({
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    CAREPATH_TOKEN_SECRET: randomUUID(),
    CAREPATH_DEMO: '1',
    CAREPATH_LOG_LEVEL: 'silent',
  });
  const db = createDatabase(createPool(databaseUrl, { connections: 20 }));
  const client = createTemporalClient(config);
  const tokens = createTokens(config.CAREPATH_TOKEN_SECRET, createSessionWatch(db));
  const log = createLog('api', config.CAREPATH_LOG_LEVEL);
  const appWith = (eventCap: number) =>
    createApp({
      config: { ...config, CAREPATH_EVENT_CAP: eventCap },
      db,
      client,
      tokens,
      log,
      metrics: createMetrics(),
      gate: createGate(7),
      checkAnswers: true,
    });
  const app = appWith(config.CAREPATH_EVENT_CAP);

  Runtime.install(quietRuntime);
  const { codePath } = await loadWorkflowBundle(config.CAREPATH_CACHE_FOLDER);
  const connection = await NativeConnection.connect({ address: temporalAddress });
  const taskQueue = config.CAREPATH_TASK_QUEUE;
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: { codePath },
    dataConverter: createWorkerDataConverter(createDocumentShelf(db)),
    activities: createActivities({ db }),
  });
  const running = worker.run();
  const runs = { taskQueue, eventCap: config.CAREPATH_EVENT_CAP, byteCap: config.CAREPATH_BYTE_CAP };
  const facts = createFactRelay({ db, client, log, runs });
  facts.start();
  // A visit may lead to a referral, whose creation the relay sends.
  const relay = createRelay({ db, client, log, ...runs });
  relay.start();
  const scans = createScanRelay({ db, log });
  scans.start();

  async function post(
    path: string,
    body: object,
    {
      token,
      authorization = token && `Bearer ${token}`,
      through = app,
    }: { token?: string; authorization?: string; through?: typeof app } = {},
  ): Promise<Response> {
    return through.request(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
        ...(authorization ? { authorization } : {}),
      },
      body: JSON.stringify(body),
    });
  }

  const signedIn = new Map<string, string>();
  async function tokenOf(account: string): Promise<string> {
    const known = signedIn.get(account);
    if (known) return known;
    const { token } = (await readSuccess(await post('/v1/sessions', { username: account, password: demoPassword }))) as { token: string };
    signedIn.set(account, token);
    return token;
  }

  const read = async (account: string, path: string): Promise<unknown> =>
    readSuccess(await app.request(path, { headers: { authorization: `Bearer ${await tokenOf(account)}` } }));

  const readList = async (account: string, path: string) => (await read(account, path)) as { items: { id: string }[] };

  async function waitUntilFactsAreDecided(): Promise<void> {
    const unsettled = async () => (await countWaiting(db)).some(({ what, rows }) => what === 'facts-without-delivery' && rows > 0);
    while (await unsettled()) await sleep(20);
  }

  const postCommand = async (account: string, id: string, trigger: string, body: object) =>
    post(`/v1/referrals/${id}/${trigger}`, body, { token: await tokenOf(account) });

  return {
    client,
    db,
    async create(account, body, { eventCap } = {}) {
      const through = eventCap === undefined ? app : appWith(eventCap);
      return (await readSuccess(await post('/v1/referrals', body, { token: await tokenOf(account), through }))) as Referral;
    },
    async act(account, id, trigger, body = {}) {
      return (await readSuccess(await postCommand(account, id, trigger, body))) as Referral;
    },
    async attempt(account, id, trigger, body = {}) {
      await postCommand(account, id, trigger, body);
    },
    async enrol(account, patientId, protocol, { eventCap } = {}) {
      const startedOn = localDateOf(Date.now());
      const through = eventCap === undefined ? app : appWith(eventCap);
      return (await readSuccess(
        await post('/v1/enrolments', { patientId, protocol, startedOn }, { token: await tokenOf(account), through }),
      )) as Enrolment;
    },
    async actOnEnrolment(account, id, command, body) {
      return (await readSuccess(await post(`/v1/enrolments/${id}/${command}`, body, { token: await tokenOf(account) }))) as Enrolment;
    },
    async visit(account, { id }, systolic, diastolic) {
      const token = await tokenOf(account);
      const seen = await app.request(`/v1/enrolments/${id}`, { headers: { authorization: `Bearer ${token}` } });
      const { now } = (await readSuccess(seen)) as Enrolment;
      const body = { visitedAt: now, mode: 'clinic', form: { bloodPressures: [{ systolic, diastolic }] } };
      return (await readSuccess(await post(`/v1/enrolments/${id}/visits`, body, { token }))) as Enrolment;
    },
    async report(id, type, details = {}) {
      const find = () => findPathway(db, id);
      const { version, patientId } = (await find()) ?? {};
      const message = { source: 'his-h1', messageId: randomUUID(), type, occurredAt: new Date().toISOString(), patientId };
      await readSuccess(await post('/v1/facts', { ...message, ...details }, { token: await tokenOf('gateway') }));
      while ((await find())?.version === version) await sleep(20);
    },
    waitUntilFactsAreDecided,
    async fastForward(id, duration) {
      await readSuccess(await post('/v1/demo/fast-forward', { pathwayId: id, duration }, { token: await tokenOf('sysadmin') }));
    },
    async post(account, path, body = {}) {
      return (await readSuccess(await post(path, body, { token: await tokenOf(account) }))) as Resource;
    },
    async get(account, path) {
      return (await read(account, path)) as Resource;
    },
    list: readList,
    async findFirst(account, path) {
      for (;;) {
        const [first] = (await readList(account, path)).items;
        if (first) return first.id;
        await sleep(20);
      }
    },
    async postWithoutAccount(path, body, authorization) {
      return readSuccess(await post(path, body, authorization === undefined ? {} : { authorization }));
    },
    async waitUntilBegun(id) {
      while (!((await findPathway(db, id))?.version ?? 0)) await sleep(20);
    },
    async findPathwayOfTask(account, name) {
      const token = await tokenOf(account);
      for (;;) {
        const list = await readSuccess(await app.request('/v1/worklist', { headers: { authorization: `Bearer ${token}` } }));
        const task = (list as { items: { id: string; pathwayId: string }[] }).items.find(({ id }) => id.endsWith(`.${name}`));
        if (task) return task.pathwayId;
        await sleep(20);
      }
    },
    async getEndedWorkflowId(id) {
      const find = () => findPathwayClock(db, id);
      await waitUntilFactsAreDecided();
      // An obligation that is due already may still be under way: a death, for instance, ends a follow-up at once.
      let row = await find();
      while (row?.nextDueAt && row.nextDueAt.getTime() <= Date.now() + row.clockOffsetMs) {
        await sleep(20);
        row = await find();
      }
      if (row?.status !== 'ended') throw new Error(`The pathway ${id} is not over.`);
      await client.workflow.getHandle(workflowId(row.kind, id)).result();
      return workflowId(row.kind, id);
    },
    async stop() {
      await Promise.all([facts.stop(), relay.stop(), scans.stop()]);
      worker.shutdown();
      await running;
      await connection.close();
      await client.connection.close();
      tokens.sessions.stop();
      await db.destroy();
    },
  };
}

/** Reads the body of an answer. Throws unless the command is done: a command that is not decided yet would leave half a history. */
async function readSuccess(response: Response): Promise<unknown> {
  const pending = response.headers.get('location')?.startsWith('/v1/commands/');
  if (!response.ok || pending) throw new Error(`${response.status}: ${await response.text()}`);
  return response.json();
}
