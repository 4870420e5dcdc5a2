/** Invariants 6, 7 and 8: runs of sterilisers, members of loads, a second person. */
import { localDateOf } from '../../time/local-date.ts';
import { pick, type SimulatedLoad, type SimulatedSteriliser, type SimulatedWorld } from '../world.ts';
import type { WorldMemory } from './memory.ts';

export function findRunsWrong(world: SimulatedWorld, before: WorldMemory): string[] {
  return [...world.sterilisers.values()].flatMap((steriliser) => {
    const runs = [...world.loads.values()]
      .filter((load) => load.steriliserId === steriliser.id && load.startedAt !== null)
      .sort((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0));
    return runs.flatMap((run, index) => [
      ...(endOf(runs[index - 1]) > (run.startedAt ?? 0) ? [`${run.id} overlaps the run before it`] : []),
      ...(before.members.has(run.id) || run.purpose !== 'packs' ? [] : findStartWrong(steriliser, run)),
    ]);
  });
}

const endOf = (run: SimulatedLoad | undefined): number => (run ? (run.endedAt ?? Number.POSITIVE_INFINITY) : 0);

function findStartWrong({ id, outages, bowieDickTests }: SimulatedSteriliser, run: SimulatedLoad): string[] {
  const startedAt = run.startedAt ?? 0;
  const lastTest = bowieDickTests.findLast(({ endedAt }) => endedAt <= startedAt);
  const isTested = lastTest?.result === 'pass' && localDateOf(lastTest.endedAt) === localDateOf(startedAt);
  const isOut = outages.some(({ since, until }) => since <= startedAt && (until === null || until > startedAt));
  return [...(isTested ? [] : [`${run.id} ran without a passed test of the day`]), ...(isOut ? [`${run.id} ran while ${id} was out`] : [])];
}

export function findLoadsShared(world: SimulatedWorld, before: WorldMemory): string[] {
  const broken: string[] = [];
  const seen = new Map<string, string>();
  for (const { id, rejected, packIds } of world.loads.values()) {
    const frozen = before.members.get(id);
    if (frozen && (frozen.length !== packIds.length || frozen.some((packId, index) => packId !== packIds[index])))
      broken.push(`the members of ${id} have changed after its start`);
    if (rejected) continue;
    for (const packId of packIds) {
      if (seen.has(packId)) broken.push(`${packId} is in ${id} and in ${seen.get(packId)}`);
      seen.set(packId, id);
    }
  }
  return broken;
}

export function findSamePersons(world: SimulatedWorld): string[] {
  const packs = [...world.packs.values()].filter(({ surgical, packerId, checkerId, loadId }) => {
    const isChecked = checkerId !== null && checkerId !== packerId;
    return surgical && loadId !== null && !isChecked;
  });
  const loads = [...world.loads.values()].filter(
    ({ releasedBy, operatorId, unloadedBy }) => releasedBy !== null && (releasedBy === operatorId || releasedBy === unloadedBy),
  );
  const recalls = [...world.recalls.values()].filter(({ status, signedBy }) => status === 'closed' && new Set(signedBy).size < 2);
  return [
    ...packs.map(({ id }) => `${id} was checked by nobody but its packer`),
    ...loads.map(({ id }) => `${id} was released by who ran it`),
    ...recalls.map(({ id }) => `${id} was closed by one person`),
    ...releasedWithout(world),
  ];
}

/** What was released was released by somebody. */
const releasedWithout = (world: SimulatedWorld): string[] =>
  [...world.packs.values()].flatMap(({ id, status, loadId }) =>
    status === 'released' && pick(world.loads, loadId ?? '').releasedBy === null ? [`${id} was released by nobody`] : [],
  );
