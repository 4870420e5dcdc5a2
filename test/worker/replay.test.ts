import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { bundleWorkflows, workflowBundle } from '../../worker/bundle.ts';
import { historyFromText, historyToText } from '../../worker/history.ts';
import { historyFiles, runOfFile } from '../../worker/recorded-runs.ts';
import { quietRuntime, type Replayed, replay } from '../../worker/replay.ts';
import { newReferral } from '../support/referrals.ts';
import { type Service, startService } from '../support/service.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const corpus = join(root, 'test/histories');
const incompatible = fileURLToPath(new URL('../histories/incompatible-workflow.ts', import.meta.url));

let scratch: string;
let service: Service;
/** not over yet */
let open: string;
/** of several runs */
let ended: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'carepath-replay-'));
  service = await startService({ eventCap: 20 });
  open = await create();
  ended = await create({ draft: true });
  expect((await service.fastForward(ended, 'PT20H')).status).toBe(200);
  expect((await service.post('gp', `/v1/referrals/${ended}/withdraw`, { reason: '患者改约' })).status).toBe(200);
  expect((await service.fastForward(ended, 'P8D')).status).toBe(200);
});
afterAll(async () => {
  await service.stop();
  await rm(scratch, { recursive: true });
});

async function create(over = {}): Promise<string> {
  const { status, body } = await service.post('gp', '/v1/referrals', await newReferral(service, over));
  expect(status).toBe(201);
  return body.id;
}

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

/** As `carepath …` does. */
function carepath(...args: string[]): Promise<Ran> {
  const { DATABASE_URL, TEMPORAL_ADDRESS } = { DATABASE_URL: service.databaseUrl, TEMPORAL_ADDRESS: service.config.TEMPORAL_ADDRESS };
  return run(args, { DATABASE_URL, TEMPORAL_ADDRESS });
}

function run(args: string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  const { DATABASE_URL: _database, TEMPORAL_ADDRESS: _temporal, ...others } = process.env;
  const node = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning', join(root, 'worker/cli.ts'), ...args];
  const child = spawn(process.execPath, node, { cwd: root, env: { ...others, ...env } });
  const ran: Ran = { code: null, out: '', err: '' };
  child.stdout.on('data', (data) => (ran.out += data));
  child.stderr.on('data', (data) => (ran.err += data));
  return new Promise((resolve) => child.once('close', (code) => resolve({ ...ran, code })));
}

async function incompatibleBundle(): Promise<string> {
  const file = join(scratch, 'incompatible.js');
  const { code } = await bundleWorkflows(incompatible);
  await writeFile(file, code);
  return file;
}

async function replayed(codePath: string): Promise<Replayed[]> {
  const runs = await Promise.all((await historyFiles(corpus)).map(runOfFile));
  const results: Replayed[] = [];
  for await (const result of replay(codePath, runs)) results.push(result);
  expect(results.map(({ title }) => title)).toEqual(runs.map(({ title }) => title));
  return results;
}

describe('the corpus of recorded histories', () => {
  test('replays to the last event with the present workflows', async () => {
    const { codePath } = await workflowBundle('.carepath/cache');
    const differing = (await replayed(codePath)).filter(({ difference }) => difference);
    expect(differing).toEqual([]);
  });

  test('does not replay with a workflow that waits before its first commit: the gate can fail, and names the first differing event', async () => {
    for (const { difference } of await replayed(await incompatibleBundle())) {
      expect(difference?.event).toEqual({ id: expect.any(Number), type: expect.any(String) });
      expect(difference?.event?.id).toBeLessThanOrEqual(6); // what comes after the first workflow task
    }
  });

  test('holds every ending, and a chain of runs whose last one ends', async () => {
    const states = new Set<string>();
    const statuses = new Set<string>();
    for (const file of await historyFiles(corpus)) {
      const last = (await runOfFile(file)).history.events?.at(-1);
      statuses.add(last?.workflowExecutionCompletedEventAttributes ? 'over' : last?.workflowExecutionContinuedAsNewEventAttributes ? 'continued' : 'neither');
      for (const [, state] of textsOf(await readFile(file, 'utf8')).matchAll(/"event":"over"[^{}]*"from":"([^"]+)"|"from":"([^"]+)","event":"over"/g)) if (state) states.add(state);
    }
    expect([...statuses].sort()).toEqual(['continued', 'over']);
    const decided = await Promise.all((await historyFiles(corpus)).map(async (file) => textsOf(await readFile(file, 'utf8'))));
    for (const status of ['completed', 'rejected', 'cancelled']) expect(decided.some((text) => text.includes(`"status":"${status}"`) && text.includes('"over":true'))).toBe(true);
    for (const event of ['reroute', 'expire', 'withdraw', 'confirm-cancellation', 'record-consent', 'call-repeat', 'report-no-show', 'reschedule-visit', 'cancel-appointment', 'send-interim-note', 'check-due', 'answer-check', 'review-result', 'over'])
      expect([event, decided.some((text) => text.includes(`"event":"${event}"`))]).toEqual([event, true]);
  });

  test('names no machine, and holds nothing that a person wrote', async () => {
    for (const file of await historyFiles(corpus)) {
      const text = await readFile(file, 'utf8');
      expect(text.match(/"identity":"(?!recorded")[^"]*"/g)).toBeNull();
      expect(text).not.toMatch(/\d+@[\w.-]+-[0-9a-f]{32}/); // a worker's own queue
      // Every text that a person typed while it was recorded is Chinese.
      expect(textsOf(text)).not.toMatch(/[\u3400-\u9fff]/);
    }
  });
});

/** All payloads of a history, decoded. */
function textsOf(history: string): string {
  return [...history.matchAll(/"data":"([^"]+)"/g)].map(([, data]) => Buffer.from(data as string, 'base64').toString()).join('\n');
}

test('a history as text is the same history, without the names of processes', async () => {
  const history = await service.client.workflow.getHandle(`referral/${open}`).fetchHistory();
  const text = historyToText(history);
  expect(text).not.toMatch(/\d+@\w/);
  expect(historyToText(historyFromText(text))).toBe(text);
  expect(historyFromText(text).events).toHaveLength(history.events?.length ?? 0);
  expect(() => historyFromText('{"events":[]}')).toThrow();
});

describe('carepath replay', () => {
  test('takes a pathway with all its runs from Temporal', async () => {
    const { runs } = (await service.get('sysadmin', `/v1/pathways/${ended}`)).body;
    expect(runs.length).toBeGreaterThan(1);
    const { code, out } = await carepath('replay', '--id', ended);
    expect([code, out]).toEqual([0, `${runs.length} runs replayed, all fit the bundle.\n`]);
  });

  test('takes the pathways of a kind, open or ended, the newest first', async () => {
    const stillOpen = await carepath('replay', '--kind', 'referral', '--status', 'open');
    expect([stillOpen.code, stillOpen.out]).toEqual([0, '1 run replayed, all fit the bundle.\n']);
    const newest = await carepath('replay', '--kind', 'referral', '--limit', '1', '--bundle', await incompatibleBundle());
    expect(newest.code).toBe(1);
    expect(newest.out).toMatch(new RegExp(`^referral/${ended}, run `));
    expect(newest.out).not.toContain(open);
  });

  test('says the pathway, the run and the first differing event, in one line, and ends with 1', async () => {
    const { runId } = await service.client.workflow.getHandle(`referral/${open}`).describe();
    const { code, out } = await carepath('replay', '--id', open, '--bundle', await incompatibleBundle());
    expect(code).toBe(1);
    const [line, summary] = out.split('\n');
    expect(line).toMatch(new RegExp(`^referral/${open}, run ${runId}: first differing event \\d+ [A-Z]\\w+ \\(.+\\)$`));
    expect(summary).toBe('1 run replayed, 1 do not fit the bundle.');
  });

  test('needs neither database nor Temporal for recorded histories', async () => {
    const { code, out } = await run(['replay', '--folder', corpus], {});
    expect([code, out]).toEqual([0, expect.stringMatching(/^\d+ runs replayed, all fit the bundle\.\n$/)]);
  });

  test.each([
    [['replay'], 'Say which histories: --id, --kind or --folder, one of them: see carepath --help.'],
    [['replay', '--id', 'x', '--folder', 'y'], 'Say which histories: --id, --kind or --folder, one of them: see carepath --help.'],
    [['replay', '--kind', 'laundry'], '--kind must be referral: see carepath --help.'],
    [['replay', '--kind', 'referral', '--limit', 'many'], '--limit must be a whole number, at least 1: see carepath --help.'],
    [['replay', '--everything'], "Unknown option '--everything': see carepath --help."],
    [['forget'], 'There is no command forget: see carepath --help.'],
    [['replay', '--folder', '/nowhere'], 'The folder /nowhere cannot be read.'],
    [['replay', '--folder', corpus, '--bundle', '/nowhere.js'], 'There is no bundle /nowhere.js.'],
    [['replay', '--id', '01990000-0000-7000-8000-000000000000'], 'Temporal has no pathway 01990000-0000-7000-8000-000000000000: check the id, or it ended longer ago than histories are kept.'],
  ])('%j is answered with one sentence', async (args, sentence) => {
    const { code, out, err } = await carepath(...args);
    expect([out, err]).toEqual(['', `${sentence}\n`]);
    expect(code).toBeGreaterThan(0);
  });

  test('says that Temporal is away, or that a setting is missing', async () => {
    const away = await run(['replay', '--id', open], { DATABASE_URL: service.databaseUrl, TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect([away.code, away.err]).toEqual([1, 'Temporal does not answer: check TEMPORAL_ADDRESS and try again.\n']);
    const bare = await run(['replay', '--id', open], {});
    expect([bare.code, bare.err]).toEqual([1, expect.stringMatching(/^The settings are not usable\. DATABASE_URL: .*\n$/)]);
  });
});

describe('carepath record', () => {
  test('writes one file a run, which replay', async () => {
    const folder = await mkdtemp(join(scratch, 'recorded-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const chain = await carepath('record', '--id', ended, '--to', folder, '--name', 'withdrawn');
    const single = await carepath('record', '--id', open, '--to', folder);
    expect([chain.code, single.code, chain.err, single.err]).toEqual([0, 0, '', '']);
    const names = (await readdir(folder)).sort();
    expect(names).toEqual(expect.arrayContaining([`${open}.json`, 'withdrawn-1.json', 'withdrawn-2.json']));
    expect(`${chain.out}${single.out}`.trim().split('\n').sort()).toEqual(names.map((name) => join(folder, name)));

    Runtime.install(quietRuntime);
    const { codePath } = await workflowBundle('.carepath/cache');
    for await (const { difference } of replay(codePath, await Promise.all((await historyFiles(folder)).map(runOfFile)))) expect(difference).toBeUndefined();
  });
});
