/** Slips, rounds and counts of the simulated world. */
import { exchangeLines } from '../exchange-slip/lines.ts';
import { outcomesOf } from '../exchange-slip/outcomes.ts';
import { reasonsAgainst } from '../sterile-supply/dispensable.ts';
import { nextVisitOn } from '../sterile-supply/next-visit.ts';
import type { Holder } from '../sterile-supply/vocabulary.ts';
import { allocateFefo, type DeliverLine } from '../supply-round/allocate.ts';
import { isNextStep, mayFail } from '../supply-round/protocol.ts';
import { addDays, localDateOf } from '../time/local-date.ts';
import type { SupplyAct } from './acts.ts';
import { openDiscrepancy, resolveBySighting, settleSlip } from './discrepancies.ts';
import { followRecalls, isRecalled, openBreachesOf } from './recalls.ts';
import {
  atDepartment,
  mustHold,
  pick,
  type SimulatedConsignment,
  type SimulatedPack,
  type SimulatedRound,
  type SimulatedSlip,
  type SimulatedStop,
  type SimulatedWorld,
} from './world.ts';

type ActOf<Name extends SupplyAct['act']> = Extract<SupplyAct, { act: Name }>;

/** Why a pack may not be handed over at a centre at an instant; empty: it may. */
export function reasonsAgainstPack(world: SimulatedWorld, pack: SimulatedPack, institutionId: string | null, at = world.now) {
  const load = pack.loadId === null ? undefined : pick(world.loads, pack.loadId);
  const ground = {
    packId: pack.id,
    status: pack.status,
    rejectReason: pack.rejectReason,
    packaging: pack.packaging,
    implant: pack.implant,
    ownerInstitutionId: pack.ownerId,
    expiresOn: pack.expiresOn,
    labelPrint: 1,
    unloaded: pack.outerCi !== null,
    load: load
      ? {
          id: load.id,
          status: load.status,
          biPassed: load.indicatorIds.some((id) => pick(world.indicators, id).status === 'pass'),
          emergency: null,
        }
      : null,
    recallIds: [...world.recalls.values()].filter(({ lines }) => lines.has(pack.id)).map(({ id }) => id),
    breachIds: openBreachesOf(world, pack.id),
    allocatedInstitutionId: pack.allocatedTo?.institutionId ?? null,
    consignedInstitutionId: pack.consignedTo?.institutionId ?? null,
    lyingInstitutionId: pack.holder.type === 'centre' ? pack.holder.id : null,
  };
  return reasonsAgainst(ground, { for: institutionId, at, print: null }, world.rules);
}

export function requireDispensable(world: SimulatedWorld, pack: SimulatedPack, institutionId: string | null, at = world.now): void {
  const reasons = reasonsAgainstPack(world, pack, institutionId, at);
  mustHold(reasons.length === 0, `a pack that must not be handed over: ${reasons.map(({ code }) => code).join()}`);
}

export function submitSlip(world: SimulatedWorld, { slipId, institutionId, collect: told, asked }: ActOf<'submit-slip'>): void {
  const open = [...world.slips.values()].some((slip) => slip.institutionId === institutionId && slip.status === 'submitted');
  mustHold(!open, 'a second open slip of a centre');
  const collect = told.map(({ setTypeId, setIds, special }) => ({
    direction: 'collect' as const,
    setTypeId,
    quantity: setIds.length,
    setInstanceIds: setIds,
    special,
  }));
  const own = told.flatMap(({ setIds }) => setIds).filter((id) => pick(world.sets, id).ownerId !== null);
  const rest = (world.rests.get(institutionId) ?? []).map(({ setTypeId, quantity }) => ({
    direction: 'deliver' as const,
    setTypeId,
    quantity,
  }));
  world.rests.delete(institutionId);
  // Whoever asks for something by name says all that is to come.
  const deliver = asked.map(({ setTypeId, quantity }) => ({ direction: 'deliver' as const, setTypeId, quantity }));
  const lines = [...collect, ...(asked.length > 0 ? deliver : exchangeLines(collect, own)), ...rest];
  world.slips.set(slipId, {
    id: slipId,
    institutionId,
    status: 'submitted',
    roundId: null,
    stopId: null,
    lines: lines.map((line, index) => ({
      id: `${slipId}-${index}`,
      direction: line.direction,
      setTypeId: line.setTypeId,
      special: 'special' in line ? line.special : null,
      declared: line.quantity,
      setIds: 'setInstanceIds' in line ? [...line.setInstanceIds] : [],
      delivered: null,
      outcome: null,
      received: null,
      missing: 0,
      extra: 0,
    })),
  });
}

export function createRound(world: SimulatedWorld, { roundId, on, vehicleId, stops }: ActOf<'create-round'>): void {
  world.rounds.set(roundId, {
    id: roundId,
    on,
    vehicleId,
    status: 'planned',
    brokenDown: false,
    stops: stops.map(({ stopId, institutionId, arriveAt }) => ({
      id: stopId,
      institutionId,
      arriveAt,
      status: 'scheduled',
      steps: [],
      failReason: null,
      takenSetIds: [],
      takenPackIds: [],
    })),
    loadedPackIds: [],
    deliveredPackIds: [],
    meant: [],
  });
}

export const slipOfStop = (world: SimulatedWorld, stopId: string): SimulatedSlip | undefined =>
  [...world.slips.values()].find((slip) => slip.stopId === stopId && slip.status !== 'submitted');

const findStop = ({ stops }: SimulatedRound, stopId: string): SimulatedStop => {
  const stop = stops.find(({ id }) => id === stopId);
  if (!stop) throw new Error(`The round has no stop ${stopId}.`);
  return stop;
};

/** Confirming freezes the slips and allocates. `visitDaysOf` knows when each centre is visited again. */
export function confirmRound(
  world: SimulatedWorld,
  { roundId }: ActOf<'confirm-round'>,
  visitDaysOf: (institutionId: string) => readonly number[],
): void {
  const round = pick(world.rounds, roundId);
  round.status = 'confirmed';
  for (const stop of round.stops)
    for (const slip of world.slips.values())
      if (slip.institutionId === stop.institutionId && slip.status === 'submitted')
        Object.assign(slip, { status: 'frozen', roundId, stopId: stop.id });
  const lines: DeliverLine[] = round.stops.flatMap((stop) =>
    (slipOfStop(world, stop.id)?.lines ?? [])
      .filter(({ direction }) => direction === 'deliver')
      .map(({ id, setTypeId, declared }) => ({
        id,
        institutionId: stop.institutionId,
        setTypeId,
        need: declared,
        nextVisitOn: nextVisitOn(
          { plannedStopOn: null, visitDays: visitDaysOf(stop.institutionId) },
          addDays(localDateOf(stop.arriveAt), 1),
        ),
      })),
  );
  const stock = [...world.packs.values()].filter(({ status, holder }) => status === 'released' && holder.type === 'cssd');
  const allocations = allocateFefo({
    packs: stock.map(({ id, setTypeId, ownerId, expiresOn, releasedAt }) => ({
      id,
      setTypeId,
      ownerInstitutionId: ownerId,
      expiresOn: expiresOn ?? '',
      releasedAt,
    })),
    lines,
    institutionIds: round.stops.map(({ institutionId }) => institutionId),
    isDispensable: ({ id }, institutionId) => reasonsAgainstPack(world, pick(world.packs, id), institutionId).length === 0,
  });
  for (const { packId, institutionId, lineId } of allocations)
    Object.assign(pick(world.packs, packId), { status: 'allocated', allocatedTo: { institutionId, lineId } });
}

export function consign(world: SimulatedWorld, { roundId, stopId, boxId, sealNumber, packIds }: ActOf<'consign'>): void {
  const round = pick(world.rounds, roundId);
  addConsignment(world, { roundId, stopId, lane: 'sterile', boxId, sealNumber, special: null });
  const { institutionId } = findStop(round, stopId);
  for (const id of packIds) {
    const pack = pick(world.packs, id);
    mustHold(pack.status === 'allocated' || pack.status === 'released', `the loading of a pack that is ${pack.status}`);
    requireDispensable(world, pack, institutionId);
    Object.assign(pack, { status: 'on-vehicle', consignedTo: { institutionId, stopId }, holder: { type: 'round', id: roundId } });
    pick(world.sets, pack.setId).holder = pack.holder;
    round.loadedPackIds.push(id);
  }
}

function addConsignment(world: SimulatedWorld, consignment: SimulatedConsignment): void {
  const { boxId, lane, sealNumber } = consignment;
  mustHold(pick(world.boxes, boxId).lane === lane, `a ${lane} consignment in the box ${boxId}`);
  mustHold(!world.consignments.some((one) => one.sealNumber === sealNumber), 'a seal that was used before');
  world.consignments.push(consignment);
}

const isClean = (world: SimulatedWorld, id: string): boolean => (world.cleanedAt.get(id) ?? 0) >= (world.usedAt.get(id) ?? 0);

export function depart(world: SimulatedWorld, roundId: string): void {
  const round = pick(world.rounds, roundId);
  const aboard = world.consignments.filter((one) => one.roundId === roundId).map(({ boxId }) => boxId);
  const used = [round.vehicleId, ...aboard];
  for (const id of used) mustHold(isClean(world, id), `the departure of ${id}, which was not cleaned`);
  round.status = 'departed';
  for (const id of used) world.usedAt.set(id, world.now);
}

export function transfer(world: SimulatedWorld, { roundId, vehicleId, at }: ActOf<'transfer'>): void {
  mustHold(isClean(world, vehicleId), `the transfer to ${vehicleId}, which was not cleaned`);
  Object.assign(pick(world.rounds, roundId), { vehicleId, brokenDown: false });
  world.usedAt.set(vehicleId, at);
}

export function doStep(world: SimulatedWorld, act: ActOf<'step'>): void {
  const { roundId, stopId, step, at, takenSetIds = [], consignments = [], packIds = [] } = act;
  const round = pick(world.rounds, roundId);
  const stop = findStop(round, stopId);
  const done = stop.steps.map((one) => one.step);
  mustHold(isNextStep('soiled-first', done, step), `the step ${step} after ${done.at(-1) ?? 'nothing'}`);
  stop.steps.push({ step, at });
  stop.status = step;
  const holder = { type: 'round' as const, id: roundId };
  if (step === 'soiled-stowed') {
    stop.takenSetIds = [...takenSetIds];
    for (const { boxId, sealNumber, special } of consignments) {
      addConsignment(world, { roundId, stopId, lane: 'soiled', boxId, sealNumber, special });
      world.usedAt.set(boxId, at);
    }
    const takenPackIds = consignments.flatMap((one) => one.packIds);
    stop.takenPackIds = takenPackIds;
    const slip = slipOfStop(world, stopId);
    // The box is sealed: what the slip declares counts as aboard, whether it lies in there or not.
    for (const id of slip?.lines.flatMap(({ setIds }) => setIds) ?? [])
      Object.assign(pick(world.sets, id), { status: 'in-transit-soiled', holder });
    for (const id of takenPackIds) {
      const pack = pick(world.packs, id);
      Object.assign(pack, { status: 'rejected', rejectReason: 'returned-unopened', holder });
      pick(world.sets, pack.setId).holder = holder;
    }
    if (slip) slip.status = 'picked-up';
    followRecalls(world, takenPackIds);
  }
  if (step === 'sterile-handed')
    for (const id of packIds) {
      const pack = pick(world.packs, id);
      requireDispensable(world, pack, stop.institutionId);
      pack.holder = { type: 'centre', id: stop.institutionId };
      pack.status = 'at-centre';
      pick(world.sets, pack.setId).holder = pack.holder;
      round.deliveredPackIds.push(id);
    }
  if (step === 'signed') setOutcomes(world, round, stop, false);
}

export function failStop(world: SimulatedWorld, { roundId, stopId, reason }: ActOf<'fail-stop'>): void {
  const round = pick(world.rounds, roundId);
  const stop = findStop(round, stopId);
  mustHold(mayFail(stop.status), `the failing of a stop that is ${stop.status}`);
  const slip = slipOfStop(world, stopId);
  const stowed = stop.steps.some(({ step }) => step === 'soiled-stowed');
  Object.assign(stop, { status: 'failed', failReason: reason });
  // Before anything was stowed the slip waits for the next round as it is.
  if (slip && !stowed) Object.assign(slip, { status: 'submitted', roundId: null, stopId: null });
  else if (slip) setOutcomes(world, round, stop, true);
}

/** What became of the deliver lines; the rest of short ones joins the next slip. */
function setOutcomes(world: SimulatedWorld, round: SimulatedRound, stop: SimulatedStop, failed: boolean): void {
  const slip = slipOfStop(world, stop.id);
  if (!slip) return;
  const lines = slip.lines.filter(({ direction }) => direction === 'deliver');
  const meant = round.loadedPackIds
    .map((id) => pick(world.packs, id))
    .filter(({ consignedTo }) => consignedTo?.stopId === stop.id)
    .map(({ id, setTypeId, allocatedTo }) => ({
      id,
      setTypeId,
      lineId: allocatedTo?.lineId ?? null,
      handed: round.deliveredPackIds.includes(id),
      rejected: false,
      recalled: isRecalled(world, id),
    }));
  const outcomes = outcomesOf(
    lines.map(({ id, setTypeId, declared }) => ({ id, setTypeId, declared, shortReason: null })),
    meant,
    { failed },
  );
  const rest = outcomes.flatMap(({ id, delivered, outcome }) => {
    const line = lines.find((one) => one.id === id);
    if (line) Object.assign(line, { delivered, outcome });
    return line && delivered < line.declared ? [{ setTypeId: line.setTypeId, quantity: line.declared - delivered }] : [];
  });
  settleSlip(world, slip.id);
  if (rest.length > 0) world.rests.set(slip.institutionId, [...(world.rests.get(slip.institutionId) ?? []), ...rest]);
}

export function count(world: SimulatedWorld, { slipId, received, packIds }: ActOf<'count'>): void {
  const slip = pick(world.slips, slipId);
  const there = atDepartment(world);
  slip.status = 'counted';
  for (const { lineId, setIds } of received) {
    const line = slip.lines.find(({ id }) => id === lineId);
    if (!line) throw new Error(`The slip has no line ${lineId}.`);
    const missing = Math.max(0, line.declared - setIds.length);
    const extra = Math.max(0, setIds.length - line.declared);
    Object.assign(line, { received: setIds.length, missing, extra, outcome: 'counted' });
    const missingSetInstanceIds = line.setIds.filter((declared) => !setIds.includes(declared));
    if (missing + extra + missingSetInstanceIds.length > 0) {
      slip.status = 'disputed';
      const evidence = { declared: line.declared, received: setIds.length, missing, extra, missingSetInstanceIds, foundSetInstanceIds: [] };
      openDiscrepancy(world, { kind: 'count', subjectId: lineId, slipId, evidence });
    }
    for (const id of setIds) {
      for (const pack of world.packs.values())
        if (pack.setId === id && pack.status === 'opened') Object.assign(pack, { status: 'ended', holder: there });
      const set = pick(world.sets, id);
      Object.assign(set, { status: 'in-decon', holder: there, special: line.special ?? set.special });
    }
  }
  for (const id of packIds) {
    const pack = pick(world.packs, id);
    Object.assign(pack, { status: 'rejected', rejectReason: 'returned-unopened', holder: there });
    pick(world.sets, pack.setId).holder = there;
  }
  resolveBySighting(
    world,
    received.flatMap(({ setIds }) => setIds),
  );
  followRecalls(world, packIds);
  settleSlip(world, slipId);
}

/** What left with the round and was neither handed over nor taken off. */
export const packsAboard = (world: SimulatedWorld, { loadedPackIds }: SimulatedRound): SimulatedPack[] =>
  loadedPackIds.map((id) => pick(world.packs, id)).filter(({ status }) => status === 'on-vehicle');

/** What comes back is in the hands of the department, whatever becomes of it there. */
export function handOver(world: SimulatedWorld, roundId: string): void {
  const round = pick(world.rounds, roundId);
  const isAboard = ({ holder }: { holder: Holder }): boolean => holder.type === 'round' && holder.id === roundId;
  const back = [...world.packs.values()].filter(isAboard);
  for (const thing of [...back, ...[...world.sets.values()].filter(isAboard)]) thing.holder = atDepartment(world);
  followRecalls(
    world,
    back.map(({ id }) => id),
  );
  round.status = 'handed-over';
}

/** Every pack that left with the round was delivered or is back, and every line has its outcome. */
export function closeRound(world: SimulatedWorld, roundId: string): void {
  const round = pick(world.rounds, roundId);
  mustHold(
    round.stops.every(({ status }) => status === 'left' || status === 'failed'),
    'the closing of a round with an open stop',
  );
  mustHold(packsAboard(world, round).length === 0, 'the closing of a round with packs aboard');
  const slips = [...world.slips.values()].filter((slip) => slip.roundId === roundId);
  mustHold(
    slips.every(({ lines }) => lines.every(({ outcome }) => outcome !== null)),
    'the closing of a round with lines without outcome',
  );
  round.status = 'closed';
}
