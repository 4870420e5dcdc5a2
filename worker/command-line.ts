/** The command line `carepath`: sets a real alliance up, replays recorded histories, records them, simulates years of follow-up, verifies the custody ledger and the audit. */
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Client } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import { createDatabase, createPool } from '../db/kit/database.ts';
import { createDocumentShelf } from '../db/kit/documents.ts';
import { listPathways, type PathwayFilter } from '../db/kit/pathways.ts';
import { workflowId } from '../domain/kit/pathway.ts';
import { findDecider, pathwayKinds } from '../domain/kit/registry.ts';
import { type Config, loadConfig } from '../platform/config.ts';
import { TemporalUnavailable } from '../platform/pathway-runs.ts';
import type { DocumentShelf } from '../platform/payload-codec.ts';
import { createTemporalClient } from '../platform/temporal.ts';
import { verifyAuditDatabase, verifyAuditFile } from './audit-verify.ts';
import { loadWorkflowBundle } from './bundle.ts';
import { verifyCustodyFile } from './custody-verify.ts';
import { getWorkflowId, listHistoryFiles, PlainError, readPathwayRuns, readRunFile, writeRuns } from './recorded-runs.ts';
import { describeDifference, quietRuntime, type RecordedRun, replay } from './replay.ts';
import { setUp } from './set-up.ts';
import { simulate, writeReport } from './simulate.ts';
import { simulateQuarter, writeSupplyReport } from './simulate-supply.ts';

const kinds = pathwayKinds.join('|');

const usage = `carepath setup --hospital-zh <name> --hospital-en <name> --system <user> --security <user>   a real alliance in an empty database

carepath replay --id <pathway>                       all runs of one pathway
carepath replay --kind <${kinds}> [--status open|ended] [--limit <n>]   many pathways, the newest first
carepath replay --folder <folder>                    recorded histories (*.json)
  --bundle <file>   another workflow bundle than the current one
carepath simulate [--residents <n>] [--years <n>] [--seed <n>]   years of follow-up in minutes, by the same rules
carepath simulate-supply [--days <n>] [--seed <n>]   a quarter of sterile supply, by the same rules, with faults
carepath record --id <pathway> --to <folder> [--name <name>]   writes the runs of a pathway as JSON
carepath custody verify <file>                       checks an export of the custody ledger with nothing but the file

carepath audit verify <file> [--keys <file>]         checks an export of the audit; --keys: what GET /v1/keys answers
carepath audit verify --database [--keys <file>]     checks the chains of the audit where they stand

replay ends with 1 when a history does not fit the bundle, and says where it differs first.
custody verify and audit verify end with 1 when a link of a chain is broken, and name the first one.
setup needs DATABASE_URL and CAREPATH_PUBLIC_URL, where staff will open carepath; --database needs DATABASE_URL; --id and --kind need TEMPORAL_ADDRESS and DATABASE_URL, as the worker does.`;

const options = {
  id: { type: 'string' },
  kind: { type: 'string' },
  status: { type: 'string' },
  limit: { type: 'string' },
  folder: { type: 'string' },
  bundle: { type: 'string' },
  to: { type: 'string' },
  name: { type: 'string' },
  residents: { type: 'string' },
  years: { type: 'string' },
  days: { type: 'string' },
  seed: { type: 'string' },
  keys: { type: 'string' },
  database: { type: 'boolean' },
  'hospital-zh': { type: 'string' },
  'hospital-en': { type: 'string' },
  system: { type: 'string' },
  security: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

/** The options of the commands that work on histories. */
const ofHistories = ['id', 'kind', 'status', 'limit', 'folder', 'bundle', 'to', 'name'] as const satisfies (keyof Values)[];

/** The options of the command that sets up. */
const ofSetUp = ['hospital-zh', 'hospital-en', 'system', 'security'] as const satisfies (keyof Values)[];

const WRONG_USAGE = 2;

class UsageError extends Error {}

/** Where a command reads its settings and writes its lines. */
export interface Surroundings {
  environment: NodeJS.ProcessEnv;
  out: { write(text: string): unknown };
  err: { write(text: string): unknown; isTTY?: boolean };
}

/** Runs one command. Whatever goes wrong is said in one sentence on `err`. @returns the exit code */
export async function runCommandLine(args: string[], surroundings: Surroundings): Promise<number> {
  try {
    return await run(args, surroundings);
  } catch (error) {
    const { sentence, exitCode } = explainError(error);
    surroundings.err.write(`${sentence}\n`);
    return exitCode;
  }
}

async function run(args: string[], surroundings: Surroundings): Promise<number> {
  const { values, positionals } = parseArguments(args);
  const [command, ...more] = positionals;
  if (values.help || command === 'help') {
    surroundings.out.write(`${usage}\n`);
    return 0;
  }
  if (command === 'custody') return custodyCommand(more, values, surroundings);
  if (command === 'audit') return auditCommand(more, values, surroundings);
  if (command === 'setup') return setUpCommand(more, values, surroundings);
  refuseOptions(values, ['keys', 'database', ...ofSetUp], command ?? 'this');
  if (more.length > 0) throw new UsageError(`${more[0]} is one word too many`);
  switch (command) {
    case 'replay':
      refuseOptions(values, ['to', 'name', 'residents', 'years', 'days', 'seed'], 'replay');
      return replayCommand(values, surroundings);
    case 'record':
      refuseOptions(values, ['kind', 'status', 'limit', 'folder', 'bundle', 'residents', 'years', 'days', 'seed'], 'record');
      return recordCommand(values, surroundings);
    case 'simulate':
      refuseOptions(values, [...ofHistories, 'days'], 'simulate');
      return simulateCommand(values, surroundings);
    case 'simulate-supply':
      refuseOptions(values, [...ofHistories, 'residents', 'years'], 'simulate-supply');
      return simulateSupplyCommand(values, surroundings);
    default:
      throw new UsageError(
        command === undefined
          ? 'Say what to do, setup, replay, record, simulate, custody verify or audit verify'
          : `There is no command ${command}`,
      );
  }
}

function parseArguments(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split(/[.\n]/)[0] as string) : String(error));
  }
}

function refuseOptions(values: Values, names: (keyof Values)[], command: string): void {
  const given = names.find((name) => values[name] !== undefined);
  if (given) throw new UsageError(`${command} takes no --${given}`);
}

function explainError(error: unknown): { sentence: string; exitCode: number } {
  if (error instanceof UsageError) return { sentence: `${error.message}: see carepath --help.`, exitCode: WRONG_USAGE };
  if (error instanceof TemporalUnavailable)
    return { sentence: 'Temporal does not answer: check TEMPORAL_ADDRESS and try again.', exitCode: 1 };
  if (error instanceof PlainError) return { sentence: error.message, exitCode: 1 };
  return { sentence: `This did not work: ${reasonOf(error)}`, exitCode: 1 };
}

function reasonOf(error: unknown): string {
  const { message, code } = (error instanceof Error ? error : new Error(String(error))) as NodeJS.ErrnoException;
  return (message || code || 'it gives no reason').split('\n')[0] as string;
}

// --- setup ----------------------------------------------------------------------------------

async function setUpCommand(more: string[], values: Values, { out, environment }: Surroundings): Promise<number> {
  if (more.length > 0) throw new UsageError(`${more[0]} is one word too many`);
  const others = Object.keys(options).filter((name): name is keyof Values => name !== 'help' && !ofSetUp.some((own) => own === name));
  refuseOptions(values, others, 'setup');
  const [hospitalZh, hospitalEn, system, security] = ofSetUp.map((name) => {
    const value = values[name]?.trim();
    if (!value || value.length > 100) throw new UsageError(`setup needs --${name}, of at most 100 characters`);
    return value;
  }) as [string, string, string, string];
  if (/\s/.test(system + security)) throw new UsageError('--system and --security are user names without spaces');
  if (system === security) throw new UsageError('--system and --security must be two people');
  return setUp({ hospitalZh, hospitalEn, system, security }, loadSettings(withoutTemporal(environment)), out);
}

// --- custody --------------------------------------------------------------------------------

async function custodyCommand([action, file, ...more]: string[], values: Values, { out }: Surroundings): Promise<number> {
  if (action !== 'verify' || file === undefined) throw new UsageError('Say which file, by custody verify FILE');
  if (more.length > 0) throw new UsageError(`${more[0]} is one word too many`);
  refuseOptions(
    values,
    Object.keys(options).filter((name): name is keyof Values => name !== 'help'),
    'custody verify',
  );
  return verifyCustodyFile(file, out);
}

// --- audit ----------------------------------------------------------------------------------

async function auditCommand([action, file, ...more]: string[], values: Values, { out, environment }: Surroundings): Promise<number> {
  const { database, keys, ...others } = values;
  if (action !== 'verify' || (file === undefined) === (database === undefined))
    throw new UsageError('Say what to check, by audit verify FILE or audit verify --database');
  if (more.length > 0) throw new UsageError(`${more[0]} is one word too many`);
  refuseOptions(
    others,
    Object.keys(options).filter((name): name is keyof typeof others => name !== 'keys' && name !== 'database' && name !== 'help'),
    'audit verify',
  );
  if (file !== undefined) return verifyAuditFile(file, keys, out);
  const { DATABASE_URL } = loadSettings(withoutTemporal(environment));
  const pool = createPool(DATABASE_URL, { connections: 2, statementTimeoutMs: 600_000 });
  const db = createDatabase(pool);
  try {
    return await verifyAuditDatabase(db, keys, out);
  } finally {
    await db.destroy();
  }
}

// --- simulate -------------------------------------------------------------------------------

function simulateCommand({ residents, years, seed }: Values, { out, err }: Surroundings): number {
  const request = {
    residents: parseWholeNumber('residents', residents ?? '10000', 1_000_000),
    years: parseWholeNumber('years', years ?? '5', 50),
    seed: parseWholeNumber('seed', seed ?? '1', 0xffff_ffff),
  };
  const progress = createProgress(err, request.residents);
  const report = simulate(request, (resident) => {
    if (resident % 100 === 0) progress.show(resident);
  });
  progress.clear();
  for (const line of writeReport(request, report)) out.write(`${line}\n`);
  return 0;
}

function simulateSupplyCommand({ days, seed }: Values, { out, err }: Surroundings): number {
  const request = { days: parseWholeNumber('days', days ?? '90', 1_000), seed: parseWholeNumber('seed', seed ?? '1', 0xffff_ffff) };
  const progress = createProgress(err, request.days);
  const report = simulateQuarter(request, (day) => progress.show(day));
  progress.clear();
  for (const line of writeSupplyReport(request, report)) out.write(`${line}\n`);
  return 0;
}

function parseWholeNumber(name: string, text: string, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > most) throw new UsageError(`--${name} is a whole number from 1 to ${most}`);
  return number;
}

// --- replay ---------------------------------------------------------------------------------

/** Where runs come from: one pathway or one file. Progress counts sources. */
interface Source {
  runs(): Promise<RecordedRun[]>;
}

async function replayCommand(values: Values, surroundings: Surroundings): Promise<number> {
  const ways = [values.id, values.kind, values.folder].filter((way) => way !== undefined);
  if (ways.length !== 1) throw new UsageError('Say which histories, by --id, --kind or --folder');
  if (values.kind === undefined)
    for (const name of ['status', 'limit'] as const) if (values[name]) throw new UsageError(`--${name} goes with --kind`);
  const codePath = await findBundle(values.bundle, surroundings);
  if (values.folder !== undefined) {
    const files = await listHistoryFiles(values.folder);
    return replayAll(
      surroundings,
      codePath,
      files.map((file) => ({ runs: async () => [await readRunFile(file)] })),
    );
  }
  const filter =
    values.kind === undefined
      ? undefined
      : { kind: parseKind(values.kind), status: parseStatus(values.status), limit: parseLimit(values.limit) };
  return withTemporal(surroundings, async ({ client, config, shelf }) => {
    const targets = filter ? await listWorkflowIds(config, filter) : [await getWorkflowId(client, values.id as string)];
    return replayAll(
      surroundings,
      codePath,
      targets.map((target) => ({ runs: () => readPathwayRuns(client, target, shelf) })),
    );
  });
}

/** Writes each difference as soon as it is found. @returns the exit code */
async function replayAll({ out, err }: Surroundings, codePath: string, sources: readonly Source[]): Promise<number> {
  // Once the runtime is installed the process ends only with the end of the replay, so everything that may fail comes before this.
  Runtime.install(quietRuntime);
  const progress = createProgress(err, sources.length);
  let runs = 0;
  let differing = 0;
  let gone = 0;
  async function* recorded() {
    for (const [index, source] of sources.entries()) {
      progress.show(index);
      const found = await source.runs();
      if (found.length === 0) gone++;
      yield* found;
    }
  }
  for await (const { title, difference } of replay(codePath, recorded())) {
    runs++;
    if (!difference) continue;
    differing++;
    progress.clear();
    out.write(`${title}: ${describeDifference(difference)}\n`);
  }
  progress.clear();
  const result = differing === 0 ? 'all fit the bundle' : `${differing} ${differing === 1 ? 'does' : 'do'} not fit the bundle`;
  const missing = gone === 0 ? '' : `; Temporal no longer has ${gone} of ${sources.length} pathways`;
  out.write(`${runs} ${runs === 1 ? 'run' : 'runs'} replayed, ${result}${missing}.\n`);
  return differing === 0 ? 0 : 1;
}

/** The cache of this clone, whatever folder the command is typed in. */
const defaultCache = fileURLToPath(new URL('../.carepath/cache', import.meta.url));

async function findBundle(chosen: string | undefined, { environment }: Surroundings): Promise<string> {
  if (chosen === undefined) return (await loadWorkflowBundle(environment.CAREPATH_CACHE_FOLDER || defaultCache)).codePath;
  const isFile = await stat(chosen).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) throw new PlainError(`There is no bundle ${chosen}.`);
  return chosen;
}

function parseKind(kind: string): string {
  if (!findDecider(kind)) throw new UsageError(`--kind must be ${kinds}`);
  return kind;
}

function parseStatus(status: string | undefined): PathwayFilter['status'] {
  if (status !== undefined && status !== 'open' && status !== 'ended') throw new UsageError('--status must be open or ended');
  return status;
}

function parseLimit(limit: string | undefined): number {
  const count = limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  if (!(count >= 1) || (limit !== undefined && !Number.isInteger(count)))
    throw new UsageError('--limit must be a whole number, at least 1');
  return count;
}

const PAGE = 500;

/** Lists the workflow ids, the newest first, from Postgres, which knows every pathway there ever was. */
async function listWorkflowIds(config: Config, { limit, ...filter }: PathwayFilter & { limit: number }): Promise<string[]> {
  const db = createDatabase(createPool(config.DATABASE_URL, { connections: 1, statementTimeoutMs: 30_000 }));
  try {
    const ids: string[] = [];
    for (let before: string | undefined; ids.length < limit; before = ids.at(-1)) {
      const rows = await listPathways(db, filter, { limit: PAGE, before });
      ids.push(...rows.slice(0, PAGE).map(({ id }) => id));
      if (rows.length <= PAGE) break;
    }
    return ids.slice(0, limit).map((id) => workflowId(filter.kind as string, id));
  } catch (error) {
    throw new PlainError(`The Postgres of DATABASE_URL does not answer (${reasonOf(error)}).`);
  } finally {
    await db.destroy();
  }
}

interface Connected {
  client: Client;
  config: Config;
  /** Where the documents are that histories name. */
  shelf: DocumentShelf;
}

async function withTemporal<T>({ environment }: Surroundings, work: (connected: Connected) => Promise<T>): Promise<T> {
  const config = loadSettings(environment);
  const client = createTemporalClient(config);
  const db = createDatabase(createPool(config.DATABASE_URL, { connections: 1 }));
  try {
    return await work({ client, config, shelf: createDocumentShelf(db) });
  } finally {
    await Promise.all([client.connection.close(), db.destroy()]);
  }
}

/** For what needs no Temporal; the settings ask for an address all the same. */
const withoutTemporal = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ TEMPORAL_ADDRESS: 'of no use here', ...environment });

function loadSettings(environment: NodeJS.ProcessEnv): Config {
  try {
    // No command signs tokens, so the secret need not be at hand. The settings ask for one all the same.
    return loadConfig({ CAREPATH_TOKEN_SECRET: 'of no use here, asked for all the same', ...environment });
  } catch (error) {
    throw new PlainError(reasonOf(error));
  }
}

/** Writes "n of m": on a terminal one line that changes, elsewhere a new line every two seconds. */
function createProgress(out: Surroundings['err'], total: number) {
  let writtenAt = Date.now();
  return {
    show(done: number): void {
      const line = `${done} of ${total}`;
      if (out.isTTY) out.write(`\r\x1b[2K${line}`);
      else if (Date.now() - writtenAt >= 2_000) {
        writtenAt = Date.now();
        out.write(`${line}\n`);
      }
    },
    clear(): void {
      if (out.isTTY) out.write('\r\x1b[2K');
    },
  };
}

// --- record ---------------------------------------------------------------------------------

async function recordCommand({ id, to, name }: Values, surroundings: Surroundings): Promise<number> {
  if (id === undefined || to === undefined) throw new UsageError('record needs --id and --to');
  const files = await withTemporal(surroundings, async ({ client, shelf }) =>
    writeRuns(await readPathwayRuns(client, await getWorkflowId(client, id), shelf), to, name ?? id),
  );
  for (const file of files) surroundings.out.write(`${file}\n`);
  return 0;
}
