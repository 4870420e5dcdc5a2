/** Invariant 9: the scope of a recall, its lines and their ends. */
import { scopeOf } from '../../recall/scope.ts';
import { cyclesOf } from '../recalls.ts';
import { pick, type SimulatedRecall, type SimulatedWorld } from '../world.ts';
import type { WorldMemory } from './memory.ts';

export function findRecallsLacking(world: SimulatedWorld, before: WorldMemory): string[] {
  return [...world.recalls.values()].flatMap((recall) => [
    ...findLinesChanged(recall, before),
    ...(recall.status === 'closed' ? findLinesOpen(recall) : findPacksLacking(world, recall)),
  ]);
}

/** No line goes away, and what has ended has ended. */
const findLinesChanged = ({ id, lines }: SimulatedRecall, before: WorldMemory): string[] =>
  [...(before.lines.get(id) ?? [])].flatMap(([packId, end]) => {
    const line = lines.get(packId);
    if (!line) return [`${id} has lost the line of ${packId}`];
    return end !== null && line.end !== end ? [`the line of ${packId} in ${id} has ended twice`] : [];
  });

const findLinesOpen = ({ id, lines }: SimulatedRecall): string[] =>
  [...lines.values()].some(({ end }) => end === null) ? [`${id} is closed with open lines`] : [];

function findPacksLacking(world: SimulatedWorld, recall: SimulatedRecall): string[] {
  const { policy, qualifiedAt } = pick(world.sterilisers, recall.steriliserId);
  const { failedLoadIds, outOfServiceAt } = recall;
  const scope = scopeOf({ policy, cycles: cyclesOf(world, recall.steriliserId), qualifiedAt, failedLoadIds, outOfServiceAt });
  const lacking = scope.loadIds.flatMap((id) => pick(world.loads, id).packIds).filter((id) => !recall.lines.has(id));
  const given = [...recall.lines.keys()].filter((id) => pick(world.packs, id).status === 'allocated');
  return [...lacking.map((id) => `${id} is missing in ${recall.id}`), ...given.map((id) => `${id} is recalled and allocated`)];
}
