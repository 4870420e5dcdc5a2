/** Loads, indicators and sterilisers of the simulated department. */
import { judgeCycle } from '../steriliser-load/cycle.ts';
import { isRunOf, readBiologicalIndicator } from '../steriliser-load/indicators.ts';
import { findFlawOfPack, findReleaseRefusal, type LoadFacts, statusOfLoad } from '../steriliser-load/release.ts';
import { findStartRefusal, type StartGround } from '../steriliser-load/start-guards.ts';
import { countPassedRuns } from '../steriliser-load/steriliser.ts';
import { localDateOf } from '../time/local-date.ts';
import type { SupplyAct } from './acts.ts';
import { datePacks } from './floor.ts';
import { isRecalled, openRecall } from './recalls.ts';
import { mustHold, pick, type SimulatedIndicator, type SimulatedLoad, type SimulatedSteriliser, type SimulatedWorld } from './world.ts';

type ActOf<Name extends SupplyAct['act']> = Extract<SupplyAct, { act: Name }>;

const MINUTE_MS = 60_000;
const incubationMinutes = 24 * 60;
/** Nobody's own packs wait in the simulation: their centres are visited twice a week. */
const calendar = { years: [] };

export function planLoad(
  world: SimulatedWorld,
  { loadId, steriliserId, packIds, indicatorIds, requalification }: ActOf<'plan-load'>,
): void {
  for (const id of packIds) {
    const pack = pick(world.packs, id);
    mustHold(pack.status === 'checked' || (!pack.surgical && pack.status === 'assembled'), `a pack that is ${pack.status} in a load`);
    pack.status = 'in-load';
    pack.loadId = loadId;
  }
  for (const id of indicatorIds)
    world.indicators.set(id, { id, loadId, lot: 'lot-1', status: 'placed', incubatedAt: null, dueAt: null, readAt: null });
  world.loads.set(loadId, {
    id: loadId,
    steriliserId,
    program: 'steam-134',
    purpose: requalification ? 'requalification' : 'packs',
    status: 'planned',
    packIds: [...packIds],
    indicatorIds: [...indicatorIds],
    operatorId: null,
    startedAt: null,
    endedAt: null,
    unloadedAt: null,
    unloadedBy: null,
    releasedBy: null,
    physical: null,
    rejected: false,
    wetPacks: 0,
    reviewed: false,
  });
}

export function labelLoad(world: SimulatedWorld, { loadId, at }: ActOf<'label-load'>): void {
  for (const id of pick(world.loads, loadId).packIds) pick(world.packs, id).labelledOn = localDateOf(at);
}

const loadsOf = (world: SimulatedWorld, steriliserId: string): SimulatedLoad[] =>
  [...world.loads.values()].filter((load) => load.steriliserId === steriliserId && load.startedAt !== null);

const indicatorsOf = (world: SimulatedWorld, { indicatorIds }: SimulatedLoad): SimulatedIndicator[] =>
  indicatorIds.map((id) => pick(world.indicators, id));

/** What the start of a load is judged by. */
export function startGroundOf(
  world: SimulatedWorld,
  load: Pick<SimulatedLoad, 'steriliserId' | 'purpose' | 'packIds' | 'indicatorIds'>,
  at: number,
): StartGround {
  const steriliser = pick(world.sterilisers, load.steriliserId);
  const runs = loadsOf(world, load.steriliserId).filter(({ startedAt }) => (startedAt ?? 0) < at);
  const readings = runs
    .flatMap((run) => indicatorsOf(world, run))
    .flatMap(({ status, readAt }) => (readAt !== null && status !== 'placed' && status !== 'incubating' ? [{ status, readAt }] : []))
    .sort((a, b) => a.readAt - b.readAt);
  const indicated = runs.filter((run) => indicatorsOf(world, run).some(({ status }) => status === 'pass' || status === 'incubating'));
  const tests = steriliser.bowieDickTests.filter(({ endedAt }) => endedAt <= at);
  return {
    startAt: at,
    purpose: load.purpose,
    steriliser: {
      kind: 'prevacuum',
      status: steriliser.status,
      outThen: steriliser.outages.some(({ since, until }) => since <= at && (until === null || until > at)),
      busy: runs.some(({ endedAt, rejected }) => (endedAt === null && !rejected) || (endedAt ?? 0) > at),
    },
    bowieDickTests: tests.filter(({ endedAt }) => localDateOf(endedAt) === localDateOf(at)),
    lastBowieDick: tests.at(-1)?.result ?? null,
    lastIndicatedRunAt: Math.max(steriliser.qualifiedAt, ...indicated.map(({ startedAt }) => startedAt ?? 0)),
    lastReading: readings.at(-1)?.status ?? null,
    hasBiologicalIndicator: load.indicatorIds.length > 0,
    packs: load.packIds.map((id) => {
      const { implant, labelledOn } = pick(world.packs, id);
      return { id, implant, labelledOn, ownersNextVisitOn: null };
    }),
    overridden: true,
    calendar,
  };
}

export function startLoad(world: SimulatedWorld, { loadId, at }: ActOf<'start-load'>): void {
  const load = pick(world.loads, loadId);
  const refusal = findStartRefusal(startGroundOf(world, load, at), world.rules);
  mustHold(refusal === undefined, `the start of a load: ${refusal?.code}`);
  load.status = 'running';
  load.startedAt = at;
  load.operatorId = 'technician';
  const packs = load.packIds.map((id) => pick(world.packs, id));
  datePacks(world, packs, at);
}

const goodCycle = { exposureSeconds: 300, minTemperatureC: 134.4, maxTemperatureC: 135.6, minPressureKpa: 205, maxPressureKpa: 225 };

export function endLoad(world: SimulatedWorld, { loadId, at }: ActOf<'end-load'>): void {
  const load = pick(world.loads, loadId);
  load.endedAt = at;
  load.physical = judgeCycle(load.program, goodCycle, world.rules).physical;
  judgeLoad(world, load);
}

/** The power was cut: the cycle never ended, its packs are rejected. */
export function abortLoad(world: SimulatedWorld, { loadId, at }: ActOf<'abort-load'>): void {
  const load = pick(world.loads, loadId);
  load.endedAt = at;
  load.rejected = true;
  for (const id of load.packIds) Object.assign(pick(world.packs, id), { status: 'rejected', rejectReason: 'load-rejected' });
  judgeLoad(world, load);
}

export function unload(world: SimulatedWorld, { loadId, wetPackIds, at }: ActOf<'unload'>): void {
  const load = pick(world.loads, loadId);
  mustHold(at - (load.endedAt ?? at) > world.rules.coolingMinutes * MINUTE_MS, 'unloading before the load has cooled');
  load.unloadedAt = at;
  load.unloadedBy = 'technician';
  for (const id of load.packIds) {
    const pack = pick(world.packs, id);
    const wet = wetPackIds.includes(id);
    const flaw = findFlawOfPack({ outerCi: 'pass', wet });
    pack.outerCi = 'pass';
    if (flaw) Object.assign(pack, { status: 'rejected', rejectReason: flaw });
    else pack.status = 'sterilised';
    if (wet) load.wetPacks++;
  }
}

export function release(world: SimulatedWorld, { loadId, at }: ActOf<'release'>): void {
  const load = pick(world.loads, loadId);
  const refusal = findReleaseRefusal(
    {
      unloaded: load.unloadedAt !== null,
      physical: load.physical,
      chemical: [],
      handledBy: [load.operatorId, load.unloadedBy],
      wetPacks: load.wetPacks,
      reviewed: load.reviewed,
      inRecall: load.packIds.some((id) => isRecalled(world, id)),
    },
    'releaser',
    world.rules,
  );
  mustHold(refusal === undefined, `the release of a load: ${refusal?.code}`);
  load.releasedBy = 'releaser';
  judgeLoad(world, load);
  for (const id of load.packIds) {
    const pack = pick(world.packs, id);
    if (pack.status === 'sterilised') Object.assign(pack, { status: 'released', releasedAt: at });
  }
}

function judgeLoad(world: SimulatedWorld, load: SimulatedLoad): void {
  const facts: LoadFacts = {
    purpose: load.purpose,
    ended: load.endedAt !== null,
    rejected: load.rejected,
    physical: load.physical,
    released: load.releasedBy !== null,
    emergencyAt: null,
    hasImplant: load.packIds.some((id) => pick(world.packs, id).implant),
    biological: indicatorsOf(world, load),
    chemicalFailed: false,
  };
  load.status = statusOfLoad(facts);
}

export function incubate(world: SimulatedWorld, { indicatorId, at }: ActOf<'incubate'>): void {
  Object.assign(pick(world.indicators, indicatorId), { status: 'incubating', incubatedAt: at, dueAt: at + incubationMinutes * MINUTE_MS });
}

export function readIndicator(world: SimulatedWorld, { indicatorId, growth, controlGrew, at }: ActOf<'read-indicator'>): void {
  const indicator = pick(world.indicators, indicatorId);
  const load = pick(world.loads, indicator.loadId);
  const { lot, dueAt } = indicator;
  const reading = readBiologicalIndicator({ growth, control: { lot, growth: controlGrew } }, { lot, dueAt: dueAt ?? at }, at);
  mustHold(reading.ok, 'the reading of an indicator that is still incubating');
  if (!reading.ok) return;
  Object.assign(indicator, { status: reading.status, readAt: at });
  judgeLoad(world, load);
  const steriliser = pick(world.sterilisers, load.steriliserId);
  if (load.purpose === 'requalification') {
    steriliser.requalificationPassed = countRequalification(world, steriliser);
  } else if (reading.status === 'fail') {
    takeOut(world, load.steriliserId, at);
    steriliser.requalificationPassed = 0;
    openRecall(world, load, at);
  }
  if (reading.status === 'invalid' && isOneOfInvalid(world, load.steriliserId, indicatorId)) takeOut(world, load.steriliserId, at);
}

/** Invalid ones in a row put a steriliser out of service, by the order of its runs. */
function isOneOfInvalid(world: SimulatedWorld, steriliserId: string, indicatorId: string): boolean {
  const read = loadsOf(world, steriliserId)
    .sort((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0))
    .flatMap((run) => indicatorsOf(world, run))
    .filter(({ readAt }) => readAt !== null);
  const index = read.findIndex(({ id }) => id === indicatorId);
  const { invalidIndicators } = world.rules.runsInARowOutOfService;
  return isRunOf(
    read.map(({ status }) => status),
    index,
    'invalid',
    invalidIndicators,
  );
}

function countRequalification(world: SimulatedWorld, { id, requalifyingSince }: SimulatedSteriliser): number {
  const runs = loadsOf(world, id)
    .filter(({ purpose, startedAt }) => purpose === 'requalification' && (startedAt ?? 0) >= requalifyingSince)
    .sort((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0));
  return countPassedRuns(
    runs.map((run) => {
      const statuses = indicatorsOf(world, run).map(({ status }) => status);
      if (run.status === 'failed' || run.physical === 'fail' || statuses.includes('invalid')) return 'fail';
      return run.status === 'confirmed' ? 'pass' : null;
    }),
  );
}

export const beginRequalification = (world: SimulatedWorld, steriliserId: string, at: number): void => {
  Object.assign(pick(world.sterilisers, steriliserId), { status: 'requalifying', requalificationPassed: 0, requalifyingSince: at });
};

function takeOut(world: SimulatedWorld, steriliserId: string, at: number): void {
  const steriliser = pick(world.sterilisers, steriliserId);
  if (!steriliser.outages.some(({ until }) => until === null)) steriliser.outages.push({ since: at, until: null });
  steriliser.status = 'out-of-service';
}

export function returnToService(world: SimulatedWorld, steriliserId: string, at: number): void {
  const steriliser = pick(world.sterilisers, steriliserId);
  mustHold(
    steriliser.requalificationPassed >= world.rules.requalificationRuns,
    'a steriliser back in service before three runs have passed',
  );
  steriliser.status = 'in-service';
  for (const outage of steriliser.outages) outage.until ??= at;
}
