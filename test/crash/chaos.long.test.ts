/** A short run of `npm run chaos`: processes die at drawn moments under load. */
import { expect, test } from 'vitest';
import { runChaos } from '../support/chaos/chaos.ts';
import { testSeed } from '../support/seed.ts';

const seed = testSeed;

test('six kills under load break nothing', { timeout: 600_000 }, async () => {
  console.log(`Chaos with the seed ${seed}; npm run chaos -- --kills 6 --seed ${seed} repeats it.`);
  const { broken } = await runChaos({ kills: 6, seed, say: () => {} });
  expect(broken).toEqual([]);
});
