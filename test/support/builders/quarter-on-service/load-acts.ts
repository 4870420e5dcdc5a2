/** Acts of the simulated quarter on loads and their indicators. */
import type { SupplyAct } from '../../../../domain/supply-quarter/acts.ts';
import { pick, type SimulatedWorld } from '../../../../domain/supply-quarter/world.ts';
import { type ActOf, MINUTE_MS, type QuarterNames, toInstant } from './names.ts';

export async function testBowieDickOnService(
  { post }: QuarterNames,
  { steriliserId, result, at }: ActOf<SupplyAct, 'bowie-dick'>,
): Promise<void> {
  await post('technician', '/v1/bowie-dick-tests', {
    steriliserId,
    startedAt: toInstant(at - 15 * MINUTE_MS),
    endedAt: toInstant(at),
    result,
  });
}

export async function planLoadOnService(
  { post, name, idOf }: QuarterNames,
  { loadId, steriliserId, packIds, indicatorIds, requalification }: ActOf<SupplyAct, 'plan-load'>,
): Promise<void> {
  const load = await post('technician', '/v1/loads', {
    steriliserId,
    program: 'steam-134',
    ...(requalification ? { purpose: 'requalification' } : {}),
    packIds: packIds.map(idOf),
    indicators: indicatorIds.map(() => ({ kind: 'bi', product: 'bi-24h', lot: 'lot-1', incubationMinutes: 1_440 })),
  });
  name(loadId, load.id);
  indicatorIds.forEach((id, index) => {
    name(id, load.indicatorIds[index]);
  });
}

export async function endLoadOnService({ post, idOf }: QuarterNames, { loadId, at }: ActOf<SupplyAct, 'end-load'>): Promise<void> {
  await post('technician', `/v1/loads/${idOf(loadId)}/end`, {
    exposureSeconds: 300,
    minTemperatureC: 134.4,
    maxTemperatureC: 135.6,
    minPressureKpa: 205,
    maxPressureKpa: 225,
    happenedAt: toInstant(at),
  });
}

export async function unloadOnService(
  { post, idOf }: QuarterNames,
  { loadId, wetPackIds, at }: ActOf<SupplyAct, 'unload'>,
  world: SimulatedWorld,
): Promise<void> {
  const packs = pick(world.loads, loadId).packIds.map((id) => ({ packId: idOf(id), outerCi: 'pass', wet: wetPackIds.includes(id) }));
  await post('technician', `/v1/loads/${idOf(loadId)}/unload`, { packs, happenedAt: toInstant(at) });
}

export async function readIndicatorOnService(
  { post, idOf }: QuarterNames,
  { indicatorId, growth, controlGrew, at }: ActOf<SupplyAct, 'read-indicator'>,
): Promise<void> {
  await post('releaser', `/v1/load-indicators/${idOf(indicatorId)}/read`, {
    growth,
    control: { lot: 'lot-1', growth: controlGrew },
    happenedAt: toInstant(at),
  });
}
