/** Acts of the simulated quarter on recalls and discrepancies. Both begin by themselves on the service, so each is found by what it is about. */
import type { SupplyAct } from '../../../../domain/supply-quarter/acts.ts';
import { pick, type SimulatedWorld } from '../../../../domain/supply-quarter/world.ts';
import { type ActOf, nurseOf, type QuarterNames } from './names.ts';

/** The recall of the service that stands for one of the simulation: a steriliser has one that is open, and each is closed before the next one opens. */
async function recallOf({ get, name, findId, nameOf }: QuarterNames, world: SimulatedWorld, recallId: string): Promise<string> {
  const known = findId(recallId);
  if (known !== undefined) return known;
  const { steriliserId } = pick(world.recalls, recallId);
  const { items } = await get('infection', '/v1/recalls?status=open');
  const isNew = (one: { steriliserId: string; id: string }): boolean => one.steriliserId === steriliserId && nameOf(one.id) === one.id;
  const { id } = items.find(isNew) ?? {};
  if (id === undefined) throw new Error(`The service has no recall for ${recallId}.`);
  name(recallId, id);
  return id;
}

const accountOfHolder = (type: string, id: string): string => {
  switch (type) {
    case 'centre':
      return nurseOf(id);
    case 'round':
      return 'courier';
    case 'infection':
      return 'infection';
    default:
      return 'headnurse';
  }
};

/** Everybody who has not said yet that they have stopped using the packs. */
export async function acknowledgeOnService(
  names: QuarterNames,
  { recallId }: ActOf<SupplyAct, 'acknowledge-recall'>,
  world: SimulatedWorld,
): Promise<void> {
  const id = await recallOf(names, world, recallId);
  const { holders } = await names.get('infection', `/v1/recalls/${id}`);
  for (const { type, id: holderId, acknowledgedAt } of holders)
    if (acknowledgedAt === null) await names.post(accountOfHolder(type, holderId), `/v1/recalls/${id}/acknowledge`, { holderId });
}

export async function accountOnService(
  names: QuarterNames,
  { recallId, packIds, end }: { recallId: string; packIds: readonly string[]; end: 'used' | 'retrieved' },
  world: SimulatedWorld,
): Promise<void> {
  const lines = packIds.map((id) => ({ packId: names.idOf(id), end }));
  const account = end === 'used' ? 'infection' : 'technician';
  await names.post(account, `/v1/recalls/${await recallOf(names, world, recallId)}/account`, { lines });
}

export async function explainOnService(
  names: QuarterNames,
  { recallId }: ActOf<SupplyAct, 'explain-recall'>,
  world: SimulatedWorld,
): Promise<void> {
  const id = await recallOf(names, world, recallId);
  await names.post('infection', `/v1/recalls/${id}/cause`, { text: 'door seal' });
  await names.post('infection', `/v1/recalls/${id}/report`, { text: 'all accounted for' });
}

export async function signOnService(
  names: QuarterNames,
  { recallId }: ActOf<SupplyAct, 'sign-recall'>,
  world: SimulatedWorld,
): Promise<void> {
  const id = await recallOf(names, world, recallId);
  for (const account of ['headnurse', 'infection']) await names.post(account, `/v1/recalls/${id}/sign`, {});
}

async function discrepancyOf({ get, name, findId, idOf }: QuarterNames, world: SimulatedWorld, discrepancyId: string): Promise<string> {
  const known = findId(discrepancyId);
  if (known !== undefined) return known;
  const { kind, subjectId } = pick(world.discrepancies, discrepancyId);
  const { items } = await get('headnurse', `/v1/discrepancies?kind=${kind}&limit=200`);
  const { id } = items.find(({ subject }: { subject: { id: string } }) => subject.id === idOf(subjectId)) ?? {};
  if (id === undefined) throw new Error(`The service has no discrepancy ${kind} of ${subjectId}.`);
  name(discrepancyId, id);
  return id;
}

export async function resolveDiscrepancyOnService(
  names: QuarterNames,
  { discrepancyId, resolution }: ActOf<SupplyAct, 'resolve-discrepancy'>,
  world: SimulatedWorld,
): Promise<void> {
  const path = `/v1/discrepancies/${await discrepancyOf(names, world, discrepancyId)}`;
  await names.post('headnurse', `${path}/acknowledge`, {});
  await names.post('headnurse', `${path}/investigate`, { note: 'asked everybody' });
  await names.post('headnurse', `${path}/resolve`, { resolution, note: 'settled' });
}

/** By another head nurse than the one who resolved it. */
export async function closeDiscrepancyOnService(
  names: QuarterNames,
  { discrepancyId }: ActOf<SupplyAct, 'close-discrepancy'>,
  world: SimulatedWorld,
): Promise<void> {
  await names.post('headnurse2', `/v1/discrepancies/${await discrepancyOf(names, world, discrepancyId)}/close`, {});
}
