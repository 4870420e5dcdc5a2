/** Invariants 3, 4, 5 and 12: what rounds carry, in which boxes, and in which order it is done. */
import { pick, type SimulatedLine, type SimulatedRound, type SimulatedWorld } from '../world.ts';
import type { WorldMemory } from './memory.ts';

export const findDifferencesUnowned = (world: SimulatedWorld, before: WorldMemory): string[] => [
  ...[...world.slips.values()].flatMap(({ lines }) => lines.flatMap((line) => findLineWrong(world, line))),
  ...[...world.rounds.values()].flatMap((round) => findRoundWrong(world, round, before)),
];

/** declared = received + missing - extra, and a difference has a discrepancy of its own. */
function findLineWrong(world: SimulatedWorld, { id, declared, received, missing, extra }: SimulatedLine): string[] {
  if (received === null || (missing === 0 && extra === 0 && declared === received)) return [];
  if (declared !== received + missing - extra) return [`the line ${id} does not add up`];
  const isOwned = [...world.discrepancies.values()].some(({ kind, subjectId }) => kind === 'count' && subjectId === id);
  return isOwned ? [] : [`nobody clears up the difference of the line ${id}`];
}

/** loaded = delivered + returned + aboard; closed only when nothing is aboard and every line has its outcome. */
function findRoundWrong(world: SimulatedWorld, round: SimulatedRound, before: WorldMemory): string[] {
  const was = before.rounds.get(round.id);
  if (was === 'closed') return [];
  const { id, status, loadedPackIds, deliveredPackIds } = round;
  const left = loadedPackIds.filter((packId) => !deliveredPackIds.includes(packId)).map((packId) => pick(world.packs, packId));
  const aboard = left.filter(({ holder }) => holder.type === 'round' && holder.id === id);
  const returned = left.filter(({ holder }) => holder.type === 'cssd');
  const open = [...world.slips.values()].filter(({ roundId, lines }) => roundId === id && lines.some(({ outcome }) => outcome === null));
  return [
    ...(loadedPackIds.length === deliveredPackIds.length + returned.length + aboard.length ? [] : [`${id} does not add up`]),
    ...(status === 'closed' && aboard.length > 0 ? [`${id} is closed with packs aboard`] : []),
    ...(status === 'closed' && open.length > 0 ? [`${id} is closed although lines have no outcome`] : []),
  ];
}

export function findBoxesMixed(world: SimulatedWorld, before: WorldMemory): string[] {
  const lanes = [...world.boxes.values()].filter(({ id, lane }) => (before.lanes.get(id) ?? lane) !== lane);
  const mixed = world.consignments.slice(before.consignments).filter(({ boxId, lane }) => pick(world.boxes, boxId).lane !== lane);
  const departed = [...world.rounds.values()].filter(({ id, status }) => status === 'departed' && before.rounds.get(id) === 'loaded');
  const uncleaned = departed.flatMap(({ id, vehicleId }) => {
    const boxes = world.consignments.filter((one) => one.roundId === id).map(({ boxId }) => boxId);
    return [vehicleId, ...new Set(boxes)].filter((thing) => (world.cleanedAt.get(thing) ?? 0) < (before.usedAt.get(thing) ?? 0));
  });
  return [
    ...lanes.map(({ id }) => `the box ${id} has changed its lane`),
    ...mixed.map(({ sealNumber, boxId }) => `${sealNumber} lies in ${boxId}, which is of the other lane`),
    ...uncleaned.map((id) => `${id} has departed without having been cleaned`),
  ];
}

export const findStepsSkipped = (world: SimulatedWorld): string[] =>
  [...world.rounds.values()].flatMap(({ status, stops }) =>
    status === 'closed'
      ? []
      : stops.flatMap(({ id, steps }) => {
          const names = steps.map(({ step }) => step);
          const handed = names.indexOf('sterile-handed');
          const touched = names.slice(0, Math.max(handed, 0)).lastIndexOf('soiled-stowed');
          if (handed < 0 || touched < 0) return [];
          const between = names.slice(touched + 1, handed);
          const glovesOff = between.indexOf('gloves-off');
          return glovesOff >= 0 && between.includes('hand-hygiene', glovesOff) ? [] : [`hands were not clean at ${id}`];
        }),
  );

export function findSpecialsTogether(world: SimulatedWorld, before: WorldMemory): string[] {
  return world.consignments.slice(before.consignments).flatMap(({ roundId, boxId, sealNumber }) => {
    const within = world.consignments.filter((one) => one.roundId === roundId && one.boxId === boxId);
    return within.length > 1 && within.some(({ special }) => special !== null) ? [`${sealNumber} is not alone in ${boxId}`] : [];
  });
}
