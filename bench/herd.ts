/**
 * Measures many pathways: what they cost while they sleep, and how late each is served when all come due in one minute. One pathway is one referral,
 * created through the API; its clock is pushed so that its first rung falls into that minute. Counts are exact; see README.md.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Client } from '@temporalio/client';
import pg from 'pg';
import { workflowId } from '../domain/kit/pathway.ts';
import { createTemporalClient } from '../platform/temporal.ts';
import { skipTime } from '../platform/time-skipping.ts';
import { startEmbeddedPostgres } from '../tools/postgres.ts';
import { startTemporalServer } from '../tools/temporal-server.ts';
import { startCarepath } from './peers/systems.ts';
import { doAtOnce } from './support/at-once.ts';
import { percentile } from './support/percentile.ts';

const PATHWAYS_OF_ROUND = 200;
const MOST_PATIENCE_MS = 1_800_000;
/** The first rung of a routine referral comes at half of its day. */
const FIRST_RUNG_MS = 12 * 3_600_000;

const { rounds: roundsText = '5', pathways: pathwaysText } = parseArgs({
  options: { rounds: { type: 'string' }, pathways: { type: 'string' } },
}).values;
const pathways = pathwaysText === undefined ? Number(roundsText) * PATHWAYS_OF_ROUND : Number(pathwaysText);
if (!Number.isSafeInteger(pathways) || pathways < 1) throw new Error('--rounds and --pathways must be whole numbers, at least 1');

/** How long sleep is watched, and within how long all rungs come due. A single round is a quick look. */
const stretchMs = pathways > PATHWAYS_OF_ROUND ? 60_000 : 10_000;
const stretch = `${stretchMs / 1_000} s`;

type Carepath = Awaited<ReturnType<typeof startCarepath>>;
type Rows = pg.Pool;

const readMegabytes = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024);

/** Statements are counted by Postgres: outside a transaction each is one of its own. What vacuum does by itself would be counted too, so it is off. */
async function readTransactions(rows: Rows): Promise<number> {
  await sleep(12_000); // Postgres publishes what a connection has done ten seconds late.
  const { rows: found } = await rows.query(
    'select xact_commit + xact_rollback as count from pg_stat_database where datname = current_database()',
  );
  return Number(found[0].count);
}

async function countEvents(client: Client, ids: readonly string[]): Promise<number> {
  let events = 0;
  await doAtOnce(ids, 8, async (id) => {
    const history = await client.workflow.getHandle(workflowId('referral', id)).fetchHistory();
    events += history.events?.length ?? 0;
  });
  return events;
}

/** Looks for a while at pathways that wait for nothing but their clocks. */
async function watchSleep(rows: Rows, client: Client, ids: readonly string[]): Promise<{ events: number; transactions: number }> {
  const sample = ids.filter((_, index) => index % Math.ceil(ids.length / 1_000) === 0);
  const eventsBefore = await countEvents(client, sample);
  const before = await readTransactions(rows);
  await sleep(stretchMs);
  const transactions = (await readTransactions(rows)) - before;
  return { events: (await countEvents(client, sample)) - eventsBefore, transactions };
}

async function timeReads(carepath: Carepath, id: string, until: () => boolean): Promise<number[]> {
  const waits: number[] = [];
  while (!until()) {
    const from = performance.now();
    await carepath.read?.(id);
    waits.push(performance.now() - from);
    await sleep(50);
  }
  return waits;
}

interface Served {
  lateMs: number[];
  early: number;
  doubled: number;
  lost: number;
  reads: number[];
}

/** Pushes each clock so that all rungs come due within the stretch, and waits until all have been served. */
async function wakeAll(rows: Rows, carepath: Carepath, client: Client, ids: readonly string[]): Promise<Served> {
  // A push takes a few milliseconds; all of them must have been done before the first rung.
  const stretchBegins = Date.now() + 5_000 + ids.length * 30;
  const dueAt = new Map<string, number>();
  const { rows: created } = await rows.query<{ id: string; at: Date }>(
    'select pathway_id as id, happened_at as at from decision where version = 1',
  );
  const createdAt = new Map(created.map(({ id, at }) => [id, at.getTime()]));
  await doAtOnce(ids, 16, async (id, index) => {
    const due = stretchBegins + Math.floor((index * stretchMs) / ids.length);
    dueAt.set(id, due);
    await skipTime(client, workflowId('referral', id), (createdAt.get(id) ?? 0) + FIRST_RUNG_MS - due, randomUUID());
  });
  if (Date.now() > stretchBegins) throw new Error('The clocks were not pushed in time: this machine is too busy for so many pathways.');
  let served = 0;
  const reads = timeReads(carepath, ids[0] as string, () => served >= ids.length || Date.now() > stretchBegins + MOST_PATIENCE_MS);
  while (served < ids.length && Date.now() < stretchBegins + MOST_PATIENCE_MS) {
    await sleep(1_000);
    served = Number((await rows.query('select count(distinct pathway_id) as count from decision where version > 1')).rows[0].count);
  }
  const { rows: rungs } = await rows.query<{ id: string; count: string; at: Date }>(
    'select pathway_id as id, count(*) as count, min(recorded_at) as at from decision where version > 1 group by pathway_id',
  );
  const late = rungs.map(({ id, at }) => at.getTime() - (dueAt.get(id) ?? 0));
  return {
    lateMs: late,
    early: late.filter((ms) => ms < 0).length,
    doubled: rungs.filter(({ count }) => Number(count) > 1).length,
    lost: ids.length - rungs.length,
    reads: await reads,
  };
}

async function main(): Promise<void> {
  const binary = process.env.CAREPATH_TEMPORAL_BINARY;
  if (!binary) throw new Error('CAREPATH_TEMPORAL_BINARY is not set: run this with "npm run bench -- herd".');
  const folder = mkdtempSync(join(tmpdir(), 'carepath-bench-'));
  const [postgres, temporal] = await Promise.all([
    startEmbeddedPostgres({ folder: join(folder, 'postgres') }),
    startTemporalServer({ binary, dbFile: join(folder, 'temporal.db'), log: join(folder, 'temporal.log') }),
  ]);
  const carepath = await startCarepath({ postgresUrl: postgres.url, temporalAddress: temporal.address, folder });
  const rows = new pg.Pool({ connectionString: carepath.databaseUrl });
  const client = createTemporalClient({ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'default' });
  await rows.query('alter system set autovacuum = off');
  await rows.query('select pg_reload_conf()');
  const [apiPid = 0, workerPid = 0] = carepath.pids;
  const line = (what: string, figure: string | number) => console.log(`| ${what} | ${figure} |`);
  try {
    console.log(`${pathways} pathways. To repeat: npm run bench -- herd --pathways ${pathways}\n`);
    line('what', 'figure');
    line('---', '---');
    const first = await carepath.command('', 'create');
    const idle = await watchSleep(rows, client, [first]);
    const idleReads = await timeReads(
      carepath,
      first,
      (
        (until) => () =>
          Date.now() > until
      )(Date.now() + 10_000),
    );
    const ids: string[] = [];
    await doAtOnce(Array.from({ length: pathways }), 8, async () => {
      ids.push(await carepath.command('', 'create'));
    });
    await waitForQuiet(rows);
    const asleep = await watchSleep(rows, client, ids);
    line(`own statements in ${stretch} with 1 asleep`, idle.transactions);
    line(`own statements in ${stretch} with ${pathways + 1} asleep`, asleep.transactions);
    line('history events while they slept', asleep.events);
    line('MB of worker, API', `${readMegabytes(workerPid)}, ${readMegabytes(apiPid)}`);
    const served = await wakeAll(rows, carepath, client, ids);
    line(`rungs within ${stretch}: lost, doubled, early`, `${served.lost}, ${served.doubled}, ${served.early}`);
    line(
      'late: p50, p99',
      `${(percentile(served.lateMs, 0.5) / 1_000).toFixed(1)} s, ${(percentile(served.lateMs, 0.99) / 1_000).toFixed(1)} s`,
    );
    line('p95 of a read ÷ idle', (percentile(served.reads, 0.95) / percentile(idleReads, 0.95)).toFixed(2));
    line('MB of worker, API after', `${readMegabytes(workerPid)}, ${readMegabytes(apiPid)}`);
  } finally {
    await rows.end();
    await client.connection.close();
    await carepath.stop();
    await Promise.all([temporal.stop(), postgres.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Messages of the creations go out for some time after them. Those that people carry stay. */
async function waitForQuiet(rows: Rows): Promise<void> {
  for (;;) {
    const { rows: left } = await rows.query(
      `select from message where status = 'waiting' and next_attempt_at < now() + $1 * interval '1 millisecond' limit 1`,
      [2 * stretchMs],
    );
    const { rows: open } = await rows.query('select from command where acked_at is null limit 1');
    if (left.length + open.length === 0) return;
    await sleep(500);
  }
}

await main();
process.exit();
