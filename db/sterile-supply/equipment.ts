/** Vehicles, boxes and washers: registered, cleaned, listed. */
import type { Selectable } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Lane, ThingType } from '../../domain/sterile-supply/vocabulary.ts';
import type { Database } from '../kit/database.ts';
import type { Act } from './act.ts';
import { getSupplyDepartment } from './department.ts';
import { appendLedger } from './ledger.ts';
import type { TransportBoxTable, VehicleTable, WasherTable } from './tables.ts';

export type VehicleRow = Selectable<VehicleTable>;
export type BoxRow = Selectable<TransportBoxTable>;
export type WasherRow = Selectable<WasherTable>;

export interface EquipmentRows {
  vehicle: VehicleRow;
  transport_box: BoxRow;
  washer: WasherRow;
}
export type EquipmentTable = keyof EquipmentRows;

/** What the ledger calls the things of a table. */
export const thingTypeOf = {
  vehicle: 'vehicle',
  transport_box: 'transport-box',
  washer: 'washer',
} as const satisfies Record<EquipmentTable, ThingType>;

const register = async (act: Act, type: ThingType, id: string): Promise<void> =>
  appendLedger(act, [{ thing: { type, id }, event: 'registered', holder: await getSupplyDepartment(act.trx) }]);

/** Fails on a code that is taken, as the others do. */
export async function registerVehicle(act: Act, vehicle: { code: string; sterileLitres: number; soiledLitres: number }): Promise<string> {
  const id = uuid();
  const { code, sterileLitres, soiledLitres } = vehicle;
  await act.trx.insertInto('vehicle').values({ id, code, sterile_litres: sterileLitres, soiled_litres: soiledLitres }).execute();
  await register(act, 'vehicle', id);
  return id;
}

export async function registerBox(
  act: Act,
  { code, lane, capacityLitres, vehicleId }: { code: string; lane: Lane; capacityLitres: number; vehicleId: string | null },
): Promise<string> {
  const id = uuid();
  await act.trx.insertInto('transport_box').values({ id, code, lane, capacity_litres: capacityLitres, vehicle_id: vehicleId }).execute();
  await register(act, 'transport-box', id);
  return id;
}

export async function registerWasher(act: Act, { code }: { code: string }): Promise<string> {
  const id = uuid();
  await act.trx.insertInto('washer').values({ id, code }).execute();
  await register(act, 'washer', id);
  return id;
}

/** A vehicle or a box was cleaned. One that was cleaned later already keeps the later instant. */
export async function recordCleaning(act: Act, table: 'vehicle' | 'transport_box', id: string, method: string): Promise<void> {
  const { trx, actor, happenedAt } = act;
  const type = thingTypeOf[table];
  await trx
    .insertInto('cleaning')
    .values({ id: uuid(), thing_type: type, thing_id: id, method, cleaned_at: happenedAt, cleaned_by: JSON.stringify(actor) })
    .execute();
  await trx
    .updateTable(table)
    .set(({ fn, val }) => ({ last_cleaned_at: fn<Date>('greatest', ['last_cleaned_at', val(happenedAt)]) }))
    .where('id', '=', id)
    .execute();
  await appendLedger(act, [{ thing: { type, id }, event: 'cleaned', details: { method } }]);
}

/** By id or code. */
export async function findEquipment<Table extends EquipmentTable>(
  db: Database,
  table: Table,
  idOrCode: string,
): Promise<EquipmentRows[Table] | undefined> {
  const row = await db
    .selectFrom(table as EquipmentTable)
    .selectAll()
    .where((where) => where.or([where('id', '=', idOrCode), where('code', '=', idOrCode)]))
    .orderBy((order) => order('id', '=', idOrCode), 'desc')
    .limit(1)
    .executeTakeFirst();
  return row as EquipmentRows[Table] | undefined;
}

/** By id. One more than `limit` when there are more. */
export async function listEquipment<Table extends EquipmentTable>(
  db: Database,
  table: Table,
  { limit, after = '' }: { limit: number; after?: string | undefined },
): Promise<EquipmentRows[Table][]> {
  const rows = await db
    .selectFrom(table as EquipmentTable)
    .selectAll()
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  return rows as EquipmentRows[Table][];
}
