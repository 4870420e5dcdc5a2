/** One day of a round in the simulated quarter: loaded, driven, counted, closed. */
import type { Random } from '../kit/random.ts';
import type { StopStep } from '../sterile-supply/vocabulary.ts';
import { localDateOf } from '../time/local-date.ts';
import type { SupplyAct } from './acts.ts';
import { isRecalled } from './recalls.ts';
import { packsAboard, reasonsAgainstPack, slipOfStop } from './rounds.ts';
import type { Faults, Quarter } from './settings.ts';
import { pick, type SimulatedPack, type SimulatedRound, type SimulatedSlip, type SimulatedStop, type SimulatedWorld } from './world.ts';

const MINUTE_MS = 60_000;
const FIRST_VEHICLE = 'vehicle-1';
const STERILE_BOX = 'box-sterile-1';
const SOILED_BOX = 'box-soiled-1';
/** What carries a special pathogen travels alone. */
const SPECIAL_BOX = 'box-soiled-2';

/** Who has lost a set looks for it; after some rounds it is written off. */
const WRITTEN_OFF_AFTER_MS = 5 * 86_400_000;

const isAboardFor = (pack: SimulatedPack, round: SimulatedRound, stop: SimulatedStop): boolean =>
  pack.holder.type === 'round' && pack.holder.id === round.id && pack.consignedTo?.stopId === stop.id;

/** Packs at a centre that nobody may use there any more. */
const toTakeBack = (world: SimulatedWorld, institutionId: string): string[] =>
  [...world.packs.values()]
    .filter(({ status, holder }) => status === 'at-centre' && holder.type === 'centre' && holder.id === institutionId)
    .filter(({ id, expiresOn }) => isRecalled(world, id) || (expiresOn !== null && expiresOn < localDateOf(world.now)))
    .map(({ id }) => id);

export function* loadRound(world: SimulatedWorld, round: SimulatedRound, at: number, quarter: Quarter): Generator<SupplyAct> {
  for (const stop of round.stops) {
    const packIds = [...world.packs.values()]
      .filter(({ status, allocatedTo }) => status === 'allocated' && allocatedTo?.institutionId === stop.institutionId)
      .filter((pack) => reasonsAgainstPack(world, pack, stop.institutionId).length === 0)
      .map(({ id }) => id);
    if (packIds.length > 0)
      yield { act: 'consign', at, roundId: round.id, stopId: stop.id, boxId: STERILE_BOX, packIds, sealNumber: quarter.nextId('seal') };
  }
  yield { act: 'complete-loading', at: at + 20 * MINUTE_MS, roundId: round.id };
  yield { act: 'depart', at: at + 30 * MINUTE_MS, roundId: round.id };
}

/** The stops, the way back, the count. */
export function* driveRound(
  world: SimulatedWorld,
  round: SimulatedRound,
  random: Random,
  faults: Faults,
  quarter: Quarter,
): Generator<SupplyAct> {
  const breaksDownAt = random.chance(faults.breakdown) ? random.integer(1, Math.max(1, round.stops.length - 1)) : -1;
  for (const [index, stop] of round.stops.entries()) {
    if (index === breaksDownAt) yield* changeVehicle(round, stop.arriveAt - 4 * MINUTE_MS);
    if (random.chance(faults.closedCentre))
      yield { act: 'fail-stop', at: stop.arriveAt, roundId: round.id, stopId: stop.id, reason: 'closed' };
    else yield* visitStop(world, round, stop, random, faults, quarter);
  }
}

function* changeVehicle({ id, vehicleId }: SimulatedRound, at: number): Generator<SupplyAct> {
  const other = vehicleId === FIRST_VEHICLE ? 'vehicle-2' : FIRST_VEHICLE;
  yield { act: 'break-down', at, roundId: id };
  yield { act: 'clean', at: at + MINUTE_MS, vehicleId: other, boxIds: [] };
  yield { act: 'transfer', at: at + 2 * MINUTE_MS, roundId: id, vehicleId: other };
}

function* visitStop(
  world: SimulatedWorld,
  round: SimulatedRound,
  stop: SimulatedStop,
  random: Random,
  faults: Faults,
  quarter: Quarter,
): Generator<SupplyAct> {
  const lines = (slipOfStop(world, stop.id)?.lines ?? []).filter(({ direction }) => direction === 'collect');
  const declared = lines.flatMap(({ setIds }) => setIds);
  // A set that was declared is not in the box: somebody has put it somewhere else. Another one is, although nobody has written it down.
  const undeclared = [...world.sets.values()].filter(
    ({ id, status, holder, setTypeId }) =>
      status === 'used' && holder.id === stop.institutionId && !declared.includes(id) && lines.some((line) => line.setTypeId === setTypeId),
  );
  const takenSetIds = [...declared.filter(() => !random.chance(faults.setNotInBox)), ...undeclared.map(({ id }) => id)];
  const takenPackIds = toTakeBack(world, stop.institutionId);
  const unsigned = random.chance(faults.lostPhone);
  const base = { act: 'step' as const, roundId: round.id, stopId: stop.id };
  let at = stop.arriveAt;
  const next = (step: StopStep) => {
    at += MINUTE_MS;
    return { ...base, step, at };
  };
  yield { ...base, step: 'arrived', at };
  const isEmpty = takenSetIds.length + takenPackIds.length === 0;
  const specials = lines.flatMap(({ special }) => special ?? []).map((special) => ({ boxId: SPECIAL_BOX, special, packIds: [] }));
  const ordinary = isEmpty ? [] : [{ boxId: SOILED_BOX, special: null, packIds: takenPackIds }];
  const consignments = [...ordinary, ...specials].map((one) => ({ ...one, sealNumber: quarter.nextId('seal') }));
  yield { ...next('soiled-stowed'), takenSetIds, consignments };
  yield next('gloves-off');
  yield next('hand-hygiene');
  const aboard = [...world.packs.values()].filter((pack) => isAboardFor(pack, round, stop));
  const packIds = aboard.filter((pack) => reasonsAgainstPack(world, pack, stop.institutionId).length === 0).map(({ id }) => id);
  yield { ...next('sterile-handed'), packIds };
  yield next('checked');
  if (unsigned) yield { act: 'fail-stop', at: at + MINUTE_MS, roundId: round.id, stopId: stop.id, reason: 'unsigned' };
  else {
    yield next('signed');
    yield next('left');
  }
}

export function* endRound(world: SimulatedWorld, round: SimulatedRound, at: number): Generator<SupplyAct> {
  yield { act: 'return', at, roundId: round.id };
  yield { act: 'hand-over', at: at + 10 * MINUTE_MS, roundId: round.id };
  for (const vehicleId of new Set([FIRST_VEHICLE, round.vehicleId]))
    yield { act: 'clean', at: at + 15 * MINUTE_MS, vehicleId, boxIds: [STERILE_BOX, SOILED_BOX, SPECIAL_BOX] };
  for (const pack of packsAboard(world, round)) {
    if (isRecalled(world, pack.id)) yield { act: 'break-out', at: at + 18 * MINUTE_MS, packId: pack.id };
    else yield { act: 'restock', at: at + 20 * MINUTE_MS, packId: pack.id };
  }
  let countAt = at + 30 * MINUTE_MS;
  for (const stop of round.stops) {
    const slip = slipOfStop(world, stop.id);
    // A slip that only asks for something has nothing to count.
    if (slip?.status !== 'picked-up' || !slip.lines.some(({ direction }) => direction === 'collect')) continue;
    const received = slip.lines
      .filter(({ direction }) => direction === 'collect')
      .map(({ id, setTypeId, setIds, special }, index, lines) => {
        const isFirst = special === null && lines.findIndex((line) => line.setTypeId === setTypeId && line.special === null) === index;
        const extra = isFirst ? undeclaredOf(world, slip, stop).filter((setId) => pick(world.sets, setId).setTypeId === setTypeId) : [];
        return { lineId: id, setIds: [...setIds.filter((setId) => stop.takenSetIds.includes(setId)), ...extra] };
      });
    countAt += MINUTE_MS;
    yield { act: 'count', at: countAt, slipId: slip.id, received, packIds: stop.takenPackIds };
  }
  const lost = [...world.sets.values()].filter(({ status, holder }) => status === 'in-transit-soiled' && holder.type === 'cssd');
  for (const { id } of lost) yield { act: 'report-missing', at: at + 50 * MINUTE_MS, setId: id };
  yield* settleDiscrepancies(world, at + 52 * MINUTE_MS);
  yield { act: 'close-round', at: at + 60 * MINUTE_MS, roundId: round.id };
}

/** What lay in the boxes of a stop beyond what its slip says. */
function undeclaredOf(world: SimulatedWorld, { lines }: SimulatedSlip, { takenSetIds }: SimulatedStop): string[] {
  return takenSetIds.filter((id) => pick(world.sets, id).status === 'used' && !lines.some(({ setIds }) => setIds.includes(id)));
}

function* settleDiscrepancies(world: SimulatedWorld, at: number): Generator<SupplyAct> {
  for (const { id, kind, status, openedAt } of [...world.discrepancies.values()]) {
    if (status === 'closed') continue;
    const isLost = kind === 'count';
    if (status === 'open' && isLost && at - openedAt < WRITTEN_OFF_AFTER_MS) continue;
    if (status === 'open') yield { act: 'resolve-discrepancy', at, discrepancyId: id, resolution: isLost ? 'written-off' : 'explained' };
    yield { act: 'close-discrepancy', at: at + MINUTE_MS, discrepancyId: id };
  }
}
