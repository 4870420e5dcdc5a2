/** Rounds with what they carry: packs and slips stand in the tables as earlier acts would have left them, the round itself goes through the API. */
import { v7 as uuid } from 'uuid';
import type { SpecialPathogen } from '../../../domain/sterile-supply/vocabulary.ts';
import { createLog } from '../../../platform/log.ts';
import { createFactRelay } from '../../../worker/fact-relay.ts';
import type { Service } from '../service/service.ts';
import { createSupply, type Named } from './sterile-supply.ts';
import { insertLoad, insertPacks, insertSets, insertSetType, moveThings, newCode } from './supply-things.ts';

export interface SlipLineRow {
  direction: 'collect' | 'deliver';
  setTypeId: string;
  quantity: number;
  setInstanceIds?: string[];
  special?: SpecialPathogen;
}

const CSSD = { type: 'cssd', id: 'inst-cssd' };

/** The beginning of everything that the ground says of the past. */
const longAgo = new Date('2026-01-01T00:00:00Z');

export function createRoundGround<Ground extends Pick<Service, 'get' | 'post' | 'db' | 'client'>>(
  service: Ground,
  { prefix, daysAhead = 3 }: { prefix: string; daysAhead?: number },
) {
  const { db } = service;
  const supply = createSupply(service, { prefix, daysAhead });

  /** Packs in the store, whose load is released. */
  async function storePacks(setTypeId: string, count: number, over: Record<string, unknown> = {}): Promise<Named[]> {
    const loadId = await insertLoad(db, { status: 'planned', started_at: null, ended_at: null });
    const ids = await insertPacks(db, setTypeId, count, { expires_on: supply.on(100), status_since: longAgo, ...over });
    await db.transaction().execute(async (trx) => {
      await trx
        .insertInto('load_pack')
        .values(ids.map((pack_id) => ({ load_id: loadId, pack_id })))
        .execute();
      await trx.updateTable('pack').set({ load_id: loadId }).where('id', 'in', ids).execute();
      await trx
        .updateTable('steriliser_load')
        .set({
          status: 'released',
          started_at: new Date('2026-03-09T00:00:00Z'),
          ended_at: new Date('2026-03-09T00:40:00Z'),
          released_at: new Date('2026-03-10T00:00:00Z'),
        })
        .where('id', '=', loadId)
        .execute();
    });
    await moveThings(db, 'pack', ids, CSSD, longAgo);
    return ids.map((id) => ({ id, code: id }));
  }

  /** Used sets that lie at a centre. */
  async function usedSets(setTypeId: string, institutionId: string, count: number, over: Record<string, unknown> = {}): Promise<string[]> {
    const ids = await insertSets(db, setTypeId, count, { status: 'used', status_since: longAgo, ...over });
    await moveThings(db, 'set-instance', ids, { type: 'centre', id: institutionId }, longAgo);
    return ids;
  }

  /** A submitted slip of a centre. */
  async function submitSlip(institutionId: string, lines: readonly SlipLineRow[]): Promise<{ id: string; lineIds: string[] }> {
    const id = uuid();
    await db
      .insertInto('exchange_slip')
      .values({ id, institution_id: institutionId, status: 'submitted', created_by: '{}', submitted_at: longAgo })
      .execute();
    const rows = lines.map(({ direction, setTypeId, quantity, setInstanceIds = [], special = null }, position) => ({
      id: uuid(),
      slip_id: id,
      position: position + 1,
      direction,
      set_type_id: setTypeId,
      declared: quantity,
      set_instance_ids: setInstanceIds,
      special,
    }));
    if (rows.length > 0) await db.insertInto('slip_line').values(rows).execute();
    return { id, lineIds: rows.map((row) => row.id) };
  }

  /** Every collect line of a slip is counted as declared. */
  async function countSlip(slipId: string): Promise<void> {
    await db
      .updateTable('slip_line')
      .set(({ ref }) => ({ received: ref('declared'), incomplete: 0, damaged: 0, missing: 0, extra: 0, outcome: 'counted' }))
      .where('slip_id', '=', slipId)
      .where('direction', '=', 'collect')
      .execute();
    await db.updateTable('exchange_slip').set({ status: 'counted' }).where('id', '=', slipId).where('status', '=', 'picked-up').execute();
  }

  const addVehicle = async (over: Record<string, unknown> = {}): Promise<Named> => {
    const id = newCode('van');
    await db
      .insertInto('vehicle')
      .values({ id, code: id, sterile_litres: 300, soiled_litres: 300, ...over })
      .execute();
    return { id, code: id };
  };

  const addBox = async (lane: 'sterile' | 'soiled', over: Record<string, unknown> = {}): Promise<Named> => {
    const id = newCode('box');
    await db
      .insertInto('transport_box')
      .values({ id, code: id, lane, capacity_litres: 100, ...over })
      .execute();
    return { id, code: id };
  };

  /** Cleans as the act of cleaning would. */
  async function cleanAll(vehicleIds: readonly string[], boxIds: readonly string[], at: string): Promise<void> {
    const cleanedAt = new Date(at);
    await db.transaction().execute(async (trx) => {
      for (const [table, thing_type, ids] of [
        ['vehicle', 'vehicle', vehicleIds],
        ['transport_box', 'transport-box', boxIds],
      ] as const) {
        if (ids.length === 0) continue;
        const record = { method: 'wipe', cleaned_at: cleanedAt, cleaned_by: '{}' };
        await trx
          .insertInto('cleaning')
          .values(ids.map((thing_id) => ({ id: uuid(), thing_type, thing_id, ...record })))
          .execute();
        await trx
          .updateTable(table)
          .set({ last_cleaned_at: cleanedAt })
          .where('id', 'in', [...ids])
          .execute();
      }
    });
  }

  /** The relay that brings facts to the pathways, which the service of the tests does not run by itself. */
  function startFactRelay(): () => Promise<void> {
    const relay = createFactRelay({ db, client: service.client, log: createLog('worker', 'silent') });
    relay.start();
    return () => relay.stop();
  }

  return {
    ...supply,
    storePacks,
    usedSets,
    submitSlip,
    countSlip,
    addVehicle,
    addBox,
    cleanAll,
    startFactRelay,
    newType: (over = {}) => insertSetType(db, over),
  };
}

export type RoundGround = ReturnType<typeof createRoundGround<Service>>;
