/** The supervisor of npm start, with real processes: what lives is kept, what was killed starts after a second, what fails by itself waits longer. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keepRunning } from '../../tools/serve/keep-running.ts';
import { type Service, spawnService } from '../../tools/service.ts';
import { PlainError } from '../../tools/setup/say.mjs';

const log = join(mkdtempSync(join(tmpdir(), 'carepath-keep-')), 'service.log');
const run = (script: string): Service => spawnService({ name: 'set-up', command: process.execPath, args: ['--eval', script], log });
/** It waits for somebody who never comes. */
const waiting = () => run('setInterval(() => {}, 1000)');

/** Keeps a service and resolves with what is told, once so many lines have come; `act` gets each service that runs. */
async function watch(
  first: Service,
  start: () => Service | Promise<Service>,
  lines: number,
  act: (service: Service) => void,
): Promise<string[]> {
  const stopping = new AbortController();
  const told: string[] = [];
  let last = first;
  const enough = Promise.withResolvers<void>();
  const started = async () => {
    last = await start();
    act(last);
    return last;
  };
  act(first);
  const kept = keepRunning('The worker', first, started, stopping.signal, (line) => {
    told.push(line);
    if (told.length === lines) enough.resolve();
  });
  await enough.promise;
  stopping.abort();
  await last.kill();
  await kept;
  return told;
}

test('one that is killed, however often, starts again after a second and is left alone while it waits', async () => {
  let kills = 0;
  const told = await watch(waiting(), waiting, 5, (service) => {
    if (++kills <= 2) process.kill(service.pid, 'SIGKILL');
    else if (kills === 3) process.kill(service.pid, 'SIGTERM');
  });
  expect(told).toEqual([
    'The worker has ended unexpectedly (SIGKILL); starting it again in 1 s.',
    'The worker runs again.',
    'The worker has ended unexpectedly (SIGKILL); starting it again in 1 s.',
    'The worker runs again.',
    'The worker has ended unexpectedly (SIGTERM); starting it again in 1 s.',
  ]);
});

test('one that ends by itself soon after its start waits longer each time; one that cannot be started tells why and nobody to run anything', async () => {
  const start = () => {
    throw new PlainError('The Temporal server does not answer (it said: nothing): run the command again (details in x.log).');
  };
  const told = await watch(run('process.exit(3)'), start, 2, () => {});
  expect(told).toEqual([
    'The worker has ended unexpectedly (exit code 3); starting it again in 1 s.',
    'The worker could not be started (The Temporal server does not answer (it said: nothing)); starting it again in 2 s.',
  ]);
});
