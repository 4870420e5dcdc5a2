/** The API as a process of its own: how it starts, how it stops, what it writes when it cannot. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { newReferral } from '../support/builders/referrals.ts';
import { type Service, startService } from '../support/service/service.ts';

const root = resolve(import.meta.dirname, '../..');
let service: Service;
beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service?.stop());

interface Running {
  child: ChildProcess;
  port: number;
  /** what it has written, line by line */
  lines(): Record<string, unknown>[];
  errors(): string;
  exited: Promise<number | null>;
}

async function start(over: NodeJS.ProcessEnv = {}): Promise<Running> {
  const { config, databaseUrl } = service;
  const environment = {
    PATH: process.env.PATH,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: config.TEMPORAL_ADDRESS,
    CAREPATH_TASK_QUEUE: `nobody-works-here-${randomUUID()}`,
    CAREPATH_TOKEN_SECRET: config.CAREPATH_TOKEN_SECRET,
    CAREPATH_DEMO: '1',
    CAREPATH_API_PORT: '0',
    ...over,
  };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'api/main.ts'], { cwd: root, env: environment });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  // Closed: it has ended, and all that it wrote has been read.
  const exited = new Promise<number | null>((done) => child.once('close', done));
  const lines = () =>
    output
      .split('\n')
      .slice(0, -1) // what follows the last line break is not written to its end
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  const listening = () => lines().find(({ msg }) => msg === 'api is listening');
  while (!listening() && !ended) await sleep(20);
  return { child, port: Number(listening()?.port ?? 0), lines, errors: () => errors, exited };
}

test('SIGTERM: what is under way is answered, nothing new is taken, the process ends by itself', { timeout: 60_000 }, async () => {
  const api = await start();
  const { token } = await service.tokens.issue({ personId: 'person-gp', institutionId: 'inst-c01', roles: ['gp'] });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  const idle = connect(api.port, '127.0.0.1'); // a browser that keeps its connection
  idle.on('error', () => {});
  expect((await fetch(`http://127.0.0.1:${api.port}/v1/me`, { headers })).status).toBe(200);
  // Nobody works for this pathway, so its answer takes the full 5 s.
  const underWay = fetch(`http://127.0.0.1:${api.port}/v1/referrals`, {
    method: 'POST',
    headers,
    body: JSON.stringify(await newReferral(service)),
  });
  await expect
    .poll(
      async () =>
        (await service.db.selectFrom('command').select('id').where('idempotency_key', '=', headers['idempotency-key']).execute()).length,
      { timeout: 10_000 },
    )
    .toBe(1);
  api.child.kill('SIGTERM');
  await expect
    .poll(() =>
      fetch(`http://127.0.0.1:${api.port}/healthz`).then(
        ({ status }) => status,
        () => 'refused',
      ),
    )
    .toBe('refused');
  const answer = await underWay;
  expect([answer.status, answer.headers.get('location')]).toEqual([202, expect.stringMatching(/^\/v1\/commands\//)]);
  await answer.text();
  expect(await api.exited).toBe(0);
  const said = api.lines().map(({ msg }) => msg);
  expect(said).toContain('api is stopping');
  expect(said).not.toContain('api stopped with requests unanswered');
  expect(api.errors()).toBe('');
  idle.destroy();
});

test('SIGINT with nothing under way: it ends at once', { timeout: 60_000 }, async () => {
  const api = await start();
  api.child.kill('SIGINT');
  expect(await api.exited).toBe(0);
  const said = api.lines().map(({ msg }) => msg);
  expect(said).toContain('api is stopping');
  expect(said).not.toContain('api stopped with requests unanswered');
});

test('a port that is taken: a line that names it, exit code 1', { timeout: 60_000 }, async () => {
  const first = await start();
  const second = await start({ CAREPATH_API_PORT: String(first.port) });
  expect(await second.exited).toBe(1);
  expect(second.lines().at(-1)).toMatchObject({ level: 60, code: 'EADDRINUSE', port: first.port, msg: 'the api could not listen' });
});

test('settings that are not usable: the sentence names them, the secret stays secret, exit code 1', { timeout: 60_000 }, async () => {
  const api = await start({ CAREPATH_TOKEN_SECRET: 'hunter2', CAREPATH_API_PORT: 'canary' });
  expect(await api.exited).toBe(1);
  expect(api.errors()).toMatch(/CAREPATH_API_PORT.*CAREPATH_TOKEN_SECRET/s);
  expect(api.errors()).not.toMatch(/hunter2|canary/);
});
