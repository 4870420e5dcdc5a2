/**
 * Measures carepath beside what one would write with Temporal alone, with DBOS and with pg-boss: the same five commands, on the same Postgres and the
 * same Temporal server, in blocks that take turns. Only carepath has accounts, keys, audit, timeline, tasks and messages. See README.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '../tools/postgres.ts';
import { startTemporalServer } from '../tools/temporal-server.ts';
import { commandNames } from './peers/act-table.ts';
import { type Meters, openMeters, type Reading, subtract } from './peers/meters.ts';
import { type Ground, type System, startCarepath, startPeer, walk } from './peers/systems.ts';
import { doAtOnce } from './support/at-once.ts';
import { median, writeRatio } from './support/paired-ratio.ts';

const { rounds: roundsText = '5', pathways: pathwaysText = '16' } = parseArgs({
  options: { rounds: { type: 'string' }, pathways: { type: 'string' } },
}).values;
const rounds = Number(roundsText);
const pathways = Number(pathwaysText);
for (const count of [rounds, pathways])
  if (!Number.isSafeInteger(count) || count < 1) throw new Error('--rounds and --pathways must be whole numbers, at least 1');

const atOnce = [8, 16, 32] as const;

interface Block {
  seconds: number;
  commands: number;
  cost: Reading;
}

/** Runs so many tasks with so many at once. Resolves with the seconds that it took. */
async function runAtOnce(total: number, workers: number, task: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await doAtOnce(Array.from({ length: total }), workers, task);
  return (performance.now() - from) / 1_000;
}

async function runBlock(meters: Meters, system: System, workers: number, task: () => Promise<void>): Promise<Block> {
  const before = await meters.read(system.pids);
  const seconds = await runAtOnce(Math.max(pathways, workers), workers, task);
  return { seconds, commands: Math.max(pathways, workers) * commandNames.length, cost: subtract(await meters.read(system.pids), before) };
}

/** Each side comes first, second and last equally often, so that whatever slows the machine down meets all alike. */
async function takeTurns<Key extends string, Result>(
  sides: Readonly<Record<Key, () => Promise<Result>>>,
  times: number,
): Promise<Record<Key, Result[]>> {
  const keys = Object.keys(sides) as Key[];
  const results = Object.fromEntries(keys.map((key) => [key, [] as Result[]])) as Record<Key, Result[]>;
  for (let round = 0; round < times; round += 1)
    for (let place = 0; place < keys.length; place += 1) {
      const key = keys[(round + place) % keys.length] as Key;
      results[key].push(await sides[key]());
    }
  return results;
}

const row = (cells: readonly (string | number)[]) => console.log(`| ${cells.join(' | ')} |`);
const head = (cells: readonly string[]) => {
  console.log('');
  row(cells);
  row(cells.map(() => '---'));
};
const ratios = (of: readonly number[], to: readonly number[]) => writeRatio(of.map((value, index) => value / (to[index] as number)));

async function compareCommands(meters: Meters, systems: Record<'carepath' | 'plain' | 'dbos' | 'pg_boss', System>): Promise<void> {
  for (const system of Object.values(systems)) await runAtOnce(8, 4, () => walk(system));
  head([
    'at once',
    'commands a second: carepath ÷ plain',
    '÷ DBOS, awaited',
    '÷ pg-boss',
    'processor time: carepath ÷ plain',
    '÷ DBOS, awaited',
  ]);
  const all: Record<string, Block[]> = {};
  for (const workers of atOnce) {
    const sides = Object.fromEntries(
      Object.entries(systems).map(([name, system]) => [name, () => runBlock(meters, system, workers, () => walk(system))]),
    ) as Record<keyof typeof systems, () => Promise<Block>>;
    const blocks = await takeTurns(sides, rounds);
    const rate = (name: keyof typeof systems) => blocks[name].map(({ commands, seconds }) => commands / seconds);
    const processor = (name: keyof typeof systems) => blocks[name].map(({ cost, commands }) => sum(cost) / commands);
    row([
      workers,
      ratios(rate('carepath'), rate('plain')),
      ratios(rate('carepath'), rate('dbos')),
      ratios(rate('carepath'), rate('pg_boss')),
      ratios(processor('carepath'), processor('plain')),
      ratios(processor('carepath'), processor('dbos')),
    ]);
    for (const [name, list] of Object.entries(blocks)) all[name] = [...(all[name] ?? []), ...list];
  }
  head(['a command', 'processor ms', 'of it its own processes', 'Temporal', 'Postgres', 'writing transactions', 'WAL bytes']);
  for (const [name, blocks] of Object.entries(all)) {
    const each = (pick: (cost: Reading) => number, digits = 1) =>
      median(blocks.map(({ cost, commands }) => pick(cost) / commands)).toFixed(digits);
    row([
      name,
      each((cost) => sum(cost) * 1_000),
      each(({ processorSeconds }) => processorSeconds.own * 1_000),
      each(({ processorSeconds }) => processorSeconds.temporal * 1_000),
      each(({ processorSeconds }) => processorSeconds.postgres * 1_000),
      each(({ writingTransactions }) => writingTransactions),
      each(({ walBytes }) => walBytes, 0),
    ]);
  }
}

const sum = ({ processorSeconds: { own, temporal, postgres } }: Reading): number => own + temporal + postgres;

/** One at a time: what a person waits for. */
async function compareOneAtATime(systems: Record<'carepath' | 'plain', System>): Promise<void> {
  const timed = async (task: () => Promise<unknown>): Promise<number> => {
    const from = performance.now();
    await task();
    return performance.now() - from;
  };
  const starts = await takeTurns(
    { carepath: () => timed(() => systems.carepath.command('', 'create')), plain: () => timed(() => systems.plain.command('', 'create')) },
    rounds * 10,
  );
  head(['one at a time', 'carepath ÷ plain']);
  row(['start (plain: Update-with-start)', ratios(starts.carepath, starts.plain)]);
}

/** Reads of one pathway; the bare one answers its rows and writes one row of audit. */
async function compareReads(meters: Meters, systems: Record<'carepath' | 'plain', System>): Promise<void> {
  const ids = { carepath: await systems.carepath.command('', 'create'), plain: await systems.plain.command('', 'create') };
  const reads = (name: keyof typeof systems) => async (): Promise<number> => {
    // The worker has no part in a read.
    const api = systems[name].pids.slice(0, 1);
    const before = await meters.read(api);
    await runAtOnce(1_000, 4, async () => systems[name].read?.(ids[name]));
    return subtract(await meters.read(api), before).processorSeconds.own;
  };
  const sides = { carepath: reads('carepath'), plain: reads('plain') };
  await takeTurns(sides, 1);
  const measured = await takeTurns(sides, rounds);
  head(['read of one referral', 'carepath ÷ bare Hono']);
  row(['processor time of the API', ratios(measured.carepath, measured.plain)]);
}

async function compareInOneGo(meters: Meters, systems: Record<'carepath' | 'dbos', System>): Promise<void> {
  const sides = {
    carepath: () => runBlock(meters, systems.carepath, 8, () => walk(systems.carepath)),
    dbos: () => runBlock(meters, systems.dbos, 8, async () => systems.dbos.all?.()),
  };
  const blocks = await takeTurns(sides, rounds);
  const rate = (list: readonly Block[]) => list.map(({ commands, seconds }) => commands / seconds);
  head(['eight at once', 'steps a second: carepath, each awaited ÷ DBOS, five in one go']);
  row(['steps', ratios(rate(blocks.carepath), rate(blocks.dbos))]);
}

async function main(): Promise<void> {
  const binary = process.env.CAREPATH_TEMPORAL_BINARY;
  if (!binary) throw new Error('CAREPATH_TEMPORAL_BINARY is not set: run this with "npm run bench -- peers".');
  const folder = mkdtempSync(join(tmpdir(), 'carepath-bench-'));
  const [postgres, temporal] = await Promise.all([
    startEmbeddedPostgres({ folder: join(folder, 'postgres') }),
    startTemporalServer({ binary, dbFile: join(folder, 'temporal.db'), log: join(folder, 'temporal.log') }),
  ]);
  const ground: Ground = { postgresUrl: postgres.url, temporalAddress: temporal.address, folder };
  const carepath = await startCarepath(ground);
  const plain = await startPeer(ground, 'plain', { api: 'bench/peers/plain-api.ts', worker: 'bench/peers/plain-worker.ts' });
  const dbos = await startPeer(ground, 'dbos', { api: 'bench/peers/dbos.ts' });
  const pg_boss = await startPeer(ground, 'pg_boss', { api: 'bench/peers/pg-boss.ts' });
  const systems = { carepath, plain, dbos, pg_boss };
  const meters = await openMeters(postgres.url, { temporal: temporal.pid, postgres: postgres.pid });
  try {
    console.log(
      `carepath and its peers: ${rounds} rounds of ${pathways} pathways. To repeat: npm run bench -- peers --rounds ${rounds} --pathways ${pathways}`,
    );
    await compareCommands(meters, systems);
    await compareOneAtATime(systems);
    await compareReads(meters, systems);
    await compareInOneGo(meters, systems);
  } finally {
    await meters.close();
    await Promise.all(Object.values(systems).map((system) => system.stop()));
    await Promise.all([temporal.stop(), postgres.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
process.exit();
