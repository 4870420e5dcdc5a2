/** What must be true after every act of the simulated quarter: the twelve invariants of sterile supply, looked at in the records themselves. */

import { scopeOf } from '../recall/scope.ts';
import { expiresOnOf, nominalExpiresOn } from '../sterile-supply/expiry.ts';
import { cyclesOf } from './recalls.ts';
import { pick, type SimulatedPack, type SimulatedWorld } from './world.ts';

/** Sentences about what is untrue now; none when all is well. */
export function findBrokenInvariants(world: SimulatedWorld): string[] {
  return [...livePacksOnce(world), ...packsWhereTheyMayBe(world), ...runsApart(world), ...recallsWhole(world), ...roundsAddUp(world)];
}

const lives = ({ status }: SimulatedPack): boolean => status !== 'ended';

/** One live pack a set (2), the statuses of set and pack agree, packer is not checker (8), expiry by the worst storage (11). */
function livePacksOnce(world: SimulatedWorld): string[] {
  const broken: string[] = [];
  const seen = new Set<string>();
  for (const pack of world.packs.values()) {
    if (!lives(pack)) continue;
    if (seen.has(pack.setId)) broken.push(`the set ${pack.setId} has two live packs`);
    seen.add(pack.setId);
    if (pack.surgical && pack.checkerId === pack.packerId) broken.push(`${pack.id} was checked by its packer`);
    const { packaging, sterilisedOn, exposed, expiresOn, nominalExpiresOn: nominal } = pack;
    if (sterilisedOn === null || expiresOn === null || nominal === null) continue;
    if (expiresOn > nominalExpiresOn(packaging, sterilisedOn, world.rules) || expiresOn > nominal)
      broken.push(`${pack.id} expires too late`);
    if (expiresOn !== expiresOnOf({ packaging, sterilisedOn, exposed, expiresOn }, world.rules))
      broken.push(`${pack.id} is not dated by its storage`);
  }
  for (const { id, status } of world.sets.values())
    if (status === 'packed' && !seen.has(id)) broken.push(`the packed set ${id} has no pack`);
  return broken;
}

/** What lies at a centre came out of a load that was released, with a good indicator, and belongs there (1, 6, 7). */
function packsWhereTheyMayBe(world: SimulatedWorld): string[] {
  return [...world.packs.values()].flatMap((pack) => {
    if (!['allocated', 'on-vehicle', 'at-centre', 'opened'].includes(pack.status)) return [];
    const load = pick(world.loads, pack.loadId ?? '');
    const broken: string[] = [];
    if (load.releasedBy === null || load.releasedBy === load.operatorId)
      broken.push(`${pack.id} left with a load that was not released by another`);
    if (load.physical !== 'pass' || pack.outerCi !== 'pass') broken.push(`${pack.id} left without its records`);
    if (!load.packIds.includes(pack.id)) broken.push(`${pack.id} is in no load`);
    if (pack.ownerId !== null && pack.holder.type === 'centre' && pack.holder.id !== pack.ownerId)
      broken.push(`${pack.id} lies at a centre that does not own it`);
    return broken;
  });
}

/** Runs of one steriliser never overlap, none begins while it is out (6). */
function runsApart(world: SimulatedWorld): string[] {
  return [...world.sterilisers.values()].flatMap(({ id, outages }) => {
    const runs = [...world.loads.values()]
      .filter((load) => load.steriliserId === id && load.startedAt !== null)
      .sort((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0));
    return runs.flatMap((run, index) => {
      const before = runs[index - 1];
      const broken: string[] = [];
      if (before && (before.endedAt ?? Number.POSITIVE_INFINITY) > (run.startedAt ?? 0)) broken.push(`${run.id} overlaps ${before.id}`);
      const out = outages.some(({ since, until }) => since < (run.startedAt ?? 0) && (until === null || until > (run.startedAt ?? 0)));
      if (run.purpose === 'packs' && out) broken.push(`${run.id} ran while ${id} was out`);
      return broken;
    });
  });
}

/** The scope of a recall holds all packs that it must, none of them is handed out, and each ends once (9). */
function recallsWhole(world: SimulatedWorld): string[] {
  return [...world.recalls.values()].flatMap((recall) => {
    if (recall.status === 'closed')
      return [...recall.lines.values()].some(({ end }) => end === null) ? [`${recall.id} is closed with open lines`] : [];
    const { policy, qualifiedAt } = pick(world.sterilisers, recall.steriliserId);
    const { failedLoadIds, outOfServiceAt } = recall;
    const scope = scopeOf({ policy, cycles: cyclesOf(world, recall.steriliserId), qualifiedAt, failedLoadIds, outOfServiceAt });
    const lacking = scope.loadIds.flatMap((id) => pick(world.loads, id).packIds).filter((id) => !recall.lines.has(id));
    const given = [...recall.lines.keys()].filter((id) => pick(world.packs, id).status === 'allocated');
    return [...lacking.map((id) => `${id} is missing in ${recall.id}`), ...given.map((id) => `${id} is recalled and allocated`)];
  });
}

/** Loaded = delivered + returned + aboard; declared = received + missing - extra (3). */
function roundsAddUp(world: SimulatedWorld): string[] {
  const ofSlips = [...world.slips.values()].flatMap(({ id, lines }) =>
    lines.some(({ received, declared, missing, extra }) => received !== null && declared !== received + missing - extra)
      ? [`${id} does not add up`]
      : [],
  );
  const ofRounds = [...world.rounds.values()].flatMap(({ id, status, loadedPackIds, deliveredPackIds }) => {
    if (status === 'closed' || status === 'cancelled') return [];
    const elsewhere = loadedPackIds.filter((packId) => {
      const { holder } = pick(world.packs, packId);
      return !deliveredPackIds.includes(packId) && holder.type === 'centre';
    });
    return elsewhere.map((packId) => `${packId} of ${id} lies at a centre and was not delivered`);
  });
  return [...ofSlips, ...ofRounds];
}
