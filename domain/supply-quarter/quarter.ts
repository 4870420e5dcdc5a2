/** The simulated quarter, day by day: what the department and its centres do, with faults that follow from the seed. */
import type { Random } from '../kit/random.ts';
import { findStartRefusal } from '../steriliser-load/start-guards.ts';
import { addDays, type LocalDate, localDateOf, startOf, weekdayOf } from '../time/local-date.ts';
import type { SupplyAct } from './acts.ts';
import { driveRound, endRound, loadRound } from './live-round.ts';
import { startGroundOf } from './loads.ts';
import { isRecalled, missingOf } from './recalls.ts';
import { reasonsAgainstPack } from './rounds.ts';
import type { Faults, Quarter } from './settings.ts';
import { pick, type SimulatedPack, type SimulatedWorld } from './world.ts';

const MINUTE_MS = 60_000;
/** From the afternoon to the next morning, before the round. */
const TOLD_AFTER_MS = 13 * 60 * MINUTE_MS;
const STERILISERS = ['steriliser-1', 'steriliser-2'];
/** How much of what lies on its shelf a centre uses a day. */
const USED_A_DAY = 0.35;

/** Yields act after act; whoever runs it lets each one happen before the next is asked for. */
export function* liveQuarter(world: SimulatedWorld, random: Random, faults: Faults, quarter: Quarter): Generator<SupplyAct> {
  const lateScans: SupplyAct[] = [];
  for (let day = 0; day < quarter.days; day++) yield* liveDay(world, random, faults, quarter, addDays(quarter.from, day), lateScans);
}

function* liveDay(
  world: SimulatedWorld,
  random: Random,
  faults: Faults,
  quarter: Quarter,
  on: LocalDate,
  lateScans: SupplyAct[],
): Generator<SupplyAct> {
  const at = (hour: number, minute = 0): number => startOf(on) + (hour * 60 + minute) * MINUTE_MS;
  world.now = Math.max(world.now, at(0));
  yield* lateScans.splice(0);
  if (weekdayOf(on) === 0) {
    yield* useSets(world, random, faults, quarter, at(15), lateScans);
    return yield* askForTomorrow(world, random, faults, quarter, addDays(on, 1), at(18));
  }
  yield* testSterilisers(world, random, faults, at);
  const round = [...world.rounds.values()].find((one) => one.on === on);
  if (round) yield* loadRound(world, round, at(8), quarter);
  yield* readIndicators(world, random, faults, at(8, 45));
  if (round) yield* driveRound(world, round, random, faults, quarter);
  if (round) yield* endRound(world, round, at(13, 30));
  yield* careForRecalls(world, at(14, 40));
  yield* requalify(world, quarter, at);
  yield* makePacks(world, random, faults, quarter, at);
  yield* sterilise(world, random, faults, quarter, at);
  yield* useSets(world, random, faults, quarter, at(17, 10), lateScans);
  yield* breachAndReview(world, random, faults, quarter, at(17, 30));
  yield* askForTomorrow(world, random, faults, quarter, addDays(on, 1), at(18));
}

function* testSterilisers(
  world: SimulatedWorld,
  random: Random,
  faults: Faults,
  at: (hour: number, minute?: number) => number,
): Generator<SupplyAct> {
  for (const steriliserId of STERILISERS) {
    const { status } = pick(world.sterilisers, steriliserId);
    if (status === 'out-of-service') yield { act: 'begin-requalification', at: at(7, 10), steriliserId };
    if (random.chance(faults.failedBowieDick)) yield { act: 'bowie-dick', at: at(7, 30), steriliserId, result: 'fail' };
    yield { act: 'bowie-dick', at: at(7, 50), steriliserId, result: 'pass' };
  }
}

function* readIndicators(world: SimulatedWorld, random: Random, faults: Faults, from: number): Generator<SupplyAct> {
  let at = from;
  for (const indicator of [...world.indicators.values()]) {
    if (indicator.status !== 'incubating' || indicator.dueAt === null) continue;
    at = Math.max(at, indicator.dueAt) + MINUTE_MS;
    const isEmpty = pick(world.loads, indicator.loadId).purpose === 'requalification';
    const growth = random.chance(isEmpty ? faults.failedRequalification : faults.failedIndicator);
    const isSurelyInvalid = !isEmpty && countRead(world) + 1 === faults.invalidIndicatorNumber;
    const controlGrew = !random.chance(isEmpty ? faults.failedRequalification : faults.invalidIndicator) && !isSurelyInvalid;
    yield { act: 'read-indicator', at, indicatorId: indicator.id, growth, controlGrew };
  }
}

/** How many indicators of loads with packs have been read. */
function countRead(world: SimulatedWorld): number {
  const read = [...world.indicators.values()].filter(({ status }) => status === 'pass' || status === 'fail' || status === 'invalid');
  return read.filter(({ loadId }) => pick(world.loads, loadId).purpose !== 'requalification').length;
}

function* careForRecalls(world: SimulatedWorld, at: number): Generator<SupplyAct> {
  for (const recall of [...world.recalls.values()]) {
    if (recall.status === 'closed') continue;
    yield { act: 'acknowledge-recall', at, recallId: recall.id };
    const open = [...recall.lines.values()].filter(({ end }) => end === null);
    const used = open.filter(({ holder }) => holder.type === 'infection').map(({ packId }) => packId);
    if (used.length > 0) yield { act: 'account-used', at: at + MINUTE_MS, recallId: recall.id, packIds: used };
    if (!recall.cause) yield { act: 'explain-recall', at: at + 2 * MINUTE_MS, recallId: recall.id };
    if (missingOf(world, recall).length === 0) yield { act: 'sign-recall', at: at + 3 * MINUTE_MS, recallId: recall.id };
  }
}

/** Three empty runs, one after the other, each with an indicator that is read the next day. */
function* requalify(world: SimulatedWorld, quarter: Quarter, at: (hour: number, minute?: number) => number): Generator<SupplyAct> {
  for (const steriliserId of STERILISERS) {
    const steriliser = pick(world.sterilisers, steriliserId);
    if (steriliser.status !== 'requalifying') continue;
    if (steriliser.requalificationPassed >= world.rules.requalificationRuns) {
      yield { act: 'return-to-service', at: at(15), steriliserId };
      continue;
    }
    const waiting = [...world.indicators.values()].some(
      ({ status, loadId }) => status === 'incubating' && pick(world.loads, loadId).steriliserId === steriliserId,
    );
    if (waiting) continue;
    for (let run = steriliser.requalificationPassed; run < world.rules.requalificationRuns; run++) {
      const loadId = quarter.nextId('load');
      const indicatorIds = [quarter.nextId('indicator')];
      const from = at(10 + run);
      yield { act: 'plan-load', at: from - MINUTE_MS, loadId, steriliserId, packIds: [], indicatorIds, requalification: true };
      yield { act: 'start-load', at: from, loadId };
      yield { act: 'end-load', at: from + 40 * MINUTE_MS, loadId };
      for (const indicatorId of indicatorIds) yield { act: 'incubate', at: from + 50 * MINUTE_MS, indicatorId };
    }
  }
}

const atDepartment = ({ holder }: Pick<SimulatedPack, 'holder'>): boolean => holder.type === 'cssd';

function* makePacks(
  world: SimulatedWorld,
  random: Random,
  faults: Faults,
  quarter: Quarter,
  at: (hour: number, minute?: number) => number,
): Generator<SupplyAct> {
  const on = localDateOf(at(12));
  for (const pack of [...world.packs.values()].filter(atDepartment)) {
    const expired = pack.expiresOn !== null && pack.expiresOn < on;
    const isOut =
      pack.status === 'rejected' ||
      (['sterilised', 'released', 'allocated'].includes(pack.status) && (expired || isRecalled(world, pack.id)));
    if (isOut) yield { act: 'break-out', at: at(14, 45), packId: pack.id };
  }
  for (const set of [...world.sets.values()]) {
    if (set.status === 'incomplete-hold') yield { act: 'mend', at: at(14, 46), setId: set.id, how: 'complete' };
    if (set.status === 'repair') yield { act: 'mend', at: at(14, 46), setId: set.id, how: 'repaired' };
    if (set.status === 'missing' && random.chance(0.25))
      yield { act: 'see-set', at: at(14, 47), setId: set.id, scan: quarter.nextScan('technician') };
  }
  const soiled = [...world.sets.values()].filter(({ status, holder }) => status === 'in-decon' && holder.type === 'cssd');
  const special = soiled.filter((set) => set.special !== null).map(({ id }) => id);
  if (special.length > 0) yield { act: 'wash', at: at(14, 48), setIds: special, pretreatment: 'chlorine 2000 mg/L, 45 min' };
  const usual = soiled.filter(({ status }) => status === 'in-decon').map(({ id }) => id);
  if (usual.length > 0) yield { act: 'wash', at: at(14, 50), setIds: usual, pretreatment: null };
  const washed = [...world.sets.values()].filter(({ status }) => status === 'washed');
  const results = washed.map(({ id }) => ({ setId: id, result: inspectionResult(random, faults) }));
  if (results.length > 0) yield { act: 'inspect', at: at(15), items: results };
  for (const { id, setTypeId } of [...world.sets.values()].filter(({ status }) => status === 'inspected')) {
    const packId = quarter.nextId('pack');
    yield { act: 'assemble', at: at(15, 5), setId: id, packId };
    if (pick(world.setTypes, setTypeId).surgical) yield { act: 'check', at: at(15, 8), packId };
  }
}

function inspectionResult(random: Random, faults: Faults): 'pass' | 'incomplete' | 'damaged' {
  if (random.chance(faults.incompleteSet)) return 'incomplete';
  return random.chance(faults.damagedSet) ? 'damaged' : 'pass';
}

function* sterilise(
  world: SimulatedWorld,
  random: Random,
  faults: Faults,
  quarter: Quarter,
  at: (hour: number, minute?: number) => number,
): Generator<SupplyAct> {
  const inService = STERILISERS.filter((id) => pick(world.sterilisers, id).status === 'in-service');
  const ready = [...world.packs.values()].filter(({ status, surgical }) => status === 'checked' || (status === 'assembled' && !surgical));
  for (const [index, steriliserId] of inService.entries()) {
    const packIds = ready.filter((_, place) => place % inService.length === index).map(({ id }) => id);
    if (packIds.length === 0) continue;
    const loadId = quarter.nextId('load');
    const indicatorIds = needsIndicator(world, steriliserId, packIds, at(15, 40)) ? [quarter.nextId('indicator')] : [];
    yield { act: 'plan-load', at: at(15, 20), loadId, steriliserId, packIds, indicatorIds, requalification: false };
    yield { act: 'label-load', at: at(15, 30), loadId };
    yield { act: 'start-load', at: at(15, 40), loadId };
    if (random.chance(faults.powerCut)) {
      yield { act: 'abort-load', at: at(15, 50), loadId };
      continue;
    }
    yield { act: 'end-load', at: at(16, 20), loadId };
    yield { act: 'unload', at: at(16, 55), loadId, wetPackIds: packIds.filter(() => random.chance(faults.wetPack)) };
    const load = pick(world.loads, loadId);
    if (load.wetPacks >= world.rules.wetPacksForReview) yield { act: 'review-load', at: at(16, 57), loadId };
    yield { act: 'release', at: at(17), loadId };
    for (const indicatorId of indicatorIds) yield { act: 'incubate', at: at(17, 5), indicatorId };
  }
}

/** On Mondays, and whenever the rules ask for one. */
function needsIndicator(world: SimulatedWorld, steriliserId: string, packIds: string[], startAt: number): boolean {
  if (weekdayOf(localDateOf(startAt)) === 1) return true;
  const ground = startGroundOf(world, { steriliserId, purpose: 'packs', packIds, indicatorIds: [] }, startAt);
  const refusal = findStartRefusal(
    { ...ground, packs: ground.packs.map((pack) => ({ ...pack, labelledOn: localDateOf(startAt) })) },
    world.rules,
  );
  return refusal?.code === 'bi-due' || refusal?.code === 'bi-required';
}

function* useSets(
  world: SimulatedWorld,
  random: Random,
  faults: Faults,
  { centres, nextScan }: Quarter,
  at: number,
  lateScans: SupplyAct[],
): Generator<SupplyAct> {
  for (const { institutionId } of centres)
    for (const pack of [...world.packs.values()].filter(({ status, holder }) => status === 'at-centre' && holder.id === institutionId)) {
      if (!random.chance(USED_A_DAY) || reasonsAgainstPack(world, pack, institutionId).length > 0) continue;
      // The phone had no network: what happened today is told tomorrow.
      if (random.chance(faults.lostScan))
        lateScans.push({
          act: 'scan-opened',
          at: at + TOLD_AFTER_MS,
          packId: pack.id,
          institutionId,
          openedAt: at,
          scan: nextScan(institutionId),
        });
      else yield { act: 'open-pack', at, packId: pack.id, institutionId };
    }
}

function* breachAndReview(world: SimulatedWorld, random: Random, faults: Faults, quarter: Quarter, at: number): Generator<SupplyAct> {
  for (const { id, reviewed } of [...world.breaches.values()]) if (!reviewed) yield { act: 'review-breach', at, breachId: id };
  for (const { institutionId } of quarter.centres)
    if (random.chance(faults.breach)) yield { act: 'breach', at: at + MINUTE_MS, breachId: quarter.nextId('breach'), institutionId };
}

const isFirstSlip = (world: SimulatedWorld, institutionId: string): boolean =>
  ![...world.slips.values()].some((slip) => slip.institutionId === institutionId);

const otherTypes = ['debridement-set', 'suture-set', 'stitch-removal-set'] as const;

/** What a centre asks for when it begins: something for its shelf, and one for each set of the pool that it gives away. */
function firstStock(world: SimulatedWorld, institutionId: string, setIds: readonly string[]): { setTypeId: string; quantity: number }[] {
  const exchanged = setIds.map((id) => pick(world.sets, id)).filter(({ ownerId }) => ownerId === null);
  const other = otherTypes[Number(institutionId.slice(-2)) % otherTypes.length] ?? otherTypes[0];
  const asked = ['dressing-set', other, ...exchanged.map(({ setTypeId }) => setTypeId)];
  return [...Map.groupBy(asked, (setTypeId) => setTypeId)].map(([setTypeId, all]) => ({ setTypeId, quantity: all.length }));
}

type CollectLines = Extract<SupplyAct, { act: 'submit-slip' }>['collect'];

/** A line for each type of set; a special pathogen has one of its own. A set may be left out: there is another one of its type then. */
function writeCollectLines(
  world: SimulatedWorld,
  random: Random,
  faults: Faults,
  setIds: readonly string[],
  maySpecial: boolean,
): CollectLines {
  const byType = Map.groupBy(setIds, (id) => pick(world.sets, id).setTypeId);
  const written = [...byType].map(([setTypeId, [first, ...others]]) => ({
    setTypeId,
    setIds: [...(first === undefined ? [] : [first]), ...others.filter(() => !random.chance(faults.setNotDeclared))],
    special: null,
  }));
  const isPool = (id: string | undefined): boolean => id !== undefined && pick(world.sets, id).ownerId === null;
  const line = written.find(({ setIds: [first] }) => isPool(first));
  if (!line || !maySpecial || !random.chance(faults.specialPathogen)) return written;
  const [special = '', ...rest] = line.setIds;
  const alone = { setTypeId: line.setTypeId, setIds: [special], special: 'gas-gangrene' as const };
  return [...written.flatMap((one) => (one !== line ? one : rest.length > 0 ? { ...one, setIds: rest } : [])), alone];
}

const FIRST_STOP_MINUTES = 9 * 60;
const MINUTES_BETWEEN_STOPS = 18;

/** Slips of the centres that are visited tomorrow, their round, and what is set aside for them. */
function* askForTomorrow(
  world: SimulatedWorld,
  random: Random,
  faults: Faults,
  quarter: Quarter,
  tomorrow: LocalDate,
  at: number,
): Generator<SupplyAct> {
  const day = weekdayOf(tomorrow) || 7;
  const visited = quarter.centres.filter(({ visitDays }) => visitDays.includes(day)).map(({ institutionId }) => institutionId);
  if (visited.length === 0) return;
  // One box is for what travels alone, so a round takes one special pathogen along.
  let isSpecialAboard = false;
  for (const institutionId of visited) {
    const setIds = [...world.sets.values()]
      .filter(({ status, holder }) => status === 'used' && holder.id === institutionId)
      .map(({ id }) => id);
    const hasOpen = [...world.slips.values()].some((slip) => slip.institutionId === institutionId && slip.status === 'submitted');
    const asked = isFirstSlip(world, institutionId) ? firstStock(world, institutionId, setIds) : [];
    if (setIds.length + asked.length === 0 || hasOpen) continue;
    const collect = writeCollectLines(world, random, faults, setIds, !isSpecialAboard);
    isSpecialAboard ||= collect.some(({ special }) => special !== null);
    yield { act: 'submit-slip', at, slipId: quarter.nextId('slip'), institutionId, collect, asked };
  }
  const stops = visited.map((institutionId, index) => ({
    stopId: quarter.nextId('stop'),
    institutionId,
    arriveAt: startOf(tomorrow) + (FIRST_STOP_MINUTES + index * MINUTES_BETWEEN_STOPS) * MINUTE_MS,
  }));
  const roundId = quarter.nextId('round');
  yield { act: 'create-round', at: at + 5 * MINUTE_MS, roundId, on: tomorrow, vehicleId: 'vehicle-1', stops };
  yield { act: 'confirm-round', at: at + 10 * MINUTE_MS, roundId };
}
