/** A short run of `npm run chaos`: processes die at drawn moments under load. */
import { expect, test } from 'vitest';
import { runChaos } from '../support/chaos/chaos.ts';

const seed = Number(process.env.CAREPATH_TEST_SEED ?? Date.now() % 1_000_000);

test('six kills under load break nothing', { timeout: 600_000 }, async () => {
  console.log(`Chaos with the seed ${seed}; npm run chaos -- --kills 6 --seed ${seed} repeats it.`);
  const { broken } = await runChaos({ kills: 6, seed, say: () => {} });
  expect(broken).toEqual([]);
});
