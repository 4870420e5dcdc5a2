/** `npm run fuzz -- --count N --seed S`: started by tools/fuzz.mjs, which has found the Temporal server. */
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { stopOwnChildren } from '../../tools/setup/children.mjs';
import { explainError } from '../../tools/setup/explain.mjs';
import { PlainError, say } from '../../tools/setup/say.mjs';
import { fuzzService } from '../support/fuzz/fuzz-service.ts';

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => void leave(130));

async function leave(exitCode: number): Promise<void> {
  await stopOwnChildren();
  process.exit(exitCode);
}

async function run(): Promise<number> {
  const count = wholeNumber('count', 100_000);
  const seed = wholeNumber('seed', Date.now() % 1_000_000);
  const again = `npm run fuzz -- --count ${count} --seed ${seed}`;
  say(`Fuzz with the seed ${seed}: ${count} messages and bodies. To repeat: ${again}`);
  const { broken, answers, memoryMb, seconds, folder } = await fuzzService({ count, seed, say });
  const told = Object.entries(answers).map(([what, number]) => `${number} × ${what}`);
  say(`${count} in ${seconds} s; answers: ${told.join(', ')}; memory ${memoryMb.early} MB, then ${memoryMb.late} MB.`);
  if (broken.length === 0) {
    rmSync(folder, { recursive: true });
    say(`Each was answered, and nothing is half done (seed ${seed}).`);
    return 0;
  }
  for (const what of broken) say(`BROKEN: ${what}`);
  say(`${broken.length} broken with the seed ${seed}; data and logs are in ${folder}. To repeat: ${again}`);
  return 1;
}

function wholeNumber(name: 'count' | 'seed', otherwise: number): number {
  const { values } = parseArgs({ options: { count: { type: 'string' }, seed: { type: 'string' } } });
  const value = Number(values[name] ?? otherwise);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new PlainError(`--${name} must be a whole number, as in "npm run fuzz -- --count 100000 --seed 1".`);
}

await leave(await run().catch((error: unknown) => explainError(error)));
