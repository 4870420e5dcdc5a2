/** The service in processes of its own, callers who insist on their answers, and what must hold whoever was killed. */
import { expect, test } from 'vitest';
import { createRandom, type Random } from '../../../domain/kit/random.ts';
import { type Evidence, findBrokenDeliveries } from '../oracles/invariants.ts';
import { testSeed } from '../seed.ts';
import { type PartName, type Processes, startProcesses } from '../service/processes.ts';
import { type Callers, createCallers } from './callers.ts';

export const FIVE_MINUTES = 300_000;

export interface KillableService {
  processes: Processes;
  callers: Callers;
  evidence: Evidence;
  restart(...names: PartName[]): Promise<void>;
  stop(): Promise<void>;
}

/** The accounts have signed in. */
export async function startKillableService(...accounts: string[]): Promise<KillableService> {
  const processes = await startProcesses();
  const callers = createCallers(processes.apiUrl);
  await callers.signIn(...accounts);
  return {
    processes,
    callers,
    evidence: { ...processes, answered: callers.answered },
    async restart(...names) {
      await Promise.all(names.map((name) => processes.parts[name].start()));
    },
    stop: () => processes.stop(),
  };
}

/** Draws what differs from run to run, and says how to repeat the run. */
export function randomOfRun(): Random {
  const seed = testSeed;
  console.log(`Crash tests with the seed ${seed}; CAREPATH_TEST_SEED=${seed} repeats them.`);
  return createRandom(seed);
}

/** The test that ends a file of kills in which messages may have been under way. */
export function testThatEveryMessageArrivedOnce(service: () => KillableService): void {
  test('after all of it every message has reached its receiver once', { timeout: FIVE_MINUTES }, async () => {
    expect(await findBrokenDeliveries(service().evidence)).toEqual([]);
  });
}

/** The last test of a file of kills. */
export function testThatNoProcessEndedByItself(service: () => KillableService): void {
  test('no process has ended by itself', () => {
    expect(Object.values(service().processes.parts).map((part) => [part.name, part.unasked()])).toEqual([
      ['postgres', 0],
      ['temporal', 0],
      ['worker', 0],
      ['api', 0],
    ]);
  });
}
