/** What the cases stand on: the tables of one test file, and acts in the shape in which the product writes them, without its friendly checks. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Database } from '../../../db/kit/database.ts';
import { inTransaction, type Trx } from '../../../db/kit/transaction.ts';
import type { SupplyRows } from '../builders/sterile-supply-rows.ts';
import { countWaitingForLocks } from '../service/lock-waits.ts';

export let db: Database;
export let rows: SupplyRows;

/** Called before the first case. */
export function useTables(tables: Database, ground: SupplyRows): void {
  db = tables;
  rows = ground;
}

export interface Case {
  invariant: number;
  constraint: string;
  /** Around the friendly check. */
  around?: () => Promise<unknown>;
  /** At once; one goes through at most. */
  race?: () => Promise<(string | undefined)[]>;
}
export type Work = (trx: Trx) => Promise<unknown>;
export const act = (work: Work) => inTransaction(db, { system: true, part: 'operator' }, work);

/** The constraint that refused the work; undefined when it went through. */
export async function constraintOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    const { constraint, message } = error as { constraint?: string; message: string };
    return constraint ?? message;
  }
}

/** Nobody commits before each of them has written or waits for the lock of another one, which it gets only with that one's commit. */
export async function atOnce(...works: Work[]): Promise<(string | undefined)[]> {
  let writing = works.length;
  return Promise.all(
    works.map((work) =>
      constraintOf(
        act(async (trx) => {
          await work(trx).finally(() => {
            writing -= 1;
          });
          while (writing > (await countWaitingForLocks(db))) await new Promise(setImmediate);
        }),
      ),
    ),
  );
}

/** Of works at once one goes through, and each of the others is refused by this constraint. */
export function oneOf(answers: (string | undefined)[], constraint: string): void {
  expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
  expect(new Set(answers.filter((answer) => answer !== undefined))).toEqual(new Set([constraint]));
}

export const today = new Date().toISOString().slice(0, 10);
export const at = (time: string): string => `${today}T${time}:00Z`;
export const set =
  (table: 'pack' | 'steriliser_load' | 'steriliser' | 'supply_round' | 'exchange_slip' | 'slip_line', id: string, values: object) =>
  (on: Database | Trx) =>
    on.updateTable(table).set(values).where('id', '=', id).execute();
export const giveTo = (id: string, centre = 'inst-c01') =>
  set('pack', id, { status: 'at-centre', allocated_institution_id: centre, status_since: at('02:00') });

export async function releasedPack(over: Record<string, unknown> = {}): Promise<{ packId: string; loadId: string; steriliserId: string }> {
  const { packIds, ...ground } = await rows.releasedPacks(1, over);
  return { packId: packIds[0] as string, ...ground };
}

/** A load that has run and was unloaded, with a biological indicator in its incubator. */
export async function loadInIncubation(): Promise<{ loadId: string; indicatorId: string; packId: string }> {
  const { loadId, packId } = await releasedPack();
  const indicatorId = randomUUID();
  await db
    .insertInto('load_indicator')
    .values({ id: indicatorId, load_id: loadId, kind: 'bi', product: '1292', lot: 'L', status: 'incubating' })
    .execute();
  return { loadId, indicatorId, packId };
}

export const readAs = (id: string, status: 'pass' | 'fail' | 'invalid') => (trx: Database | Trx) =>
  trx
    .updateTable('load_indicator')
    .set({ status, read_at: at('05:00'), read_by: 'person-releaser' })
    .where('id', '=', id)
    .execute();

export async function newSlip(roundId: string | null, status: 'submitted' | 'frozen', direction: 'collect' | 'deliver', over: object = {}) {
  const id = randomUUID();
  const lineId = randomUUID();
  await db
    .updateTable('exchange_slip')
    .set({ status: 'cancelled' })
    .where('institution_id', '=', 'inst-c04')
    .where('status', 'in', ['draft', 'submitted'])
    .execute();
  await db
    .insertInto('exchange_slip')
    .values({ id, institution_id: 'inst-c04', round_id: roundId, status: 'submitted', created_by: '{}' })
    .execute();
  await db
    .insertInto('slip_line')
    .values({ id: lineId, slip_id: id, position: 1, direction, set_type_id: 'dressing-set', declared: 3, ...over })
    .execute();
  if (status === 'frozen') await set('exchange_slip', id, { status })(db);
  return { id, lineId };
}

export const stow = (round: { id: string; stopId: string }, boxId: string, special: 'prion' | null) => (trx: Trx) =>
  trx
    .insertInto('consignment')
    .values({
      id: randomUUID(),
      round_id: round.id,
      stop_id: round.stopId,
      lane: 'soiled',
      box_id: boxId,
      seal_number: randomUUID(),
      special,
    })
    .execute();

export async function newBox(lane: 'sterile' | 'soiled'): Promise<string> {
  const id = randomUUID();
  await db.insertInto('transport_box').values({ id, code: id, lane, capacity_litres: 60 }).execute();
  return id;
}
export async function newVehicle(): Promise<string> {
  const id = randomUUID();
  await db.insertInto('vehicle').values({ id, code: id, sterile_litres: 100, soiled_litres: 100 }).execute();
  return id;
}

/** A round that was closed with its one stop left, and nothing to come. */
export async function closedRound(): Promise<{ id: string; stopId: string }> {
  const round = await rows.round({ status: 'handed-over', vehicle_id: await newVehicle() });
  await db.updateTable('round_stop').set({ status: 'left' }).where('round_id', '=', round.id).execute();
  await set('supply_round', round.id, { status: 'closed' })(db);
  return round;
}

/** A recall without lines that two persons have signed. */
export async function signedRecall(steriliserId: string): Promise<string> {
  const id = await rows.recall(steriliserId, [], { cause: 'c', report: 'r' });
  for (const [role, person_id] of [
    ['headnurse', 'person-headnurse'],
    ['infection', 'person-infection'],
  ] as const)
    await db
      .insertInto('recall_signature')
      .values({ recall_id: id, role, person_id, signed_at: at('05:00') })
      .execute();
  return id;
}

export const openLine = (recallId: string, packId: string) =>
  ({ id: randomUUID(), recall_id: recallId, pack_id: packId, holder_type: 'cssd', holder_id: 'inst-cssd', state: 'open' }) as const;

/** As the act of departing writes it: the round, its leg, the use of the vehicle. */
export const departWith = (roundId: string, vehicleId: string) => async (trx: Trx) => {
  await set('supply_round', roundId, { status: 'departed' })(trx);
  await trx
    .insertInto('round_leg')
    .values({ round_id: roundId, n: 1, vehicle_id: vehicleId, from_at: at('01:00') })
    .execute();
  await trx
    .updateTable('vehicle')
    .set({ last_used_at: at('01:00') })
    .where('id', '=', vehicleId)
    .execute();
};

export const count = (slipId: string, person: string, minute: number) => (trx: Trx) =>
  trx
    .insertInto('slip_count')
    .values({ id: randomUUID(), slip_id: slipId, counted_at: at(`03:0${minute}`), counted_by: person, body: '{}' })
    .execute();

export async function newScan(): Promise<(trx: Database | Trx) => Promise<unknown>> {
  const device_id = randomUUID();
  await db
    .insertInto('scan_device')
    .values({ id: device_id, name: 'phone', registered_by: '{}', role: 'courier', institution_id: 'inst-cssd' })
    .execute();
  return (trx) =>
    trx
      .insertInto('scan')
      .values({
        id: randomUUID(),
        device_id,
        seq: 1,
        type: 'seen',
        at: at('00:00'),
        corrected_at: at('00:00'),
        body: '{}',
        content_hash: Buffer.from('x'),
        result: 'applied',
        sent_by: '{}',
      })
      .execute();
}
