/** The worker process: workflows and commits, the relays of commands, facts and scans, the outbox of messages, outgoing HL7 v2. */
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import { findMisfit } from '../db/administration/watch-deployment.ts';
import { compareConfigurationInForce } from '../db/directory/alliance-configuration.ts';
import { findQueuesWithWork, type QueueName } from '../db/due-work.ts';
import { actingFor, createDatabase, createPool, isPostgresAnswering, type SystemPart } from '../db/kit/database.ts';
import { createDocumentShelf } from '../db/kit/documents.ts';
import { createHl7v2Sender } from '../interop/hl7v2/sender.ts';
import { auditKeyOf } from '../platform/audit-key.ts';
import { loadConfig } from '../platform/config.ts';
import { startHealthServer } from '../platform/health-server.ts';
import { createLog } from '../platform/log.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createPatientLinks } from '../platform/patient-links.ts';
import { createTemporalClient, createWorkerDataConverter, isTemporalAnswering } from '../platform/temporal.ts';
import { createAuditSealing } from './audit-sealing.ts';
import { loadWorkflowBundle } from './bundle.ts';
import { chooseCachedPathways, readMemoryBytes } from './cache-size.ts';
import { createFactRelay } from './fact-relay.ts';
import { createIndicatorFolding } from './indicator-folding.ts';
import { createInvariantWatch } from './invariants.ts';
import { createLookOut } from './look-out.ts';
import { createDispatcher } from './outbox/dispatcher.ts';
import { createSenders, withChannelsNotInUse } from './outbox/senders.ts';
import { createTaskSenders } from './outbox/task-sender.ts';
import { createRelay, OLDER_THAN_MS } from './relay.ts';
import { createScanRelay } from './scan-relay.ts';
import { keepSweepSchedules } from './schedules.ts';
import { measureWaiting } from './waiting.ts';

const config = loadConfig();
const log = createLog('worker', config.CAREPATH_LOG_LEVEL);
const metrics = createMetrics();
const pool = createPool(config.DATABASE_URL, { connections: 20, named: true });
const db = createDatabase(pool, 'commits');
// The outbox has a pool of its own, because messages must not take the connections that commits need within their 3 s.
const outboxDb = createDatabase(createPool(config.DATABASE_URL, { connections: 4 }), 'outbox');
const client = createTemporalClient(config);

void findMisfit(db, config.CAREPATH_DEMO).then((misfit) => {
  if (misfit === undefined) return;
  log.fatal(misfit);
  process.exit(1);
});

Runtime.install({ logger: createTemporalLogger() });

let polling = false;
const health = await startHealthServer({
  host: config.CAREPATH_WORKER_HOST,
  port: config.CAREPATH_WORKER_PORT,
  registry: metrics.registry,
  // When Postgres does not answer, the other metrics are still worth having.
  beforeMetrics: () => measureWaiting(outboxDb, metrics).catch(() => {}),
  readiness: async () => ({
    polling,
    postgres: await isPostgresAnswering(db),
    temporal: await isTemporalAnswering(client),
  }),
});

const { codePath } = await loadWorkflowBundle(config.CAREPATH_CACHE_FOLDER);
const worker = await Worker.create({
  connection: await connect(),
  namespace: config.TEMPORAL_NAMESPACE,
  taskQueue: config.CAREPATH_TASK_QUEUE,
  workflowBundle: { codePath },
  dataConverter: createWorkerDataConverter(createDocumentShelf(db)),
  activities: createActivities({ db }),
  // So long a pathway waits for the worker that ran it last, which may have died. Temporal's own default is 10 s.
  stickyQueueScheduleToStartTimeout: '2s',
  maxConcurrentWorkflowTaskExecutions: 20,
  maxConcurrentActivityTaskExecutions: 30,
  // Fewer pollers than slots leave slots for activities that Temporal may hand over with the task that asked for them.
  activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 5 },
  maxConcurrentLocalActivityExecutions: 10,
  maxCachedWorkflows: config.CAREPATH_CACHED_PATHWAYS ?? chooseCachedPathways(readMemoryBytes()),
  shutdownGraceTime: '10s',
});
const databaseOf = (part: SystemPart) => actingFor(db, { system: true, part });
const senders = withChannelsNotInUse([...createSenders(config), ...createTaskSenders(outboxDb)]);
const lookOut = createLookOut<QueueName>({
  look: () => findQueuesWithWork(outboxDb, { channels: senders.map(({ channel }) => channel), commandsOlderThanMs: OLDER_THAN_MS }),
  log,
});
const relay = createRelay({
  db: databaseOf('command-relay'),
  client,
  log,
  taskQueue: config.CAREPATH_TASK_QUEUE,
  eventCap: config.CAREPATH_EVENT_CAP,
  byteCap: config.CAREPATH_BYTE_CAP,
  idle: lookOut.idleOf('commands'),
});
const factRelay = createFactRelay({
  db: databaseOf('fact-relay'),
  client,
  log,
  runs: { taskQueue: config.CAREPATH_TASK_QUEUE, eventCap: config.CAREPATH_EVENT_CAP, byteCap: config.CAREPATH_BYTE_CAP },
  idle: lookOut.idleOf('facts'),
});
const scanRelay = createScanRelay({ db: databaseOf('scan-relay'), log, idle: lookOut.idleOf('scans') });
const auditSealing = createAuditSealing({ db: databaseOf('audit-sealer'), key: auditKeyOf(config), log, idle: lookOut.idleOf('audit') });
const indicatorFolding = createIndicatorFolding({ db: databaseOf('indicators'), log, idle: lookOut.idleOf('indicators') });
const invariantWatch = createInvariantWatch({ db: databaseOf('invariants'), log });
const dispatcher = createDispatcher({
  db: outboxDb,
  senders,
  log,
  metrics,
  link: config.CAREPATH_PUBLIC_URL,
  secretsOf: createPatientLinks(config.CAREPATH_TOKEN_SECRET, config.CAREPATH_PUBLIC_URL).secretsOf,
  idleOf: (channel) => lookOut.idleOf(`messages:${channel}`),
});
const hl7v2Sender = createHl7v2Sender({
  db: actingFor(outboxDb, { system: true, part: 'hl7v2-sender' }),
  log,
  endpoints: config.CAREPATH_HL7V2_ENDPOINTS,
  idle: lookOut.idleOf('hl7v2'),
});
const background = [relay, factRelay, scanRelay, auditSealing, indicatorFolding, invariantWatch, dispatcher, hl7v2Sender, lookOut];

for (const part of background) part.start();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => worker.getState() === 'RUNNING' && worker.shutdown());
polling = true;
log.info({ port: health.port, taskQueue: config.CAREPATH_TASK_QUEUE }, 'worker is running');

// A release that has changed a default, or has brought a setting, does not do so in silence.
compareConfigurationInForce(db).then(
  ({ line }) => log.info(line),
  (error: unknown) => log.warn({ err: error }, 'the alliance configuration could not be read'),
);
void keepSweepSchedules(client, config.CAREPATH_TASK_QUEUE, (error) =>
  log.warn({ err: error }, 'the schedules of the sweeps could not be made; trying again'),
);
await worker.run();
polling = false;
await Promise.all(background.map((part) => part.stop()));
await health.close();
await Promise.all([db.destroy(), outboxDb.destroy()]);
log.info('worker has stopped');

/** Temporal's server may start after its workers do, so this tries until it answers. */
async function connect(): Promise<NativeConnection> {
  for (;;) {
    try {
      return await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
    } catch (error) {
      log.warn({ err: error }, 'Temporal does not answer yet; trying again in 2 s');
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }
}

/** Writes only those of Temporal's own lines that an operator must see, as our JSON lines. */
function createTemporalLogger() {
  const ignore = (): void => {};
  return {
    log: ignore,
    trace: ignore,
    debug: ignore,
    info: ignore,
    warn: (message: string) => log.warn({ source: 'temporal' }, message),
    error: (message: string) => log.error({ source: 'temporal' }, message),
  };
}
