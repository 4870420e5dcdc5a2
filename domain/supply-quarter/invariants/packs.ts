/** Invariants 1, 2 and 11: what may be handed over, one life at a time, dates of expiry. */
import { expiresOnOf, nominalExpiresOn } from '../../sterile-supply/expiry.ts';
import type { LoadStatus, PackStatus } from '../../sterile-supply/vocabulary.ts';
import { localDateOf } from '../../time/local-date.ts';
import { pick, type SimulatedPack, type SimulatedWorld } from '../world.ts';
import type { WorldMemory } from './memory.ts';

/** In these statuses somebody relies on the pack. */
const relied: readonly PackStatus[] = ['allocated', 'on-vehicle', 'at-centre', 'opened'];
const good: readonly LoadStatus[] = ['released', 'released-early', 'confirmed'];

/** Judged by the records and not by the function that the gates ask. What a telephone tells late may be wrong, but then somebody has to hear of it. */
export function findHandedWrongly(world: SimulatedWorld, before: WorldMemory): string[] {
  const recalled = new Set([...world.recalls.values()].flatMap(({ lines }) => [...lines.keys()]));
  const toldLate = world.ledger.at(-1)?.act === 'scan-opened';
  return [...world.packs.values()].flatMap((pack) => {
    if (!relied.includes(pack.status) || before.packs.get(pack.id)?.status === pack.status) return [];
    const wrong = [...wrongWith(world, pack), ...(recalled.has(pack.id) && !toldLate ? ['recalled'] : [])];
    if (wrong.length === 0 || (toldLate && hasGate(world, pack.id))) return [];
    return [`${pack.id} is ${pack.status} although it is ${wrong.join(', ')}`];
  });
}

const hasGate = (world: SimulatedWorld, packId: string): boolean =>
  [...world.discrepancies.values()].some(({ kind, subjectId }) => kind === 'gate' && subjectId === packId);

function wrongWith(world: SimulatedWorld, pack: SimulatedPack): string[] {
  const load = pick(world.loads, pack.loadId ?? '');
  const usedOn = localDateOf(pack.openedAt ?? world.now);
  const failed = load.indicatorIds.some((id) => pick(world.indicators, id).status === 'fail');
  const waits = [...world.breaches.values()].some(({ reviewed, packIds }) => !reviewed && packIds.includes(pack.id));
  const centreId = pack.consignedTo?.institutionId ?? pack.allocatedTo?.institutionId ?? pack.ownerId;
  return [
    ...(good.includes(load.status) || (pack.status === 'opened' && failed) ? [] : [`of a load that is ${load.status}`]),
    ...(load.physical === 'pass' && pack.outerCi === 'pass' ? [] : ['without its records']),
    ...(pack.expiresOn !== null && usedOn <= pack.expiresOn ? [] : ['expired']),
    ...(waits ? ['waiting for a review'] : []),
    ...(pack.ownerId === null || pack.ownerId === centreId ? [] : ['of another owner']),
  ];
}

/** One custody of each thing is how the records are made; that a set is where its pack is, is not. */
export function findSetsTwice(world: SimulatedWorld): string[] {
  const broken: string[] = [];
  const live = new Map<string, SimulatedPack>();
  for (const pack of world.packs.values()) {
    if (pack.status === 'ended') continue;
    if (live.has(pack.setId)) broken.push(`the set ${pack.setId} has two live packs`);
    live.set(pack.setId, pack);
  }
  for (const { id, status, holder } of world.sets.values()) {
    if (status !== 'packed') continue;
    const pack = live.get(id);
    if (!pack) broken.push(`the packed set ${id} has no pack`);
    else if (pack.holder.type !== holder.type || pack.holder.id !== holder.id) broken.push(`${id} is not where its pack is`);
  }
  return broken;
}

export function findDatesLengthened(world: SimulatedWorld, before: WorldMemory): string[] {
  return [...world.packs.values()].flatMap(({ id, packaging, sterilisedOn, labelledOn, exposed, expiresOn, nominalExpiresOn: nominal }) => {
    if (sterilisedOn === null || expiresOn === null || nominal === null) return [];
    const known = before.packs.get(id)?.expiresOn ?? null;
    return [
      ...(known !== null && expiresOn > known ? [`${id} expires later than before`] : []),
      ...(expiresOn > nominal || nominal > nominalExpiresOn(packaging, sterilisedOn, world.rules) ? [`${id} expires too late`] : []),
      ...(expiresOn === expiresOnOf({ packaging, sterilisedOn, exposed, expiresOn }, world.rules)
        ? []
        : [`${id} is not dated by its storage`]),
      ...(labelledOn === sterilisedOn ? [] : [`the label of ${id} shows another date`]),
    ];
  });
}
