/**
 * Measures what a decision costs by the way it is committed: everything `local` as the service does it, everything `normal`, or `mixed` as older code
 * did (commands by a normal activity, obligations by a local one). Counts are exact. Time is shown only as ratios of pairs that ran side by side. See README.md.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import proto from '@temporalio/proto';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { v7 as uuid } from 'uuid';
import { createActivities } from '../activities/index.ts';
import { seedDemoAlliance } from '../db/directory/seed-demo-alliance.ts';
import { storeCommand } from '../db/kit/commands.ts';
import { createDatabase, createPool, type Database } from '../db/kit/database.ts';
import { createDocumentShelf, shortFormOf } from '../db/kit/documents.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { defaultReferralConfiguration } from '../domain/alliance/configuration.ts';
import { type Actor, workflowId } from '../domain/kit/pathway.ts';
import type { CreateReferral } from '../domain/referral/events.ts';
import { createTemporalClient, createWorkerDataConverter } from '../platform/temporal.ts';
import { skipTime } from '../platform/time-skipping.ts';
import { startEmbeddedPostgres } from '../tools/postgres.ts';
import { startTemporalServer } from '../tools/temporal-server.ts';
import { loadWorkflowBundle } from '../worker/bundle.ts';
import type { CommandArgument, Outcome, PathwayInput } from '../workflows/kit/pathway.ts';
import { writeRatio } from './support/paired-ratio.ts';

const { rounds: roundsText = '20' } = parseArgs({ options: { rounds: { type: 'string' } } }).values;
const rounds = Number(roundsText);
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number, at least 1');

const KIND = 'referral';
const TASK_QUEUE = 'bench';
const paths = ['mixed', 'normal', 'local'] as const;
type Path = (typeof paths)[number];

const gp: Actor = { personId: 'person-gp', institutionId: 'inst-c01', role: 'gp' };
const specialist: Actor = { personId: 'person-specialist', institutionId: 'inst-h1', role: 'specialist' };

const visit = { appointment: { startsAt: Date.UTC(2099, 0, 1, 0), endsAt: Date.UTC(2099, 0, 1, 1), slotId: null } };
const laterCommands: [name: string, actor: Actor, input: unknown][] = [
  ['send-acceptance', specialist, {}],
  ['schedule-visit', specialist, visit],
  ['send-outcome', specialist, {}],
  ['review-result', gp, {}],
];
const steps = ['create', ...laterCommands.map(([name]) => name), 'rung'];

interface Cost {
  events: number;
  bytes: number;
  ms: number;
}

interface Servers {
  db: Database;
  client: Client;
}

// --- one referral ------------------------------------------------------------------------------------

async function buildCreation(db: Database): Promise<CreateReferral> {
  const { id } = await db
    .selectFrom('patient')
    .select('id')
    .where('home_institution_id', '=', gp.institutionId)
    .orderBy('id')
    .executeTakeFirstOrThrow();
  const { rerouteInstitutionIds: _, ...rules } = defaultReferralConfiguration;
  return {
    draft: false,
    patientId: id,
    direction: 'up',
    urgency: 'routine',
    emergency: false,
    consentGiven: true,
    overridden: true,
    replacesId: null,
    initiatorDepartmentId: 'dept-c01-general-practice',
    addressee: { institutionId: 'inst-h1', departmentId: 'dept-h1-cardiology' },
    policy: { ...rules, version: 1, reroute: [] },
  };
}

/** Prepares a referral of its own, whose steps are measured one by one. */
async function createReferral({ db, client }: Servers, path: Path) {
  const id = uuid();
  const handle = client.workflow.getHandle(workflowId(KIND, id));
  let counted = 0;

  /** Counts the events that have come into the history since the last call. */
  async function countNewEvents(): Promise<Omit<Cost, 'ms'>> {
    const { events } = await handle.fetchHistory();
    const added = (events ?? []).slice(counted).filter(({ eventType }) => !eventsOfSkipping.includes(eventType as number));
    counted = events?.length ?? 0;
    const bytes = added.reduce((sum, event) => sum + temporal.api.history.v1.HistoryEvent.encode(event).finish().length, 0);
    return { events: added.length, bytes };
  }

  async function command(name: string, actor: Actor, input: unknown): Promise<Cost> {
    const commandId = uuid();
    await storeBenchCommand(db, { id: commandId, pathwayId: id, name, actor, input });
    // As the service sends it: documents by name, and what stands in the start not in the Update as well.
    const named = shortFormOf(db, input);
    const argument: CommandArgument = { actor, seen: 0, ...(name === 'create' ? {} : { input: named }) };
    const sent = { updateId: commandId, args: [argument] as [CommandArgument] };
    const begun = performance.now();
    const outcome =
      name === 'create'
        ? await client.workflow.executeUpdateWithStart<(input: PathwayInput<unknown>) => Promise<unknown>, Outcome, [CommandArgument]>(
            name,
            {
              ...sent,
              startWorkflowOperation: new WithStartWorkflowOperation(KIND, {
                workflowId: workflowId(KIND, id),
                taskQueue: TASK_QUEUE,
                args: [{ id, first: { id: commandId, name, actor, input: named }, eventCap: 2_000, path }],
                workflowIdConflictPolicy: 'USE_EXISTING',
                workflowTaskTimeout: '4s',
              }),
            },
          )
        : await handle.executeUpdate<Outcome, [CommandArgument]>(name, sent);
    const ms = performance.now() - begun;
    if (!outcome.ok) throw new Error(`${name} was refused: ${outcome.refusal.code}`);
    return { ...(await countNewEvents()), ms };
  }

  async function rung(): Promise<Cost> {
    const begun = performance.now();
    await skipTime(client, workflowId(KIND, id), 13 * 3_600_000, randomUUID());
    while ((await readVersion(db, id)) < 2) await sleep(2);
    const ms = performance.now() - begun;
    // The commit stands in Postgres a moment before it stands in the history.
    await sleep(100);
    return { ...(await countNewEvents()), ms };
  }

  return { command, rung };
}

const { temporal } = proto; // a CommonJS module: Node knows its default only
const { EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED, EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED } =
  temporal.api.enums.v1.EventType;
/** The bench pushes the clock, and the history notes that. These events are no part of what a rung costs. */
const eventsOfSkipping = [EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED, EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED];

async function storeBenchCommand(
  db: Database,
  command: { id: string; pathwayId: string; name: string; actor: Actor; input: unknown },
): Promise<void> {
  await storeCommand(db, {
    ...command,
    accountId: command.actor.personId,
    idempotencyKey: command.id,
    requestHash: Buffer.alloc(32),
    operation: command.name,
    requestId: command.id,
    pathwayKind: KIND,
    texts: { reason: 'bench' },
    ifVersion: null,
  });
}

async function readVersion(db: Database, id: string): Promise<number> {
  return (await db.selectFrom('pathway').select('version').where('id', '=', id).executeTakeFirstOrThrow()).version;
}

async function measure(servers: Servers, path: Path): Promise<Cost[]> {
  const create = await buildCreation(servers.db);
  const walked = await createReferral(servers, path);
  const costs = [await walked.command('create', gp, create)];
  for (const [name, actor, input] of laterCommands) costs.push(await walked.command(name, actor, input));
  const waiting = await createReferral(servers, path);
  await waiting.command('create', gp, create);
  costs.push(await waiting.rung());
  return costs;
}

// --- all rounds ----------------------------------------------------------------------------------------

async function compare(servers: Servers): Promise<Record<Path, Cost[][]>> {
  const measured: Record<Path, Cost[][]> = { mixed: [], normal: [], local: [] };
  for (const path of paths) await measure(servers, path); // The first run of each path warms it up and is not counted.
  for (let round = 0; round < rounds; round++) {
    // Each path comes first, second and last equally often, so that whatever slows the machine down meets all three alike.
    for (let place = 0; place < paths.length; place++) {
      const path = paths[(round + place) % paths.length] as Path;
      measured[path].push(await measure(servers, path));
    }
  }
  return measured;
}

function print(measured: Record<Path, Cost[][]>): void {
  const row = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`;
  const range = (values: number[]): string => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return least === most ? String(least) : `${least}–${most}`;
  };
  const sum = (path: Path, field: keyof Cost) =>
    measured[path].map((costs) => costs.slice(0, -1).reduce((total, cost) => total + cost[field], 0));
  const of = (path: Path, step: number, field: keyof Cost) => measured[path].map((costs) => costs[step]?.[field] ?? Number.NaN);

  console.log(row(['', ...paths.map((path) => `${path}: events`), ...paths.map((path) => `${path}: bytes`), ...ratioHeads]));
  console.log(row(Array.from({ length: 1 + 2 * paths.length + ratioHeads.length }, () => '---')));
  const line = (name: string, values: (path: Path, field: keyof Cost) => number[]) =>
    console.log(
      row([
        name,
        ...paths.map((path) => range(values(path, 'events'))),
        ...paths.map((path) => range(values(path, 'bytes'))),
        ...compared.map((path) => writeRatio(ratiosOf(values(path, 'ms'), values('mixed', 'ms')))),
      ]),
    );
  for (const [index, name] of steps.entries()) line(name, (path, field) => of(path, index, field));
  line('the five commands', sum);
}

const ratiosOf = (values: number[], base: number[]): number[] => values.map((value, index) => value / (base[index] as number));

const compared = ['normal', 'local'] as const;
const ratioHeads = compared.map((path) => `time, ${path} ÷ mixed`);

// --- servers and worker ------------------------------------------------------------------------------------

async function main(): Promise<void> {
  const binary = process.env.CAREPATH_TEMPORAL_BINARY;
  if (!binary) throw new Error('CAREPATH_TEMPORAL_BINARY is not set: run this with "npm run bench -- commit-paths".');
  const folder = mkdtempSync(join(tmpdir(), 'carepath-bench-'));
  const [postgres, server] = await Promise.all([
    startEmbeddedPostgres({ folder: join(folder, 'postgres') }),
    startTemporalServer({ binary, dbFile: join(folder, 'temporal.db'), log: join(folder, 'temporal.log') }),
  ]);
  await migrateToLatest(postgres.url);
  await seedDemoAlliance(postgres.url);
  const db = createDatabase(createPool(postgres.url));
  const client = createTemporalClient({ TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: 'default' });
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address: server.address });
  const worker = await Worker.create({
    connection,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: (await loadWorkflowBundle('.carepath/cache')).codePath },
    dataConverter: createWorkerDataConverter(createDocumentShelf(db)),
    activities: createActivities({ db }),
  });
  const running = worker.run();
  try {
    console.log(`Commit paths: ${rounds} rounds. To repeat: npm run bench -- commit-paths --rounds ${rounds}\n`);
    print(await compare({ db, client }));
  } finally {
    worker.shutdown();
    await running;
    await connection.close();
    await client.connection.close();
    await db.destroy();
    await Promise.all([server.stop(), postgres.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
