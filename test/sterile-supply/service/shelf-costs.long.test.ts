/** Packs on shelves cost neither a workflow nor a timer nor a statement each: a hundred and ten thousand of them are the same to Temporal and to Postgres. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweepNames } from '../../../domain/sterile-supply/sweeps.ts';
import { addDays, localDateOf } from '../../../domain/time/local-date.ts';
import { createLog } from '../../../platform/log.ts';
import { createMetrics } from '../../../platform/metrics.ts';
import { createFactRelay } from '../../../worker/fact-relay.ts';
import { createDispatcher } from '../../../worker/outbox/dispatcher.ts';
import { createTaskSenders } from '../../../worker/outbox/task-sender.ts';
import { createRelay } from '../../../worker/relay.ts';
import { createScanRelay } from '../../../worker/scan-relay.ts';
import { ensureSweepSchedules, scheduleId } from '../../../worker/schedules.ts';
import { measureWaiting } from '../../../worker/waiting.ts';
import { insertLoad, insertPacks, insertSetType } from '../../support/builders/supply-things.ts';
import { costOf, watchStatements } from '../../support/service/count-statements.ts';
import { type Service, startService } from '../../support/service/service.ts';

watchStatements();

let service: Service;
beforeAll(async () => {
  service = await startService();
  await ensureSweepSchedules(service.client, service.config.CAREPATH_TASK_QUEUE);
});
afterAll(async () => {
  const { client, config } = service;
  for (const name of sweepNames) await client.schedule.getHandle(scheduleId(config.CAREPATH_TASK_QUEUE, name)).delete();
  await service.stop();
});

/** Packs that lie at a centre and expire in twenty days, after its next visit: each is worth the warning of thirty days. */
async function putOnShelves(count: number): Promise<void> {
  const { db } = service;
  const setTypeId = await insertSetType(db);
  const loadId = await insertLoad(db);
  const expiresOn = addDays(localDateOf(Date.now()), 20);
  // A statement has 65,535 parameters at most.
  for (let left = count; left > 0; left -= 1_000)
    await insertPacks(db, setTypeId, Math.min(left, 1_000), { status: 'at-centre', expires_on: expiresOn, load_id: loadId });
  await db.transaction().execute(async (trx) => {
    // Ten thousand at once are the test's own doing: the limit is for statements of the product, each of which is about one act.
    await sql`set local statement_timeout = 0`.execute(trx);
    await sql`
      insert into supply_event (id, happened_at, late, event, thing_type, thing_id, holder_type, holder_id, actor, institution_id)
      select gen_random_uuid(), now() - interval '1 day', false, 'seen', 'pack', id, 'centre', 'inst-c11', '{}', 'inst-c11'
      from pack where set_type_id = ${setTypeId}`.execute(trx);
  });
}

const sweep = (name: string) => service.post('headnurse', '/v1/demo/sweeps', { name, at: new Date().toISOString() });

/** The statements of every sweep of a morning, and how many alerts the packs got. */
async function sweepAll() {
  const statements: Record<string, string[]> = {};
  let expiring = 0;
  for (const name of sweepNames) {
    const { answer, act } = await costOf(() => sweep(name));
    expect(answer.status).toBe(200);
    if (name === 'expiry') expiring = answer.body.raised;
    statements[name] = act;
  }
  return { statements, expiring };
}

/** One round of everything that a worker does while nobody asks for anything: its relays, its outbox, its metrics. */
async function listStatementsOfIdleService(): Promise<string[]> {
  const { db, client, config } = service;
  const log = createLog('worker', 'silent');
  const relay = createRelay({
    db,
    client,
    log,
    taskQueue: config.CAREPATH_TASK_QUEUE,
    eventCap: config.CAREPATH_EVENT_CAP,
    byteCap: config.CAREPATH_BYTE_CAP,
  });
  const factRelay = createFactRelay({ db, client, log });
  const scanRelay = createScanRelay({ db, log });
  const dispatcher = createDispatcher({ db, senders: createTaskSenders(db), log });
  // What was appended to the ledger is sealed first, a batch a round.
  while ((await scanRelay.relayOnce()) > 0);
  const { request } = await costOf(async () => {
    await relay.relayOnce();
    await factRelay.relayOnce();
    await scanRelay.relayOnce();
    await dispatcher.dispatchOnce();
    await measureWaiting(db, createMetrics());
  });
  // The channels of the outbox are asked side by side, in any order.
  return request.sort();
}

/** Runs the sweep of expiry as its schedule does. Resolves with the events of its history. */
async function sweepByWorkflow(workflowId: string): Promise<string[]> {
  const { client, config } = service;
  const { CAREPATH_TASK_QUEUE: taskQueue } = config;
  const handle = await client.workflow.start('sterile-supply-sweep', { taskQueue, workflowId, args: ['expiry'] });
  await handle.result();
  const { events } = await handle.fetchHistory();
  return (events ?? []).map(({ eventType }) => String(eventType));
}

/** What Temporal holds for this installation once it shows the workflow that ended last. */
async function listAtTemporal(lastWorkflowId: string) {
  const { client, config } = service;
  const listWorkflows = async () => {
    const found: { id: string; status: string }[] = [];
    for await (const { workflowId, status } of client.workflow.list({ query: `TaskQueue = '${config.CAREPATH_TASK_QUEUE}'` }))
      found.push({ id: workflowId, status: status.name });
    return found;
  };
  await expect.poll(listWorkflows).toContainEqual({ id: lastWorkflowId, status: 'COMPLETED' });
  const schedules: string[] = [];
  for await (const { scheduleId: id } of client.schedule.list()) if (id.includes(config.CAREPATH_TASK_QUEUE)) schedules.push(id);
  const open = (await listWorkflows()).filter(({ status }) => status === 'RUNNING');
  return { open, schedules: schedules.sort() };
}

/** Rows behind which somebody waits for an instant. */
async function countWaitingRows() {
  const { rows } = await sql`
    select (select count(*)::int from pathway) as pathways, (select count(*)::int from pathway where next_due_at is not null) as due,
      (select count(*)::int from task) as tasks, (select count(*)::int from message) as messages,
      (select count(*)::int from fact_delivery) as facts, (select count(*)::int from command where pathway_id is not null) as commands`.execute(
    service.db,
  );
  return rows;
}

async function measure(count: number) {
  await putOnShelves(count);
  const { statements, expiring } = await sweepAll();
  const workflowId = `sweep-${count}-${service.config.CAREPATH_TASK_QUEUE}`;
  const history = await sweepByWorkflow(workflowId);
  const idle = await listStatementsOfIdleService();
  const again = (await sweepAll()).statements;
  return {
    expiring,
    cost: { statements, history, idle, again, temporal: await listAtTemporal(workflowId), rows: await countWaitingRows() },
  };
}

test('ten thousand packs on shelves need no more workflows, schedules, timers and statements than a hundred', {
  timeout: 300_000,
}, async () => {
  // The alerts of the department itself, which the first sweep of the day raises.
  await sweepAll();
  const few = await measure(100);
  const many = await measure(10_000);
  expect([few.expiring, many.expiring]).toEqual([100, 10_000]);
  expect(many.cost).toEqual(few.cost);
  expect(few.cost.temporal).toEqual({
    open: [],
    schedules: sweepNames.map((name) => scheduleId(service.config.CAREPATH_TASK_QUEUE, name)).sort(),
  });
  for (const [name, statements] of Object.entries(few.cost.statements)) expect(statements.length, name).toBeLessThanOrEqual(12);
  expect(few.cost.idle.length).toBeGreaterThanOrEqual(4);
});
