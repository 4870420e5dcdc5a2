/** `npm start`: the eight lines, replay of what runs, Ctrl-C, and a second start from the caches. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const readyWithinMilliseconds = 300_000;
const stoppedWithinMilliseconds = 60_000;
const secondStartMilliseconds = 60_000;

/** Where no server answers: every way to the network that the set-up knows ends here. */
const noNetwork = {
  http_proxy: 'http://127.0.0.1:1',
  https_proxy: 'http://127.0.0.1:1',
  no_proxy: '127.0.0.1,localhost',
  npm_config_registry: 'http://127.0.0.1:1',
  npm_config_offline: 'true',
  PIP_NO_INDEX: '1',
  GOPROXY: 'off',
};

/**
 * @param {import('./shell.mjs').Check} check
 * @param {import('./shell.mjs').Shell} shell
 */
export async function checkStart(check, shell) {
  const ports = await choosePorts(shell.folder);
  /** @type {ReturnType<typeof shell.start> | undefined} */
  let service;
  try {
    await check('npm start', async () => {
      service = shell.start('npm', ['start'], ports);
      await untilItRuns(service);
    });
    const lines = linesToPaste(service?.output() ?? '');
    await check('npm start prints eight lines to paste', async () => {
      if (lines.length !== 8) throw new Error(`it prints ${lines.length}`);
    });
    const answers = [
      /"status":"received"/,
      /"status":"accepted"/,
      /"status":"completed"/,
      /rung-50.*rung-100.*"event":"expire"/s,
      /"status":"departed".*"status":"left".*"status":"sterile-handed".*"status":"scheduled"/s,
      /"status":"checked"/,
      /"status":"signed"/,
      /"status":"fail".*"reason":"bi-failed"/s,
    ];
    for (const [index, line] of lines.entries()) {
      await check(`line ${index + 1} of the eight`, async () => (await shell.paste(line)).says(answers[index] ?? /./));
    }
    await check('npm run carepath -- replay --kind referral --status open', async () => {
      const replayed = await shell.paste('npm run carepath -- replay --kind referral --status open');
      replayed.says(/^[1-9]\d* runs? replayed, all fit the bundle/m);
    });
    await check('Ctrl-C stops all of it', () => interrupt(shell, service));
    await check('npm start a second time, without network and within a minute', async () => {
      const begun = Date.now();
      service = shell.start('npm', ['start'], { ...ports, ...noNetwork });
      await untilItRuns(service);
      const fetched = /^(Installing|Fetching|Downloading|Building|Making the database).*$/m.exec(service.output());
      if (fetched) throw new Error(`it says "${fetched[0]}"`);
      if (Date.now() - begun > secondStartMilliseconds) throw new Error(`it took ${Math.round((Date.now() - begun) / 1000)} s`);
    });
    await check('Ctrl-C stops the second one too', () => interrupt(shell, service));
  } finally {
    service?.interrupt();
    await service?.ended;
  }
}

/**
 * Free ports for everything that listens: another carepath may hold the usual ones.
 * @param {string} folder
 */
async function choosePorts(folder) {
  const [api, worker, postgres, temporal] = await freePorts(4);
  mkdirSync(join(folder, '.carepath'), { recursive: true });
  writeFileSync(join(folder, '.carepath', 'ports.json'), JSON.stringify({ postgres, temporal }));
  return { CAREPATH_API_PORT: String(api), CAREPATH_WORKER_PORT: String(worker) };
}

/** @param {number} count */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port);
  for (const server of servers) server.close();
  return ports;
}

/** @param {ReturnType<import('./shell.mjs').Shell['start']>} service */
async function untilItRuns(service) {
  let isOver = false;
  void service.ended.then(() => {
    isOver = true;
  });
  for (const until = Date.now() + readyWithinMilliseconds; Date.now() < until && !isOver; await sleep(100)) {
    if (/^Ctrl-C stops it/m.test(service.output())) return;
  }
  throw new Error(`it does not run:\n${service.output().trimEnd().split('\n').slice(-25).join('\n')}`);
}

/**
 * The commands between "Try it" and the last line of the page, without their comments.
 * @param {string} output
 */
function linesToPaste(output) {
  const page = output.split('Try it: paste these lines')[1]?.split('\nCtrl-C stops it')[0] ?? '';
  return page.split('\n').filter((line) => line.startsWith('curl '));
}

/**
 * @param {import('./shell.mjs').Shell} shell
 * @param {ReturnType<import('./shell.mjs').Shell['start']> | undefined} service
 */
async function interrupt(shell, service) {
  service?.interrupt();
  const code = await Promise.race([service?.ended, sleep(stoppedWithinMilliseconds, 'late', { ref: false })]);
  if (code === 'late') throw new Error(`it still runs after ${stoppedWithinMilliseconds / 1000} s`);
  if (!/^Stopped\.$/m.test(service?.output() ?? '')) throw new Error('it does not say that it has stopped');
  shell.leavesNothing();
}
