/** Recalls and breaches of the climate in the simulated world. */
import { findMissing } from '../recall/completeness.ts';
import { followPack } from '../recall/follow.ts';
import { bornLineOf, holderKey } from '../recall/holders.ts';
import { findOutOfServiceAt, type SteriliserCycle, scopeOf } from '../recall/scope.ts';
import { expiresOnOf, needsClimateReview } from '../sterile-supply/expiry.ts';
import type { SupplyAct } from './acts.ts';
import { openDiscrepancy } from './discrepancies.ts';
import { mustHold, pick, type SimulatedLoad, type SimulatedPack, type SimulatedRecall, type SimulatedWorld } from './world.ts';

type ActOf<Name extends SupplyAct['act']> = Extract<SupplyAct, { act: Name }>;

const placesOf = ({ cssdId, infectionId }: SimulatedWorld) => ({ cssdId, infectionId });

/** Whether a recall, open or closed, has a line of the pack. */
export const isRecalled = (world: SimulatedWorld, packId: string): boolean =>
  [...world.recalls.values()].some(({ lines }) => lines.has(packId));

export function openRecall(world: SimulatedWorld, load: SimulatedLoad, at: number): void {
  const steriliser = pick(world.sterilisers, load.steriliserId);
  const outOfServiceAt = findOutOfServiceAt(
    load.startedAt ?? at,
    steriliser.outages.map(({ since }) => since),
    at,
  );
  const same = [...world.recalls.values()].find(
    (recall) => recall.steriliserId === steriliser.id && recall.outOfServiceAt === outOfServiceAt && recall.status === 'open',
  );
  const recall: SimulatedRecall = same ?? {
    id: `recall-${world.recalls.size + 1}`,
    steriliserId: steriliser.id,
    failedLoadIds: [],
    outOfServiceAt,
    loadIds: [],
    lines: new Map(),
    acknowledged: new Set(),
    cause: false,
    report: false,
    signedBy: [],
    status: 'open',
    openedAt: at,
  };
  recall.failedLoadIds.push(load.id);
  world.recalls.set(recall.id, recall);
  growRecall(world, recall, at);
}

export const cyclesOf = (world: SimulatedWorld, steriliserId: string): SteriliserCycle[] =>
  [...world.loads.values()]
    .filter((load) => load.steriliserId === steriliserId && load.startedAt !== null)
    .map(({ id, startedAt, purpose, physical, indicatorIds }) => ({
      loadId: id,
      startedAt: startedAt ?? 0,
      purpose,
      physical,
      indicators: indicatorIds.map((indicator) => pick(world.indicators, indicator).status),
    }));

function growRecall(world: SimulatedWorld, recall: SimulatedRecall, at: number): void {
  const { policy, qualifiedAt } = pick(world.sterilisers, recall.steriliserId);
  const { failedLoadIds, outOfServiceAt } = recall;
  const scope = scopeOf({ policy, cycles: cyclesOf(world, recall.steriliserId), qualifiedAt, failedLoadIds, outOfServiceAt });
  recall.loadIds = scope.loadIds;
  for (const packId of scope.loadIds.flatMap((id) => pick(world.loads, id).packIds)) {
    if (recall.lines.has(packId)) continue;
    const pack = pick(world.packs, packId);
    const { holder, end } = bornLineOf({ status: pack.status, opened: pack.openedAt !== null, custody: pack.holder }, placesOf(world));
    recall.lines.set(packId, { packId, holder, toldAt: end === null ? at : null, end });
    if (pack.status === 'allocated') Object.assign(pack, { status: 'released', allocatedTo: null });
  }
}

/** The lines of open recalls follow packs that were moved, seen, opened or ended. */
export function followRecalls(world: SimulatedWorld, packIds: readonly string[]): void {
  for (const recall of world.recalls.values()) {
    if (recall.status === 'closed') continue;
    for (const packId of packIds) {
      const line = recall.lines.get(packId);
      if (!line || line.end !== null) continue;
      const pack = pick(world.packs, packId);
      const step = followPack(
        line,
        { status: pack.status, opened: pack.openedAt !== null, openedAt: pack.openedAt, custody: pack.holder },
        placesOf(world),
      );
      if (step.step === 'retrieve') line.end = 'retrieved';
      if (step.step !== 'move') continue;
      line.holder = step.holder;
      line.toldAt = world.now;
      recall.acknowledged.delete(holderKey(step.holder));
      if (step.usedAfterStopUse) openDiscrepancy(world, { kind: 'used-after-stop-use', subjectId: packId });
    }
  }
}

/** All holders of open lines say that they have been told. */
export function acknowledgeRecall(world: SimulatedWorld, { recallId }: ActOf<'acknowledge-recall'>): void {
  const recall = pick(world.recalls, recallId);
  for (const { holder } of recall.lines.values()) if (holder.type !== 'none') recall.acknowledged.add(holderKey(holder));
}

export function accountFor(
  world: SimulatedWorld,
  { recallId, packIds }: { recallId: string; packIds: string[] },
  end: 'used' | 'retrieved',
): void {
  const recall = pick(world.recalls, recallId);
  for (const id of packIds) {
    const line = pick(recall.lines, id);
    mustHold(line.end === null && (end === 'used') === (line.holder.type === 'infection'), `a line that ends as ${end}`);
    line.end = end;
  }
}

export function missingOf(world: SimulatedWorld, recall: SimulatedRecall): string[] {
  const lines = [...recall.lines.values()];
  const holders = new Set(lines.filter(({ holder }) => holder.type !== 'none').map(({ holder }) => holderKey(holder)));
  return findMissing({
    drill: false,
    unacknowledged: [...holders].filter((key) => !recall.acknowledged.has(key)).length,
    openLines: lines.filter(({ end }) => end === null).length,
    cause: recall.cause ? 'cause' : null,
    report: recall.report ? 'report' : null,
    steriliserStatus: pick(world.sterilisers, recall.steriliserId).status,
  });
}

export function signRecall(world: SimulatedWorld, { recallId }: ActOf<'sign-recall'>): void {
  const recall = pick(world.recalls, recallId);
  const missing = missingOf(world, recall);
  mustHold(missing.length === 0, `the closing of a recall that lacks ${missing.join()}`);
  recall.signedBy = ['headnurse', 'infection'];
  recall.status = 'closed';
}

/** The shelves of a centre were outside the climate: what lay there is dated again, or waits for a review. */
export function breachClimate(world: SimulatedWorld, { breachId, institutionId }: ActOf<'breach'>): void {
  const packs = [...world.packs.values()].filter(({ status, holder }) => status === 'at-centre' && holder.id === institutionId);
  for (const pack of packs) exposePack(world, pack);
  const waiting = packs.filter(({ packaging }) => needsClimateReview(packaging, world.rules)).map(({ id }) => id);
  world.breaches.set(breachId, { id: breachId, institutionId, packIds: waiting, reviewed: false });
}

function exposePack(world: SimulatedWorld, pack: SimulatedPack): void {
  const { packaging, sterilisedOn, expiresOn } = pack;
  if (sterilisedOn === null) return;
  pack.exposed = true;
  pack.expiresOn = expiresOnOf({ packaging, sterilisedOn, exposed: true, expiresOn }, world.rules);
}

export function reviewBreach(world: SimulatedWorld, { breachId }: ActOf<'review-breach'>): void {
  pick(world.breaches, breachId).reviewed = true;
}

export const openBreachesOf = (world: SimulatedWorld, packId: string): string[] =>
  [...world.breaches.values()].filter(({ reviewed, packIds }) => !reviewed && packIds.includes(packId)).map(({ id }) => id);
