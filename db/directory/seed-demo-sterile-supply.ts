/** Writes what the sterile supply department of the demo alliance has. That each thing is there stands in the ledger, from which its custody follows. */
import { type DemoSterileSupply, demoDepartmentPosition, demoSupplyBeganAt } from '../../domain/demo/sterile-supply.ts';
import type { Holder, ThingType } from '../../domain/sterile-supply/vocabulary.ts';
import type { Trx } from '../kit/transaction.ts';
import { type Act, systemActor } from '../sterile-supply/act.ts';
import { appendLedger, type LedgerEntry } from '../sterile-supply/ledger.ts';

/** Does nothing where there are set types already. */
export async function insertDemoSterileSupply(trx: Trx, supply: DemoSterileSupply, departmentId: string): Promise<void> {
  if (await trx.selectFrom('set_type').select('id').limit(1).executeTakeFirst()) return;
  const now = new Date();
  await insertCatalogue(trx, supply, now);
  await insertPlaces(trx, supply, departmentId);

  const department: Holder = { type: 'cssd', id: departmentId };
  const things: Array<[type: ThingType, ids: string[]]> = [
    ['vehicle', supply.vehicles.map(({ code }) => code)],
    ['transport-box', supply.boxes.map(({ code }) => code)],
    ['washer', supply.washers],
    ['steriliser', supply.sterilisers.map(({ code }) => code)],
  ];
  const fixed = things.flatMap(([type, ids]) => ids.map((id) => entryOf({ type, id }, null, department)));
  const sets = supply.setInstances.map(({ code, usedAtInstitutionId: centreId }) =>
    centreId === null
      ? entryOf({ type: 'set-instance', id: code }, 'in-decon', department)
      : entryOf({ type: 'set-instance', id: code }, 'used', { type: 'centre', id: centreId }),
  );
  // Everything has been where it is since the beginning: a demonstration may report what happened before it was started.
  const began = new Date(demoSupplyBeganAt);
  const act: Act = {
    trx,
    actor: { ...systemActor, institutionId: departmentId },
    happenedAt: began,
    recordedAt: now,
    late: false,
    requestId: 'demo-alliance',
    scanId: null,
  };
  await appendLedger(act, [...fixed, ...sets]);
}

const entryOf = (thing: LedgerEntry['thing'], to: string | null, holder: Holder): LedgerEntry => ({
  thing,
  event: 'registered',
  to,
  holder,
  institutionId: holder.id,
});

async function insertCatalogue(trx: Trx, supply: DemoSterileSupply, now: Date): Promise<void> {
  await trx
    .insertInto('set_type')
    .values(
      supply.setTypes.map((type) => ({
        id: type.code,
        code: type.code,
        name_zh: type.nameZh,
        name_en: type.nameEn,
        count_sheet: JSON.stringify(type.countSheet),
        packaging: type.packaging,
        programs: [...type.programs],
        surgical: type.surgical,
        implant: type.implant,
        low_use: type.lowUse,
        volume_litres: type.volumeLitres,
        gtin: type.gtin,
      })),
    )
    .execute();
  await trx
    .insertInto('set_instance')
    .values(
      supply.setInstances.map((set) => ({
        id: set.code,
        code: set.code,
        set_type_id: set.setTypeId,
        ownership: set.ownership,
        owner_institution_id: set.ownerInstitutionId,
        status: set.usedAtInstitutionId === null ? ('in-decon' as const) : ('used' as const),
        // A set that lies used at a centre was used just now: nobody is late in collecting it.
        status_since: set.usedAtInstitutionId === null ? demoSupplyBeganAt : now,
      })),
    )
    .execute();
  await trx
    .insertInto('vehicle')
    .values(
      supply.vehicles.map(({ code, sterileLitres, soiledLitres }) => ({
        id: code,
        code,
        sterile_litres: sterileLitres,
        soiled_litres: soiledLitres,
      })),
    )
    .execute();
  await trx
    .insertInto('transport_box')
    .values(
      supply.boxes.map(({ code, lane, capacityLitres, vehicleCode }) => ({
        id: code,
        code,
        lane,
        capacity_litres: capacityLitres,
        vehicle_id: vehicleCode,
      })),
    )
    .execute();
  await trx
    .insertInto('washer')
    .values(supply.washers.map((code) => ({ id: code, code })))
    .execute();
  await trx
    .insertInto('steriliser')
    .values(
      supply.sterilisers.map(({ code, kind, qualifiedAt }) => ({
        id: code,
        code,
        kind,
        recall_policy: 'cn-ws310' as const,
        status: 'in-service' as const,
        qualified_at: qualifiedAt,
      })),
    )
    .execute();
}

/** The centres that are visited, and the department itself, where every round begins and ends: nobody visits it. */
async function insertPlaces(trx: Trx, { centres }: DemoSterileSupply, departmentId: string): Promise<void> {
  const rows = centres.map((centre) => ({
    institution_id: centre.institutionId,
    visit_days: centre.visitDays,
    windows: JSON.stringify(centre.windows),
    count_mode: centre.countMode,
    storage: centre.storage,
    latitude: centre.latitude,
    longitude: centre.longitude,
  }));
  const department = {
    institution_id: departmentId,
    visit_days: [],
    windows: '[]',
    count_mode: 'sealed-declared' as const,
    storage: 'conforming' as const,
    ...demoDepartmentPosition,
  };
  await trx
    .insertInto('supply_centre')
    .values([...rows, department])
    .execute();
}
