/** Acts of the simulated quarter on the floor of the department and on the shelves of centres: sets, packs, climate. */
import { buildDemoPlaces } from '../../../../domain/demo/places.ts';
import { buildDemoSterileSupply } from '../../../../domain/demo/sterile-supply.ts';
import type { SupplyAct } from '../../../../domain/supply-quarter/acts.ts';
import { pick, type SimulatedWorld } from '../../../../domain/supply-quarter/world.ts';
import { type ActOf, MINUTE_MS, nurseOf, type QuarterNames, toInstant } from './names.ts';

const countSheets = new Map(buildDemoSterileSupply(buildDemoPlaces()).setTypes.map(({ code, countSheet }) => [code, countSheet]));

export async function washOnService({ post }: QuarterNames, { setIds, pretreatment, at }: ActOf<SupplyAct, 'wash'>): Promise<void> {
  await post('technician', '/v1/wash-batches', {
    washerId: 'washer-1',
    startedAt: toInstant(at - 40 * MINUTE_MS),
    endedAt: toInstant(at),
    temperatureC: 93,
    seconds: 150,
    ...(pretreatment === null ? {} : { pretreatment }),
    setInstanceIds: setIds,
  });
}

export async function inspectOnService(
  { post }: QuarterNames,
  { items, at }: ActOf<SupplyAct, 'inspect'>,
  world: SimulatedWorld,
): Promise<void> {
  const told = items.map(({ setId, result }) => {
    const [item] = countSheets.get(pick(world.sets, setId).setTypeId) ?? [];
    const missingItems = [{ itemCode: item?.itemCode, quantity: 1 }];
    return { setInstanceId: setId, result, ...(result === 'incomplete' ? { missingItems } : {}) };
  });
  await post('technician', '/v1/inspections', { items: told, happenedAt: toInstant(at) });
}

export async function assembleOnService({ post, name }: QuarterNames, { setId, packId, at }: ActOf<SupplyAct, 'assemble'>): Promise<void> {
  name(packId, (await post('technician', '/v1/packs', { setInstanceId: setId, happenedAt: toInstant(at) })).id);
}

/** The telephone reads the label that the pack has by now. */
export async function tellOpenedOnService(
  { get, scan, idOf }: QuarterNames,
  { packId, institutionId, openedAt }: ActOf<SupplyAct, 'scan-opened'>,
): Promise<void> {
  const { code } = await get('headnurse', `/v1/packs/${idOf(packId)}`);
  await scan(nurseOf(institutionId), { type: 'opened', at: openedAt, code });
}

/** Two readings outside, then two inside. */
export async function breachOnService({ post }: QuarterNames, { institutionId, at }: ActOf<SupplyAct, 'breach'>): Promise<void> {
  const readings = [-20, 0, 20, 40].map((minutes, index) => ({
    measuredAt: toInstant(at + minutes * MINUTE_MS),
    temperatureC: index < 2 ? 27 : 22,
    humidityPercent: 60,
  }));
  await post(nurseOf(institutionId), '/v1/climate-readings', { readings });
}

export async function reviewBreachOnService(
  { post, get }: QuarterNames,
  { breachId }: ActOf<SupplyAct, 'review-breach'>,
  world: SimulatedWorld,
): Promise<void> {
  const { institutionId } = pick(world.breaches, breachId);
  const { items } = await get('headnurse', `/v1/climate-breaches?institutionId=${institutionId}`);
  for (const { id, review } of items)
    if (review === null) await post('headnurse', `/v1/climate-breaches/${id}/review`, { accept: true, reason: 'short and mild' });
}
