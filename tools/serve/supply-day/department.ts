/** What the department does before the vehicle leaves: it washes, packs and sterilises. One load is released, another one is running. */
import { z } from 'zod';
import type { CycleInstants, DayClock } from './day-clock.ts';
import type { People } from './people.ts';

const Named = z.object({ id: z.string() });
const Items = z.object({ items: z.array(Named) });
const Load = z.object({ id: z.string(), indicatorIds: z.array(z.string()) });
const Indicators = z.object({ items: z.array(z.object({ id: z.string(), kind: z.string() })) });

export interface MadePack {
  id: string;
  setTypeId: string;
}

/** A cycle of 134 °C as the machine printed it. */
const goodCycle = { exposureSeconds: 252, minTemperatureC: 134.2, maxTemperatureC: 135.6, minPressureKpa: 205, maxPressureKpa: 222 };

const biologicalIndicator = { kind: 'bi', product: '1292', lot: 'BI-2607', incubationMinutes: 2_880 };
const chemicalIndicator = { kind: 'pcd-ci', product: '41382', lot: 'CI-2607', class: 5 };

/** How many sets of each type go into the two loads. */
const releasedSets = { 'dressing-set': 18, 'suture-set': 6, 'stitch-removal-set': 6 };
const runningSets = { 'examination-set': 4, 'minor-surgery-set': 2 };

/** A second person has to look at these before they are sterilised. */
const surgicalTypes: readonly string[] = ['suture-set', 'minor-surgery-set'];

export interface SterilisedPacks {
  packs: MadePack[];
  /** The biological indicator of the released load, which is incubating for two days. */
  indicatorId: string;
}

/** Resolves with the packs that may be handed out. */
export async function sterilisePacks(people: People, clock: DayClock): Promise<SterilisedPacks> {
  const packs = await makePacks(people, clock, releasedSets, 260);
  const cycle = clock.ofCycle(112);
  const load = await startLoad(people, cycle, {
    steriliserId: 'steriliser-1',
    packs,
    indicators: [biologicalIndicator, chemicalIndicator],
  });
  const after = (minutes: number): string => new Date(Date.parse(cycle.startedAt) + minutes * 60_000).toISOString();
  await people.post('technician', `/v1/loads/${load.id}/end`, { ...goodCycle, happenedAt: after(33) });
  const unloaded = packs.map(({ id }) => ({ packId: id, outerCi: 'pass', wet: false }));
  await people.post('technician', `/v1/loads/${load.id}/unload`, { packs: unloaded, happenedAt: after(65) });
  const { items } = Indicators.parse(await people.look('releaser', `/v1/load-indicators?loadId=${load.id}`));
  const [indicatorId, chemicalId] = ['bi', 'pcd-ci'].map((kind) => items.find((item) => item.kind === kind)?.id);
  if (indicatorId === undefined) throw new Error('the load has no biological indicator');
  await people.post('releaser', `/v1/load-indicators/${chemicalId}/read`, { result: 'pass', happenedAt: after(66) });
  await people.post('releaser', `/v1/loads/${load.id}/release`, { happenedAt: after(67) });
  await people.post('technician', `/v1/load-indicators/${indicatorId}/incubate`, { happenedAt: after(68) });
  return { packs, indicatorId };
}

/** The second load is in the steriliser: nobody can say yet how it ends. */
export async function runAnotherLoad(people: People, clock: DayClock): Promise<void> {
  const packs = await makePacks(people, clock, runningSets, 170);
  await startLoad(people, clock.ofCycle(12), { steriliserId: 'steriliser-2', packs, indicators: [biologicalIndicator] });
}

interface NewLoad {
  steriliserId: string;
  packs: readonly MadePack[];
  indicators: readonly object[];
}

async function startLoad(people: People, cycle: CycleInstants, { steriliserId, packs, indicators }: NewLoad) {
  await people.post('technician', '/v1/bowie-dick-tests', {
    steriliserId,
    startedAt: cycle.testStartedAt,
    endedAt: cycle.testEndedAt,
    result: 'pass',
  });
  const load = Load.parse(
    await people.post('technician', '/v1/loads', {
      steriliserId,
      program: 'steam-134',
      packIds: packs.map(({ id }) => id),
      indicators,
      happenedAt: cycle.labelledAt,
    }),
  );
  await people.post('technician', `/v1/loads/${load.id}/labels`, { format: 'zpl', happenedAt: cycle.labelledAt });
  await people.post('technician', `/v1/loads/${load.id}/start`, { happenedAt: cycle.startedAt });
  return load;
}

/** Washes, inspects and packs as many sets of each type as there are, at most those asked for. It takes an hour and a half. */
async function makePacks(
  people: People,
  clock: DayClock,
  wanted: Readonly<Record<string, number>>,
  minutesBefore: number,
): Promise<MadePack[]> {
  const sets = (
    await Promise.all(
      Object.entries(wanted).map(async ([setTypeId, count]) => {
        const path = `/v1/set-instances?setTypeId=${setTypeId}&status=in-decon&limit=200`;
        const { items } = Items.parse(await people.look('technician', path));
        return items.slice(0, count).map(({ id }) => ({ id, setTypeId }));
      }),
    )
  ).flat();
  const setInstanceIds = sets.map(({ id }) => id);
  const begin = minutesBefore;
  await people.post('technician', '/v1/wash-batches', {
    washerId: 'washer-1',
    startedAt: clock.ofDepartment(begin),
    endedAt: clock.ofDepartment(begin - 50),
    temperatureC: 93,
    seconds: 150,
    setInstanceIds,
  });
  await people.post('technician', '/v1/inspections', {
    items: setInstanceIds.map((setInstanceId) => ({ setInstanceId, result: 'pass' })),
    happenedAt: clock.ofDepartment(begin - 60),
  });
  return Promise.all(
    sets.map(async ({ id: setInstanceId, setTypeId }) => {
      const pack = Named.parse(await people.post('technician', '/v1/packs', { setInstanceId, happenedAt: clock.ofDepartment(begin - 70) }));
      if (surgicalTypes.includes(setTypeId))
        await people.post('checker', `/v1/packs/${pack.id}/check`, { happenedAt: clock.ofDepartment(begin - 80) });
      return { id: pack.id, setTypeId };
    }),
  );
}
