/** Who sees what of sterile supply, worked out from the contract alone: centre staff their centre's, driver and courier their rounds', its posts all. */
import type { Relation } from '../../../api/kit/rule.ts';
import { addBox, addLoad, addPack, addRound, addSetType, addSteriliser, appendEvents, atCentre } from '../builders/supply-ground.ts';
import type { Service } from '../service/service.ts';

interface Caller {
  account: string;
  institutionId: string;
  roles: readonly string[];
}

/** One thing of each kind, by what its address begins with. The round of `driver` and `courier` stops at inst-c01, where the pack lies. */
export type SupplyObjects = Record<keyof typeof supplyKinds, string>;

const centreId = 'inst-c01';

const isOf =
  (...roles: readonly string[]) =>
  (caller: Caller) =>
    caller.roles.some((role) => roles.includes(role));
const seesAll = isOf('dispatcher', 'technician', 'checker', 'releaser', 'headnurse', 'infection', 'office', 'auditor');
const isCrew = isOf('driver', 'courier');
const isCentreStaff = isOf('nurse', 'gp', 'head');
const isOfTheCentre = (caller: Caller) => isCentreStaff(caller) && caller.institutionId === centreId;
const isOfTheCrew = ({ account }: Caller) => account === 'driver' || account === 'courier';

const relations: Relation[] = ['institution'];
const catalogue = { relations, sees: (caller: Caller) => seesAll(caller) || isCrew(caller) || isCentreStaff(caller) };
const ofRound = { relations, sees: (caller: Caller) => seesAll(caller) || isOfTheCentre(caller) || isOfTheCrew(caller) };
const ofCentre = { relations, sees: (caller: Caller) => seesAll(caller) || isOfTheCentre(caller) };

export const supplyKinds = {
  '/v1/rounds/{id}': ofRound,
  '/v1/stops/{id}': ofRound,
  '/v1/slips/{id}': ofRound,
  '/v1/packs/{id}': ofCentre,
  '/v1/discrepancies/{id}': ofCentre,
  '/v1/loads/{id}': { relations, sees: seesAll },
  '/v1/sterilisers/{id}': catalogue,
  '/v1/set-types/{id}': catalogue,
  '/v1/vehicles/{id}': catalogue,
  '/v1/boxes/{id}': catalogue,
};

/** Of each kind one that does not exist. */
export const noSupplyObjects = (nowhere: string): SupplyObjects =>
  Object.fromEntries(Object.keys(supplyKinds).map((begin) => [begin, nowhere])) as SupplyObjects;

/** What the discrepancy's owner alone does, who is the head of the centre, and a label after the release: of the posts that may at all, these may not here. */
export function isRefusedAtObject(operationId: string, caller: Caller): boolean {
  switch (operationId) {
    case 'acknowledgeDiscrepancy':
    case 'investigateDiscrepancy':
    case 'resolveDiscrepancy':
      return !isOf('headnurse')(caller) && !(isOf('head')(caller) && caller.institutionId === centreId);
    case 'printPackLabel':
      return !isOf('releaser', 'headnurse')(caller);
    default:
      return false;
  }
}

export async function makeSupplyObjects(service: Service): Promise<SupplyObjects> {
  const { db } = service;
  const code = `seen-${crypto.randomUUID()}`;
  const setTypeId = await addSetType(db, code);
  const steriliserId = await addSteriliser(db, code);
  const boxId = await addBox(db, code, 'sterile');
  const packId = await addPack(db, code, setTypeId, { outer_ci: 'pass', wet: false });
  const loadId = await addLoad(db, code, steriliserId, [packId]);
  await db.updateTable('pack').set({ status: 'at-centre' }).where('id', '=', packId).execute();
  await appendEvents(db, [{ thing: { type: 'pack', id: packId }, event: 'sterile-handed', holder: atCentre(centreId) }], new Date());
  const { roundId, stopIds } = await addRound(db, [centreId]);
  const [stopId = ''] = stopIds;
  const slip = await db
    .insertInto('exchange_slip')
    .values({ institution_id: centreId, status: 'frozen', created_by: '{}', round_id: roundId, stop_id: stopId, id: crypto.randomUUID() })
    .returning('id')
    .executeTakeFirstOrThrow();
  const opened = await service.post('nurse', '/v1/discrepancies', {
    kind: 'damage',
    subject: { type: 'pack', id: packId },
    note: '外包装破损',
  });
  if (opened.status !== 201) throw new Error(`The discrepancy was answered ${opened.status}.`);
  // The first who asks for a bundle has it issued.
  await service.get('dispatcher', `/v1/rounds/${roundId}/bundle`);
  return {
    '/v1/rounds/{id}': roundId,
    '/v1/stops/{id}': stopId,
    '/v1/slips/{id}': slip.id,
    '/v1/packs/{id}': packId,
    '/v1/discrepancies/{id}': opened.body.id,
    '/v1/loads/{id}': loadId,
    '/v1/sterilisers/{id}': steriliserId,
    '/v1/set-types/{id}': setTypeId,
    '/v1/vehicles/{id}': `vehicle-of-${roundId}`,
    '/v1/boxes/{id}': boxId,
  };
}
