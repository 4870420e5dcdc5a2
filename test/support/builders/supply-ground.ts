/** A ground of sterile supply straight in the tables, for tests of what reads them: no act has judged it. */
import type { Insertable } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Database } from '../../../db/kit/database.ts';
import { appendLedger, type LedgerEntry } from '../../../db/sterile-supply/ledger.ts';
import type { Tables } from '../../../db/tables.ts';
import type { Actor } from '../../../domain/kit/pathway.ts';
import type { Holder } from '../../../domain/sterile-supply/vocabulary.ts';

export const cssd: Holder = { type: 'cssd', id: 'inst-cssd' };
export const atCentre = (id: string): Holder => ({ type: 'centre', id });
export const onRound = (id: string): Holder => ({ type: 'round', id });

const technician: Actor = { personId: 'person-technician', institutionId: 'inst-cssd', role: 'technician' };

export async function appendEvents(
  db: Database,
  entries: readonly (LedgerEntry & { happenedAt?: Date })[],
  happenedAt = new Date(),
  actor = technician,
): Promise<void> {
  await db
    .transaction()
    .execute((trx) =>
      appendLedger({ trx, actor, happenedAt, recordedAt: happenedAt, late: false, requestId: uuid(), scanId: null }, entries),
    );
}

type Row<Table extends keyof Tables> = Partial<Insertable<Tables[Table]>>;

/** A set type; its id is its code. */
export async function addSetType(db: Database, code: string, over: Row<'set_type'> = {}): Promise<string> {
  const row = {
    id: code,
    code,
    name_zh: '换药包',
    name_en: 'Dressing set',
    count_sheet: JSON.stringify([{ itemCode: 'forceps', name: { zh: '镊子', en: 'Forceps' }, quantity: 2 }]),
    packaging: 'pouch' as const,
    programs: ['steam-132', 'steam-134'],
    surgical: false,
    implant: false,
    low_use: false,
    volume_litres: 2,
    ...over,
  };
  await db.insertInto('set_type').values(row).execute();
  return code;
}

/** A set instance of the pool; its id is its code. */
export async function addSet(db: Database, code: string, setTypeId: string, over: Row<'set_instance'> = {}): Promise<string> {
  const row = { id: code, code, set_type_id: setTypeId, ownership: 'pool' as const, status: 'packed' as const, ...over };
  await db
    .insertInto('set_instance')
    .values({ status_since: new Date('2026-01-01T00:00:00Z'), ...row })
    .execute();
  return code;
}

/** A pack of a set of its own, with the id `pack-<code>`; the set has the code of the pack with `set-` before it. */
export async function addPack(db: Database, code: string, setTypeId: string, over: Row<'pack'> = {}): Promise<string> {
  const setId = over.set_instance_id ?? (await addSet(db, `set-${code}`, setTypeId));
  const id = `pack-${code}`;
  await db
    .insertInto('pack')
    .values({
      id,
      code,
      set_instance_id: setId,
      set_type_id: setTypeId,
      packaging: 'pouch',
      surgical: false,
      implant: false,
      status: 'released',
      packer_id: 'person-technician',
      label_print: 1,
      sterilised_on: '2026-11-01',
      expires_on: '2027-04-30',
      nominal_expires_on: '2027-04-30',
      status_since: new Date('2026-01-01T00:00:00Z'),
      ...over,
    })
    .execute();
  return id;
}

/** A steriliser in service; its id is its code. */
export async function addSteriliser(db: Database, code: string, over: Row<'steriliser'> = {}): Promise<string> {
  const row = { id: code, code, kind: 'prevacuum' as const, recall_policy: 'cn-ws310' as const, status: 'in-service' as const, ...over };
  await db.insertInto('steriliser').values(row).execute();
  return code;
}

/** A load with these packs, which started and is released unless `over` says otherwise. */
export async function addLoad(
  db: Database,
  number: string,
  steriliserId: string,
  packIds: readonly string[],
  over: Row<'steriliser_load'> = {},
): Promise<string> {
  const id = uuid();
  const start = { status: 'planned' as const, started_at: null };
  await db
    .insertInto('steriliser_load')
    .values({ id, number, steriliser_id: steriliserId, program: 'steam-132', purpose: 'packs', ...start })
    .execute();
  if (packIds.length > 0) {
    await db
      .insertInto('load_pack')
      .values(packIds.map((packId) => ({ load_id: id, pack_id: packId })))
      .execute();
    await db.updateTable('pack').set({ load_id: id }).where('id', 'in', packIds).execute();
  }
  await db
    .updateTable('steriliser_load')
    .set({
      status: 'released',
      started_at: new Date('2026-11-01T00:00:00Z'),
      ended_at: new Date('2026-11-01T00:40:00Z'),
      physical: 'pass',
      ...(over as object),
    })
    .where('id', '=', id)
    .execute();
  return id;
}

/** A box; its id is its code. */
export async function addBox(db: Database, code: string, lane: 'sterile' | 'soiled'): Promise<string> {
  await db.insertInto('transport_box').values({ id: code, code, lane, capacity_litres: 60 }).execute();
  return code;
}

/** A round of the demo's driver and courier, with a vehicle of its own and a stop for each institution. */
export async function addRound(
  db: Database,
  institutionIds: readonly string[],
  over: Row<'supply_round'> = {},
): Promise<{ roundId: string; stopIds: string[] }> {
  const roundId = uuid();
  const vehicleId = `vehicle-of-${roundId}`;
  await db.insertInto('vehicle').values({ id: vehicleId, code: vehicleId, sterile_litres: 300, soiled_litres: 300 }).execute();
  const departAt = new Date('2026-11-02T00:00:00Z');
  await db
    .insertInto('supply_round')
    .values({
      id: roundId,
      on_date: '2026-11-02',
      vehicle_id: vehicleId,
      driver_id: 'person-driver',
      courier_id: 'person-courier',
      depart_at: departAt,
      departed_at: departAt,
      mode: 'soiled-first',
      status: 'departed',
      ...over,
    })
    .execute();
  const stops = institutionIds.map((institutionId, n) => ({
    id: uuid(),
    round_id: roundId,
    institution_id: institutionId,
    arrive_at: new Date(departAt.getTime() + (n + 1) * 3_600_000),
    status: 'scheduled' as const,
  }));
  if (stops.length > 0) await db.insertInto('round_stop').values(stops).execute();
  return { roundId, stopIds: stops.map(({ id }) => id) };
}
