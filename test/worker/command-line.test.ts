import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pathwayKinds } from '../../domain/kit/registry.ts';
import { bundleWorkflows } from '../../worker/bundle.ts';
import { runCommandLine } from '../../worker/command-line.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { type Service, startService } from '../support/service/service.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const corpus = join(root, 'test/histories');

/** Each command is a process that loads the whole worker, on two cores that others use too. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let scratch: string;
let service: Service;
let settings: NodeJS.ProcessEnv;
/** not over yet */
let open: string;
/** of several runs */
let ended: string;
let incompatible: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'carepath-command-'));
  incompatible = join(scratch, 'incompatible.js');
  await writeFile(incompatible, (await bundleWorkflows(join(corpus, 'incompatible-workflow.ts'))).code);
  service = await startService({ eventCap: 20 });
  settings = { DATABASE_URL: service.databaseUrl, TEMPORAL_ADDRESS: service.config.TEMPORAL_ADDRESS };
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

/** A process of its own, as whoever types the command starts it. */
function started(args: string[], environment = settings): Promise<Ran> {
  const { DATABASE_URL: _database, TEMPORAL_ADDRESS: _temporal, ...others } = process.env;
  const node = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning', join(root, 'worker/cli.ts')];
  const child = spawn(process.execPath, [...node, ...args], { cwd: root, env: { ...others, ...environment } });
  const ran: Ran = { code: null, out: '', err: '' };
  child.stdout.on('data', (data) => {
    ran.out += data;
  });
  child.stderr.on('data', (data) => {
    ran.err += data;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ ...ran, code })));
}

/** In this process: for what ends before anything is replayed. */
async function called(args: string[], environment = settings): Promise<Ran> {
  const ran: Ran = { code: null, out: '', err: '' };
  const out = { write: (text: string) => (ran.out += text) };
  const err = { write: (text: string) => (ran.err += text) };
  return { code: await runCommandLine(args, { environment, out, err }), out: ran.out, err: ran.err };
}

describe('carepath replay', () => {
  test('takes a pathway with all its runs from Temporal', async () => {
    const { runs } = (await service.get('sysadmin', `/v1/pathways/${ended}`)).body;
    expect(runs.length).toBeGreaterThan(1);
    const { code, out } = await started(['replay', '--id', ended]);
    expect([code, out]).toEqual([0, `${runs.length} runs replayed, all fit the bundle.\n`]);
  });

  test('takes the pathways of a kind, open or ended, the newest first', async () => {
    const stillOpen = await started(['replay', '--kind', 'referral', '--status', 'open']);
    expect([stillOpen.code, stillOpen.out]).toEqual([0, '1 run replayed, all fit the bundle.\n']);
    const newest = await started(['replay', '--kind', 'referral', '--limit', '1', '--bundle', incompatible]);
    expect(newest.code).toBe(1);
    expect(newest.out).toMatch(new RegExp(`^referral/${ended}, run `));
    expect(newest.out).not.toContain(open);
  });

  test('says the pathway, the run and the first differing event in one line, and ends with 1', async () => {
    const { runId } = await service.client.workflow.getHandle(`referral/${open}`).describe();
    const { code, out } = await started(['replay', '--id', open, '--bundle', incompatible]);
    expect(code).toBe(1);
    const [line, summary] = out.split('\n');
    expect(line).toMatch(new RegExp(`^referral/${open}, run ${runId}: first differing event \\d+ [A-Z]\\w+ \\(.+\\)$`));
    expect(summary).toBe('1 run replayed, 1 does not fit the bundle.');
  });

  test('needs neither database nor Temporal for recorded histories, and goes through all of them whatever it finds', async () => {
    const files = (await readdir(corpus)).filter((name) => name.endsWith('.json'));
    const { code, out } = await started(['replay', '--folder', corpus, '--bundle', incompatible], {});
    expect(code).toBe(1);
    expect(out.trim().split('\n')).toEqual([
      ...files.sort().map((name) => expect.stringContaining(`${name}: first differing event `)),
      `${files.length} runs replayed, ${files.length} do not fit the bundle.`,
    ]);
  });
});

describe('carepath record', () => {
  test('writes one file a run, without the names of processes, and they replay', async () => {
    const folder = await mkdtemp(join(scratch, 'recorded-'));
    const chain = await called(['record', '--id', ended, '--to', folder, '--name', 'withdrawn']);
    const single = await called(['record', '--id', open, '--to', folder]);
    expect([chain.code, single.code, chain.err, single.err]).toEqual([0, 0, '', '']);
    const names = (await readdir(folder)).sort();
    expect(names).toEqual(expect.arrayContaining([`${open}.json`, 'withdrawn-1.json', 'withdrawn-2.json']));
    expect(`${chain.out}${single.out}`.trim().split('\n').sort()).toEqual(names.map((name) => join(folder, name)));
    const { code, out } = await started(['replay', '--folder', folder], {});
    expect([code, out]).toEqual([0, `${names.length} runs replayed, all fit the bundle.\n`]);
  });
});

test.each([
  [[], 'Say what to do, setup, replay, record, simulate, custody verify or audit verify: see carepath --help.'],
  [['forget'], 'There is no command forget: see carepath --help.'],
  [['replay'], 'Say which histories, by --id, --kind or --folder: see carepath --help.'],
  [['replay', '--id', 'x', '--folder', 'y'], 'Say which histories, by --id, --kind or --folder: see carepath --help.'],
  [['replay', 'x'], 'x is one word too many: see carepath --help.'],
  [['replay', '--kind', 'laundry'], `--kind must be ${pathwayKinds.join('|')}: see carepath --help.`],
  [['replay', '--kind', 'referral', '--status', 'lost'], '--status must be open or ended: see carepath --help.'],
  [['replay', '--kind', 'referral', '--limit', 'many'], '--limit must be a whole number, at least 1: see carepath --help.'],
  [['replay', '--id', 'x', '--limit', '3'], '--limit goes with --kind: see carepath --help.'],
  [['replay', '--everything'], "Unknown option '--everything': see carepath --help."],
  [['record', '--id', 'x'], 'record needs --id and --to: see carepath --help.'],
  [['record', '--id', 'x', '--to', 'y', '--folder', 'z'], 'record takes no --folder: see carepath --help.'],
  [['replay', '--folder', '/nowhere'], 'The folder /nowhere cannot be read.'],
  [['replay', '--folder', corpus, '--bundle', '/nowhere.js'], 'There is no bundle /nowhere.js.'],
  [
    ['replay', '--id', '01990000-0000-7000-8000-000000000000'],
    'Temporal has no pathway 01990000-0000-7000-8000-000000000000: check the id, or it ended longer ago than histories are kept.',
  ],
])('%j is answered with one sentence', async (args, sentence) => {
  const { code, out, err } = await called(args);
  expect([out, err]).toEqual(['', `${sentence}\n`]);
  expect(code).toBeGreaterThan(0);
});

test('a server that is away and a setting that is missing are named', async () => {
  const nowhere = 'postgres://nobody@127.0.0.1:1/nothing';
  const withoutTemporal = await called(['replay', '--id', open], { ...settings, TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect(withoutTemporal).toEqual({ code: 1, out: '', err: 'Temporal does not answer: check TEMPORAL_ADDRESS and try again.\n' });
  const withoutPostgres = await called(['replay', '--kind', 'referral'], { ...settings, DATABASE_URL: nowhere });
  expect(withoutPostgres).toEqual({
    code: 1,
    out: '',
    err: 'The Postgres of DATABASE_URL does not answer (connect ECONNREFUSED 127.0.0.1:1).\n',
  });
  const withoutSettings = await called(['replay', '--id', open], {});
  expect(withoutSettings).toEqual({ code: 1, out: '', err: expect.stringMatching(/^The settings are not usable\. DATABASE_URL: .*\n$/) });
});

test('the help names every option', async () => {
  const { code, out } = await called(['--help']);
  expect(code).toBe(0);
  for (const option of ['--id', '--kind', '--status', '--limit', '--folder', '--bundle', '--to', '--name']) expect(out).toContain(option);
});
