// `npm run test:commands`: runs every command that the README names once, small, from the shell and in a fresh copy of this clone.
import './setup/check-platform.mjs';
import { rmSync, writeFileSync } from 'node:fs';
import { checkBenches } from './commands/benches.mjs';
import { copyOfClone } from './commands/fresh-copy.mjs';
import { checkCoverage } from './commands/readme.mjs';
import { createShell } from './commands/shell.mjs';
import { checkStart } from './commands/start.mjs';
import { launch } from './setup/launch.mjs';
import { dataFolder, makeFolder } from './setup/paths.mjs';
import { say } from './setup/say.mjs';
import { closingLines, reports } from './setup/test-report.mjs';

await launch(async () => {
  rmSync(reports.commands, { force: true });
  const folder = copyOfClone();
  const shell = createShell(folder);
  /** @type {{ fullName: string, status: 'passed' | 'failed', failureMessages: string[] }[]} */
  const results = [];

  /** @type {import('./commands/shell.mjs').Check} */
  async function check(title, work) {
    const begun = Date.now();
    let failure = '';
    try {
      await work();
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    const seconds = ((Date.now() - begun) / 1000).toFixed(1);
    say(failure ? `FAILED  ${title} (${seconds} s): ${failure}` : `ok      ${title} (${seconds} s)`);
    results.push({ fullName: title, status: failure ? 'failed' : 'passed', failureMessages: failure ? [failure] : [] });
  }

  await checkCoverage(check);
  // The first command finds nothing installed, as after `git clone`.
  await check('npm test -- test/time', async () => {
    (await shell.npm(['test', '--', 'test/time'])).saysLast(/^\d+ passed, 0 failed$/);
  });
  await check('npm run format', async () => {
    (await shell.npm(['run', 'format'])).says(/Checked \d+ files/);
  });
  await check('npm run client', async () => {
    (await shell.npm(['run', 'client'])).says(/The client in client\/ is as the API is now/);
  });
  await check('npm run chaos -- --kills 2 --seed 1', async () => {
    (await shell.npm(['run', 'chaos', '--', '--kills', '2', '--seed', '1'])).says(/Every invariant holds \(seed 1\)/);
  });
  await check('npm run fuzz -- --count 50 --seed 1', async () => {
    (await shell.npm(['run', 'fuzz', '--', '--count', '50', '--seed', '1'])).says(/nothing is half done \(seed 1\)/);
  });
  await checkBenches(check, shell);
  await check('npm run carepath -- --help', async () => {
    (await shell.npm(['run', 'carepath', '--', '--help'])).says(/carepath replay --id/);
  });
  await check('npm run carepath -- simulate --residents 50 --years 1 --seed 1', async () => {
    (await shell.npm(['run', 'carepath', '--', 'simulate', '--residents', '50', '--years', '1', '--seed', '1'])).says(/50 residents/);
  });
  await check('npm run carepath -- simulate-supply --days 20 --seed 1', async () => {
    (await shell.npm(['run', 'carepath', '--', 'simulate-supply', '--days', '20', '--seed', '1'])).says(/39 centres, 20 days/);
  });
  await check('npm run carepath -- replay --folder test/histories', async () => {
    (await shell.npm(['run', 'carepath', '--', 'replay', '--folder', 'test/histories'])).says(/\d+ runs replayed, all fit the bundle/);
  });
  await check('npm run record-histories', async () => {
    (await shell.npm(['run', 'record-histories'])).says(/Every ending is recorded/);
  });
  await checkStart(check, shell);

  makeFolder(dataFolder);
  const status = results.some((each) => each.status === 'failed') ? 'failed' : 'passed';
  writeFileSync(reports.commands, JSON.stringify({ testResults: [{ name: 'commands', status, assertionResults: results }] }));
  const exitCode = status === 'failed' ? 1 : 0;
  for (const line of closingLines([{ report: reports.commands, exitCode }])) say(line);
  return exitCode;
});
