/** What must be true after every act of the simulated quarter: the twelve invariants of sterile supply, looked at in the records themselves. */
import type { SimulatedWorld } from '../world.ts';
import { findLedgerBroken } from './ledger.ts';
import { createMemory, remember, type WorldMemory } from './memory.ts';
import { findDatesLengthened, findHandedWrongly, findSetsTwice } from './packs.ts';
import { findRecallsLacking } from './recalls.ts';
import { findBoxesMixed, findDifferencesUnowned, findSpecialsTogether, findStepsSkipped } from './rounds.ts';
import { findLoadsShared, findRunsWrong, findSamePersons } from './sterilisers.ts';

export interface Invariant {
  number: number;
  says: string;
  /** Sentences about what is untrue now; none when all is well. */
  find(world: SimulatedWorld, before: WorldMemory): string[];
}

export const invariants: readonly Invariant[] = [
  { number: 1, says: 'only what is dispensable is set aside, carried, handed over, opened', find: findHandedWrongly },
  { number: 2, says: 'a set has one live pack and is where its pack is', find: findSetsTwice },
  { number: 3, says: 'rounds and lines add up, each difference has its discrepancy', find: findDifferencesUnowned },
  { number: 4, says: 'a box keeps its lane, nothing uncleaned departs', find: findBoxesMixed },
  { number: 5, says: 'gloves off and hands clean between soiled and sterile', find: findStepsSkipped },
  { number: 6, says: 'a passed Bowie-Dick test before the runs of a day, none while out of service, none at once', find: findRunsWrong },
  { number: 7, says: 'a pack is in one load, its members are frozen at the start', find: findLoadsShared },
  { number: 8, says: 'another person checks, releases, closes', find: findSamePersons },
  { number: 9, says: 'a recall has all packs of its scope, only grows, and each line ends once', find: findRecallsLacking },
  { number: 10, says: 'the ledger only grows, a scan is in it once', find: findLedgerBroken },
  { number: 11, says: 'a date of expiry is that of the worst storage and never later', find: findDatesLengthened },
  { number: 12, says: 'a special pathogen is alone in its box', find: findSpecialsTogether },
];

/** Call the watch after each act: it remembers what was before. */
export function createInvariantWatch(): (world: SimulatedWorld) => string[] {
  const memory = createMemory();
  return (world) => {
    const broken = invariants.flatMap(({ number, find }) => find(world, memory).map((what) => `${what} (invariant ${number})`));
    remember(memory, world);
    return broken;
  };
}
