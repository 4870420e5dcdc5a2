/** The watch over the invariants of the simulated quarter: each of the twelve is broken by hand once, and it says so. */
import { expect, test } from 'vitest';
import { createInvariantWatch, invariants } from '../../../domain/supply-quarter/invariants/watch.ts';
import type { SimulatedPack, SimulatedWorld } from '../../../domain/supply-quarter/world.ts';
import { simulateSupply } from '../../../worker/simulate-supply.ts';

/** A Monday and a Tuesday: packs were made, handed over and partly used, a round was closed and the next one is confirmed. */
function liveTwoDays(): SimulatedWorld {
  let world: SimulatedWorld | undefined;
  for (const step of simulateSupply({ days: 2, seed: 1 })) world = step.world;
  if (!world) throw new Error('Nothing happened.');
  return world;
}

const packIn = (world: SimulatedWorld, status: SimulatedPack['status']): SimulatedPack => {
  const pack = [...world.packs.values()].find((one) => one.status === status);
  if (!pack) throw new Error(`No pack is ${status}.`);
  return pack;
};

const first = <Value>(values: Iterable<Value>, holds: (value: Value) => boolean = () => true): Value => {
  const found = [...values].find(holds);
  if (found === undefined) throw new Error('There is none.');
  return found;
};

const loadOf = (world: SimulatedWorld, { loadId }: SimulatedPack) => first(world.loads.values(), ({ id }) => id === loadId);

/** What breaks each of them. */
const breaches: Record<number, (world: SimulatedWorld) => void> = {
  1: (world) => {
    const pack = packIn(world, 'released');
    pack.expiresOn = '2026-01-01';
    pack.status = 'allocated';
  },
  2: (world) => {
    const pack = packIn(world, 'released');
    world.packs.set('another', { ...pack, id: 'another' });
  },
  3: (world) => {
    const line = first(
      [...world.slips.values()].flatMap(({ lines }) => lines),
      ({ received }) => received !== null,
    );
    line.missing += 1;
    line.received = (line.received ?? 0) - 1;
  },
  4: (world) => {
    first(world.boxes.values()).lane = 'soiled';
  },
  5: (world) => {
    const round = first(world.rounds.values(), ({ stops }) => stops.some(({ steps }) => steps.length > 0));
    round.status = 'departed';
    for (const stop of round.stops) stop.steps = stop.steps.filter(({ step }) => step !== 'gloves-off');
  },
  6: (world) => {
    const load = loadOf(world, packIn(world, 'released'));
    world.loads.set('at-once', { ...load, id: 'at-once', packIds: [], indicatorIds: [], startedAt: (load.startedAt ?? 0) + 1 });
  },
  7: (world) => {
    loadOf(world, packIn(world, 'released')).packIds.pop();
  },
  8: (world) => {
    const load = loadOf(world, packIn(world, 'released'));
    load.releasedBy = load.operatorId;
  },
  9: (world) => {
    const { id, steriliserId, startedAt } = loadOf(world, packIn(world, 'released'));
    world.recalls.set('empty', {
      id: 'empty',
      steriliserId,
      failedLoadIds: [id],
      outOfServiceAt: (startedAt ?? 0) + 1,
      loadIds: [],
      lines: new Map(),
      acknowledged: new Set(),
      cause: false,
      report: false,
      signedBy: [],
      status: 'open',
      openedAt: world.now,
    });
  },
  10: (world) => {
    world.ledger.pop();
  },
  11: (world) => {
    packIn(world, 'released').expiresOn = '2027-12-31';
  },
  12: (world) => {
    const soiled = first(world.consignments, ({ lane }) => lane === 'soiled');
    world.consignments.push({ ...soiled, sealNumber: 'a-new-seal', special: 'prion' });
  },
};

test.each(invariants.map(({ number, says }) => [number, says]))('invariant %i is watched: %s', (number) => {
  const world = liveTwoDays();
  const watch = createInvariantWatch();
  expect(watch(world)).toEqual([]);
  breaches[number as number]?.(world);
  expect(watch(world).filter((broken) => broken.endsWith(`(invariant ${number})`))).not.toEqual([]);
});
