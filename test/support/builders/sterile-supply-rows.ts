/** Rows of sterile supply as the acts write them, for tests that ask the tables themselves. Each gives the id of what it wrote. */
import { randomUUID } from 'node:crypto';
import type { Insertable } from 'kysely';
import { sql } from 'kysely';
import type { Database } from '../../../db/kit/database.ts';
import { inTransaction } from '../../../db/kit/transaction.ts';
import type { Tables } from '../../../db/tables.ts';

type Row<Table extends keyof Tables> = Partial<Insertable<Tables[Table]>>;

const actor = JSON.stringify({ personId: 'person-technician', institutionId: 'inst-cssd', role: 'technician' });

export function createSupplyRows(db: Database) {
  let number = 0;
  const next = (what: string): string => {
    number += 1;
    return `row-${what}-${number}`;
  };

  async function setType(over: Row<'set_type'> = {}): Promise<string> {
    const id = over.id ?? next('type');
    await db
      .insertInto('set_type')
      .values({
        id,
        code: id,
        name_zh: '包',
        name_en: 'Set',
        count_sheet: '[]',
        packaging: 'pouch',
        programs: ['steam-134'],
        surgical: true,
        implant: false,
        low_use: false,
        volume_litres: 1,
        ...over,
      })
      .execute();
    return id;
  }

  async function setInstance(over: Row<'set_instance'> = {}): Promise<string> {
    const id = over.id ?? next('set');
    const set_type_id = over.set_type_id ?? (await setType());
    await db
      .insertInto('set_instance')
      .values({ id, code: id, ownership: 'pool', status: 'packed', ...over, set_type_id })
      .execute();
    return id;
  }

  /** An assembled pack, unless more is said. */
  async function pack(over: Row<'pack'> = {}): Promise<string> {
    const id = over.id ?? next('pack');
    const set_instance_id = over.set_instance_id ?? (await setInstance());
    const { set_type_id } = await db
      .selectFrom('set_instance')
      .select('set_type_id')
      .where('id', '=', set_instance_id)
      .executeTakeFirstOrThrow();
    await db
      .insertInto('pack')
      .values({
        id,
        code: id,
        packaging: 'pouch',
        surgical: true,
        implant: false,
        status: 'assembled',
        packer_id: 'person-technician',
        ...over,
        set_instance_id,
        set_type_id,
      })
      .execute();
    return id;
  }

  async function steriliser(over: Row<'steriliser'> = {}): Promise<string> {
    const id = over.id ?? next('steriliser');
    await db
      .insertInto('steriliser')
      .values({ id, code: id, kind: 'prevacuum', recall_policy: 'cn-ws310', status: 'in-service', ...over })
      .execute();
    return id;
  }

  async function bowieDick(steriliserId: string, startedAt: string, endedAt: string, result: 'pass' | 'fail' = 'pass'): Promise<void> {
    const id = randomUUID();
    await db.insertInto('steriliser_run').values({ id, steriliser_id: steriliserId, started_at: startedAt, ended_at: endedAt }).execute();
    await db
      .insertInto('bowie_dick_test')
      .values({ id, steriliser_id: steriliserId, started_at: startedAt, ended_at: endedAt, result, recorded_by: actor })
      .execute();
  }

  async function load(steriliserId: string, packIds: readonly string[] = [], over: Row<'steriliser_load'> = {}): Promise<string> {
    const id = over.id ?? randomUUID();
    await db
      .insertInto('steriliser_load')
      .values({ id, number: id, steriliser_id: steriliserId, program: 'steam-134', purpose: 'packs', status: 'planned', ...over })
      .execute();
    await addToLoad(id, packIds);
    return id;
  }

  async function addToLoad(loadId: string, packIds: readonly string[]): Promise<void> {
    if (packIds.length === 0) return;
    await db
      .insertInto('load_pack')
      .values(packIds.map((pack_id) => ({ load_id: loadId, pack_id })))
      .execute();
    await db
      .updateTable('pack')
      .set({ load_id: loadId, status: 'in-load', checker_id: sql<string>`coalesce(checker_id, 'person-checker')` })
      .where('id', 'in', packIds)
      .execute();
  }

  // Of two starts at once Postgres may end one as the loser of a deadlock, which the product's transactions do again.
  const startLoad = (loadId: string, startedAt: string, operatorId = 'person-technician') =>
    inTransaction(db, { system: true, part: 'operator' }, async (trx) => {
      const { steriliser_id } = await trx
        .selectFrom('steriliser_load')
        .select('steriliser_id')
        .where('id', '=', loadId)
        .executeTakeFirstOrThrow();
      await trx.insertInto('steriliser_run').values({ id: loadId, steriliser_id, started_at: startedAt, ended_at: null }).execute();
      await trx
        .updateTable('steriliser_load')
        .set({ status: 'running', started_at: startedAt, operator_id: operatorId })
        .where('id', '=', loadId)
        .execute();
      const on = sql<string>`(${startedAt}::timestamptz at time zone 'Asia/Shanghai')::date`;
      await trx.updateTable('pack').set({ status: 'in-load', sterilised_on: on, labelled_on: on }).where('load_id', '=', loadId).execute();
    });

  /** Ends, unloads and releases a running load: its packs may be dispensed for 180 days. */
  async function releaseLoad(loadId: string, endedAt: string, over: Row<'steriliser_load'> = {}): Promise<void> {
    await db.updateTable('steriliser_run').set({ ended_at: endedAt }).where('id', '=', loadId).execute();
    await db
      .updateTable('steriliser_load')
      .set({
        status: 'released',
        ended_at: endedAt,
        ended_by: 'person-technician',
        unloaded_at: endedAt,
        unloaded_by: 'person-technician',
        physical: 'pass',
        released_by: 'person-releaser',
        ...over,
      })
      .where('id', '=', loadId)
      .execute();
    await db
      .updateTable('pack')
      .set({
        status: 'released',
        outer_ci: 'pass',
        wet: false,
        sterilised_on: sql<string>`(${endedAt}::timestamptz at time zone 'Asia/Shanghai')::date`,
        nominal_expires_on: sql<string>`(${endedAt}::timestamptz at time zone 'Asia/Shanghai')::date + 180`,
        expires_on: sql<string>`(${endedAt}::timestamptz at time zone 'Asia/Shanghai')::date + 180`,
        status_since: endedAt,
      })
      .where('load_id', '=', loadId)
      .execute();
  }

  /** Packs of a load that was released today. */
  async function releasedPacks(
    count: number,
    over: Row<'pack'> = {},
  ): Promise<{ packIds: string[]; loadId: string; steriliserId: string }> {
    const steriliserId = await steriliser();
    const date = new Date().toISOString().slice(0, 10);
    await bowieDick(steriliserId, `${date}T00:00:00Z`, `${date}T00:20:00Z`);
    const packIds: string[] = [];
    for (let index = 0; index < count; index += 1) packIds.push(await pack(over));
    const loadId = await load(steriliserId, packIds);
    await startLoad(loadId, `${date}T00:30:00Z`);
    await releaseLoad(loadId, `${date}T01:00:00Z`);
    return { packIds, loadId, steriliserId };
  }

  async function round(over: Row<'supply_round'> = {}): Promise<{ id: string; stopId: string }> {
    const id = randomUUID();
    const stopId = randomUUID();
    const now = new Date().toISOString();
    await db
      .insertInto('supply_round')
      .values({
        id,
        on_date: now.slice(0, 10),
        vehicle_id: 'vehicle-1',
        driver_id: 'person-driver',
        courier_id: 'person-courier',
        depart_at: now,
        mode: 'soiled-first',
        status: 'planned',
        ...over,
      })
      .execute();
    await db
      .insertInto('round_stop')
      .values({ id: stopId, round_id: id, institution_id: 'inst-c01', arrive_at: now, status: 'scheduled' })
      .execute();
    return { id, stopId };
  }

  async function consignment(ground: { id: string; stopId: string }, over: Row<'consignment'> = {}): Promise<string> {
    const id = randomUUID();
    await db
      .insertInto('consignment')
      .values({
        id,
        round_id: ground.id,
        stop_id: ground.stopId,
        lane: 'sterile',
        box_id: 'box-sterile-1',
        seal_number: next('seal'),
        ...over,
      })
      .execute();
    return id;
  }

  const step = (stopId: string, name: Insertable<Tables['stop_step']>['step'], happenedAt: string, over: Row<'stop_step'> = {}) =>
    db
      .insertInto('stop_step')
      .values({ id: randomUUID(), stop_id: stopId, step: name, happened_at: happenedAt, done_by: actor, ...over })
      .execute();

  /** An entry of the ledger that says where a thing is. */
  const seen = (
    type: 'pack' | 'set-instance' | 'transport-box',
    thingId: string,
    holder: { type: 'cssd' | 'centre' | 'round'; id: string },
    at: string,
  ) =>
    db
      .insertInto('supply_event')
      .values({
        id: randomUUID(),
        happened_at: at,
        late: false,
        event: 'seen',
        thing_type: type,
        thing_id: thingId,
        holder_type: holder.type,
        holder_id: holder.id,
        actor,
        institution_id: 'inst-cssd',
      })
      .execute();

  async function recall(steriliserId: string, packIds: readonly string[], over: Row<'recall'> = {}): Promise<string> {
    const id = randomUUID();
    await db
      .insertInto('recall')
      .values({
        id,
        status: 'open',
        drill: false,
        policy: 'cn-ws310',
        steriliser_id: steriliserId,
        reason: 'bi',
        opened_by: actor,
        ...over,
      })
      .execute();
    if (packIds.length > 0)
      await db
        .insertInto('recall_line')
        .values(
          packIds.map((pack_id) => ({
            id: randomUUID(),
            recall_id: id,
            pack_id,
            holder_type: 'cssd',
            holder_id: 'inst-cssd',
            state: 'open',
          })),
        )
        .execute();
    return id;
  }

  /** A load fails with the recall of its packs, in one act. */
  const failLoad = (loadId: string): Promise<string> =>
    db.transaction().execute(async (trx) => {
      const { steriliser_id } = await trx
        .updateTable('steriliser_load')
        .set({ status: 'failed' })
        .where('id', '=', loadId)
        .returning('steriliser_id')
        .executeTakeFirstOrThrow();
      const packs = await trx.selectFrom('load_pack').select('pack_id').where('load_id', '=', loadId).execute();
      const within = createSupplyRows(trx);
      const id = await within.recall(
        steriliser_id,
        packs.map(({ pack_id }) => pack_id),
      );
      await trx.insertInto('recall_load').values({ recall_id: id, load_id: loadId }).execute();
      return id;
    });

  return {
    failLoad,
    setType,
    setInstance,
    pack,
    steriliser,
    bowieDick,
    load,
    addToLoad,
    startLoad,
    releaseLoad,
    releasedPacks,
    round,
    consignment,
    step,
    seen,
    recall,
  };
}

export type SupplyRows = ReturnType<typeof createSupplyRows>;
