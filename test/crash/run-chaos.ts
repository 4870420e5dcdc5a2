/** `npm run chaos -- --kills N --seed S`: started by tools/chaos.mjs, which has found the Temporal server. */
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { stopOwnChildren } from '../../tools/setup/children.mjs';
import { explainError } from '../../tools/setup/explain.mjs';
import { PlainError, say } from '../../tools/setup/say.mjs';
import { runChaos } from '../support/chaos/chaos.ts';

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => void leave(130));

async function leave(exitCode: number): Promise<void> {
  await stopOwnChildren();
  process.exit(exitCode);
}

async function run(): Promise<number> {
  const kills = wholeNumber('kills', 500);
  const seed = wholeNumber('seed', Date.now() % 1_000_000);
  const again = `npm run chaos -- --kills ${kills} --seed ${seed}`;
  say(`Chaos with the seed ${seed}: ${kills} kills under load. To repeat: ${again}`);
  const { broken, answers, rungs, seconds, folder } = await runChaos({ kills, seed, say, keep: true });
  const told = Object.entries(answers).map(([status, count]) => `${count} × ${status}`);
  say(`${kills} kills in ${seconds} s; answers: ${told.join(', ')}; ${rungs} rungs.`);
  if (broken.length === 0) {
    rmSync(folder, { recursive: true });
    say(`Every invariant holds (seed ${seed}).`);
    return 0;
  }
  for (const what of broken) say(`BROKEN: ${what}`);
  say(`${broken.length} broken with the seed ${seed}; data and logs are in ${folder}. To repeat: ${again}`);
  return 1;
}

function wholeNumber(name: 'kills' | 'seed', otherwise: number): number {
  const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } });
  const value = Number(values[name] ?? otherwise);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new PlainError(`--${name} must be a whole number, as in "npm run chaos -- --kills 500 --seed 1".`);
}

await leave(await run().catch((error: unknown) => explainError(error)));
