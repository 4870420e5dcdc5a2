/** Whether every command is run: what the README names, and what package.json offers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';

/** Names of scripts that test-commands.mjs and its parts run. */
const run = ['test', 'format', 'chaos', 'fuzz', 'bench', 'carepath', 'record-histories', 'client', 'start'];

/** Why the others are not run here. */
const notRun = new Map([
  ['check', '.ci/run begins with it'],
  ['test:long', '.ci/run runs it before the commands'],
  ['test:commands', 'this command'],
]);

/** @param {import('./shell.mjs').Check} check */
export function checkCoverage(check) {
  return check('every command that the README or package.json names is run here', async () => {
    const named = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/npm (?:run )?(start|test\b(?!:)|(?<=run )[a-z][a-z:-]*)/g)];
    const offered = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts);
    const forgotten = [...named.map((match) => match[1] ?? ''), ...offered].filter((name) => !run.includes(name) && !notRun.has(name));
    if (forgotten.length > 0) throw new Error(`nothing runs ${[...new Set(forgotten)].join(', ')}`);
  });
}
