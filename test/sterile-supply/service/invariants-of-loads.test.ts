/** The invariants of loads, of four eyes and of what is written once, asked of the tables themselves. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { createSupplyRows, type SupplyRows } from '../../support/builders/sterile-supply-rows.ts';
import { at, constraintOf } from '../../support/constraint-cases/ground.ts';
import { demoDatabase } from '../../support/service/database.ts';

let db: Database;
let rows: SupplyRows;
beforeAll(async () => {
  db = createDatabase(createPool(await demoDatabase()));
  rows = createSupplyRows(db);
});
afterAll(() => db?.destroy());

const setPack = (id: string, values: Record<string, unknown>) => db.updateTable('pack').set(values).where('id', '=', id).execute();

describe('6: a steriliser runs one thing at a time, in service, after its test of the day', () => {
  test('no load without a passed Bowie-Dick test earlier on that date', async () => {
    const steriliserId = await rows.steriliser();
    const start = async (time: string) => constraintOf(rows.startLoad(await rows.load(steriliserId), at(time)));
    expect(await start('00:30')).toBe('load_needs_bowie_dick');
    await rows.bowieDick(steriliserId, at('00:40'), at('00:50'));
    await rows.bowieDick(steriliserId, at('00:55'), at('01:00'), 'fail');
    expect(await start('01:30')).toBe('load_needs_bowie_dick');
    await rows.bowieDick(steriliserId, at('01:05'), at('01:10'));
    expect(await start('01:30')).toBeUndefined();
  });

  test('the date is that of Shanghai', async () => {
    const steriliserId = await rows.steriliser();
    await rows.bowieDick(steriliserId, '2026-03-09T15:00:00Z', '2026-03-09T15:20:00Z');
    expect(await constraintOf(rows.startLoad(await rows.load(steriliserId), '2026-03-09T16:10:00Z'))).toBe('load_needs_bowie_dick');
    expect(await constraintOf(rows.startLoad(await rows.load(steriliserId), '2026-03-09T15:50:00Z'))).toBeUndefined();
  });

  test('none that began while the steriliser was out of service; one from before may be told late', async () => {
    const steriliserId = await rows.steriliser();
    await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
    await db.updateTable('steriliser').set({ status: 'out-of-service' }).where('id', '=', steriliserId).execute();
    await db
      .insertInto('steriliser_outage')
      .values({ id: `outage-${steriliserId}`, steriliser_id: steriliserId, since: at('02:00'), reason: 'bi' })
      .execute();
    expect(await constraintOf(rows.startLoad(await rows.load(steriliserId), at('02:30')))).toBe('load_needs_service');
    expect(await constraintOf(rows.startLoad(await rows.load(steriliserId), at('01:30')))).toBeUndefined();
  });

  test('of many loads at once one runs, and its run cannot be left out', async () => {
    const steriliserId = await rows.steriliser();
    await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
    const loads = await Promise.all(Array.from({ length: 8 }, () => rows.load(steriliserId)));
    const answers = await Promise.all(loads.map((id, index) => constraintOf(rows.startLoad(id, at(`01:0${index}`)))));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
    const idle = loads.find((_, index) => answers[index] !== undefined) as string;
    const without = db
      .updateTable('steriliser_load')
      .set({ status: 'running', started_at: at('03:00'), operator_id: 'person-technician' })
      .where('id', '=', idle)
      .execute();
    expect(await constraintOf(without)).toBe('load_has_run');
  });
});

describe('7: a pack is in one load, and its members are frozen', () => {
  test('of two loads that take a pack at once, one gets it', async () => {
    const steriliserId = await rows.steriliser();
    const packId = await rows.pack();
    const loads = await Promise.all(Array.from({ length: 6 }, () => rows.load(steriliserId)));
    const add = (load_id: string) => db.insertInto('load_pack').values({ load_id, pack_id: packId }).execute();
    const answers = await Promise.all(loads.map((id) => constraintOf(add(id))));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
  });

  test('nothing joins or leaves a load that has started', async () => {
    const { loadId, packIds } = await rows.releasedPacks(1);
    const [member] = packIds as [string];
    const other = await rows.pack();
    expect(await constraintOf(db.insertInto('load_pack').values({ load_id: loadId, pack_id: other }).execute())).toBe('load_pack_frozen');
    expect(await constraintOf(db.deleteFrom('load_pack').where('pack_id', '=', member).execute())).toBe('load_pack_frozen');
    expect(await constraintOf(db.updateTable('load_pack').set({ pack_id: other }).where('pack_id', '=', member).execute())).toBe(
      'load_pack_frozen',
    );
    expect(await constraintOf(db.updateTable('load_pack').set({ counts: false }).where('pack_id', '=', member).execute())).toBe(
      'load_pack_counts',
    );
  });

  test('a joining that races the start is in the load or is refused, never in between', async () => {
    const steriliserId = await rows.steriliser();
    await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
    const loadId = await rows.load(steriliserId);
    const late = await rows.pack();
    const starting = await db.startTransaction().execute();
    await starting
      .insertInto('steriliser_run')
      .values({ id: loadId, steriliser_id: steriliserId, started_at: at('01:00') })
      .execute();
    await starting
      .updateTable('steriliser_load')
      .set({ status: 'running', started_at: at('01:00'), operator_id: 'person-technician' })
      .where('id', '=', loadId)
      .execute();
    const joining = constraintOf(db.insertInto('load_pack').values({ load_id: loadId, pack_id: late }).execute());
    await starting.commit().execute();
    expect(await joining).toBe('load_pack_frozen');
  });

  test('a set has one live pack', async () => {
    const set_instance_id = await rows.setInstance();
    const answers = await Promise.all(Array.from({ length: 6 }, () => constraintOf(rows.pack({ set_instance_id }))));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
  });
});

describe('8: four eyes', () => {
  test('whoever ran a load does not release it, nor signs its form', async () => {
    const ran = (await rows.releasedPacks(1)).loadId;
    for (const values of [{ released_by: 'person-technician' }, { status: 'quarantined' as const, released_by: 'person-technician' }])
      expect(await constraintOf(db.updateTable('steriliser_load').set(values).where('id', '=', ran).execute())).toBe(
        'load_operator_is_not_releaser',
      );
    const early = { status: 'released-early' as const, emergency: JSON.stringify({ packIds: [], by: 'person-technician' }) };
    expect(await constraintOf(db.updateTable('steriliser_load').set(early).where('id', '=', ran).execute())).toBe(
      'load_emergency_by_another',
    );
  });

  test('who ended and unloaded a load is not exchanged afterwards', async () => {
    for (const who of ['ended_by', 'unloaded_by'] as const) {
      const { loadId } = await rows.releasedPacks(1);
      const change = db
        .updateTable('steriliser_load')
        .set({ [who]: 'person-releaser' })
        .where('id', '=', loadId)
        .execute();
      expect(await constraintOf(change), who).toBe('load_handlers_stay');
    }
  });

  test('who ran a load is known from its start and stays', async () => {
    const { loadId } = await rows.releasedPacks(1);
    for (const operator_id of [null, 'person-headnurse', 'person-releaser']) {
      const change = db.updateTable('steriliser_load').set({ operator_id }).where('id', '=', loadId).execute();
      expect(await constraintOf(change)).toBe('load_operator_stays');
    }
  });

  test('whoever packed a set does not check it', async () => {
    expect(await constraintOf(rows.pack({ checker_id: 'person-technician' }))).toBe('pack_packer_is_not_checker');
    expect(await constraintOf(rows.pack({ checker_id: 'person-checker' }))).toBeUndefined();
  });

  test('a recall closes with two signatures of two persons, everything accounted for', async () => {
    const { packIds, steriliserId } = await rows.releasedPacks(2);
    const id = await rows.recall(steriliserId, packIds, { cause: 'c', report: 'r' });
    const sign = (role: 'headnurse' | 'infection', person_id: string) =>
      constraintOf(
        db
          .insertInto('recall_signature')
          .values({ recall_id: id, role, person_id, signed_at: at('05:00') })
          .execute(),
      );
    const close = () => constraintOf(db.updateTable('recall').set({ status: 'closed' }).where('id', '=', id).execute());
    const end = (packId: string) =>
      db
        .updateTable('recall_line')
        .set({ state: 'ended', end: 'retrieved', ended_at: at('05:00') })
        .where('pack_id', '=', packId)
        .execute();
    await end(packIds[0] as string);
    expect(await sign('headnurse', 'person-headnurse')).toBeUndefined();
    expect(await sign('infection', 'person-headnurse')).toBe('recall_signed_by_two_persons');
    expect(await close()).toBe('recall_closes_whole');
    expect(await sign('infection', 'person-infection')).toBeUndefined();
    expect(await close()).toBe('recall_closes_whole');
    await end(packIds[1] as string);
    expect(await close()).toBeUndefined();
    expect(await constraintOf(db.deleteFrom('recall_signature').execute())).toMatch('never changed');
  });
});

describe('9, 10 and 11: what is written stays', () => {
  test('a line of a recall is neither deleted nor given to another pack', async () => {
    const { packIds, steriliserId } = await rows.releasedPacks(2);
    const id = await rows.recall(steriliserId, packIds.slice(0, 1));
    expect(await constraintOf(db.deleteFrom('recall_line').where('recall_id', '=', id).execute())).toMatch('never changed');
    const swap = db
      .updateTable('recall_line')
      .set({ pack_id: packIds[1] as string })
      .where('recall_id', '=', id)
      .execute();
    expect(await constraintOf(swap)).toBe('recall_line_stays');
  });

  test('the ledger is only added to', async () => {
    const id = await rows.pack();
    await rows.seen('pack', id, { type: 'cssd', id: 'inst-cssd' }, at('00:00'));
    expect(await constraintOf(db.updateTable('supply_event').set({ event: 'forged' }).execute())).toMatch('never changed');
    expect(await constraintOf(db.deleteFrom('supply_event').execute())).toMatch('never changed');
  });

  test('an expiry never gets later', async () => {
    const { packIds } = await rows.releasedPacks(1);
    const [id] = packIds as [string];
    const change = (expires_on: string) => constraintOf(setPack(id, { expires_on }));
    expect(await change('2099-01-01')).toBe('pack_expiry_only_shrinks');
    expect(await change('2026-01-15')).toBeUndefined();
    expect(await change('2026-01-16')).toBe('pack_expiry_only_shrinks');
    expect(await constraintOf(setPack(id, { nominal_expires_on: '2099-01-01' }))).toBe('pack_expiry_only_shrinks');
  });

  test('of one number of a device one scan is kept', async () => {
    const device_id = crypto.randomUUID();
    await db
      .insertInto('scan_device')
      .values({ id: device_id, name: 'phone', registered_by: '{}', role: 'courier', institution_id: 'inst-cssd' })
      .execute();
    const scan = () =>
      db
        .insertInto('scan')
        .values({
          id: crypto.randomUUID(),
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
    const answers = await Promise.all(Array.from({ length: 8 }, () => constraintOf(scan())));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
  });
});
