/**
 * The invariants of sterile supply, asked of the tables themselves: no statement breaks one, whatever the acts in front of them check. Those of loads and
 * of what is written stand in `invariants-of-loads.test.ts`.
 */
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
const giveTo = (id: string) => setPack(id, { status: 'at-centre', allocated_institution_id: 'inst-c01', status_since: at('02:00') });

describe('1: what must not be dispensed goes nowhere', () => {
  test('a pack of a released load does', async () => {
    const { packIds } = await rows.releasedPacks(1);
    expect(await constraintOf(giveTo(packIds[0] as string))).toBeUndefined();
  });

  test.each([
    ['expired', { expires_on: '2020-01-01' }],
    ['without its outer indicator', { outer_ci: null }],
    ['another centre’s', { owner_institution_id: 'inst-c02' }],
  ])('%s', async (_, values) => {
    const { packIds } = await rows.releasedPacks(1);
    await setPack(packIds[0] as string, values);
    expect(await constraintOf(giveTo(packIds[0] as string))).toBe('pack_dispensable');
  });

  test('never sterilised', async () => {
    expect(await constraintOf(giveTo(await rows.pack()))).toBe('pack_dispensable');
  });

  test('recalled, by whichever act came first', async () => {
    const { packIds, steriliserId } = await rows.releasedPacks(1);
    await rows.recall(steriliserId, packIds);
    expect(await constraintOf(giveTo(packIds[0] as string))).toBe('pack_dispensable');
  });

  test('a drill blocks nothing', async () => {
    const { packIds, steriliserId } = await rows.releasedPacks(1);
    await rows.recall(steriliserId, packIds, { drill: true });
    expect(await constraintOf(giveTo(packIds[0] as string))).toBeUndefined();
  });

  test('of a load that failed or was not released', async () => {
    for (const status of ['failed', 'quarantined', 'rejected'] as const) {
      const { packIds, loadId } = await rows.releasedPacks(1);
      if (status === 'failed') await rows.failLoad(loadId);
      else await db.updateTable('steriliser_load').set({ status }).where('id', '=', loadId).execute();
      expect(await constraintOf(giveTo(packIds[0] as string)), status).toBe('pack_dispensable');
    }
  });

  test('a pack takes the load of no other pack', async () => {
    const { loadId } = await rows.releasedPacks(1);
    const id = await rows.pack();
    expect(await constraintOf(setPack(id, { load_id: loadId }))).toBe('pack_in_its_load');
  });

  test('a rejected, opened or ended pack never becomes sterile again', async () => {
    for (const [values, then] of [
      [{ status: 'rejected', reject_reason: 'wet' }, 'released'],
      [{ status: 'ended' }, 'released'],
    ] as const) {
      const { packIds } = await rows.releasedPacks(1);
      await setPack(packIds[0] as string, values);
      expect(await constraintOf(setPack(packIds[0] as string, { status: then, reject_reason: null }))).toBe('pack_never_back');
    }
  });

  test('a recall that comes while the pack is being handed over waits for it, and then knows where the pack is', async () => {
    const { packIds, steriliserId } = await rows.releasedPacks(1);
    const id = packIds[0] as string;
    const handing = await db.startTransaction().execute();
    await handing
      .updateTable('pack')
      .set({ status: 'at-centre', allocated_institution_id: 'inst-c01', status_since: at('02:00') })
      .where('id', '=', id)
      .execute();
    const order: string[] = [];
    const recall = rows.recall(steriliserId, [id]).then(() => order.push('recalled'));
    await expect
      .poll(async () => (await db.selectFrom('pack').select('status').where('id', '=', id).executeTakeFirstOrThrow()).status)
      .toBe('released');
    order.push('handed');
    await handing.commit().execute();
    await recall;
    expect(order).toEqual(['handed', 'recalled']);
  });
});

describe('2: a thing is at one place', () => {
  test('custody is written by the ledger alone', async () => {
    const id = await rows.pack();
    await rows.seen('pack', id, { type: 'cssd', id: 'inst-cssd' }, at('00:00'));
    const { event_id } = await db.selectFrom('custody').select('event_id').where('thing_id', '=', id).executeTakeFirstOrThrow();
    const forged = {
      thing_type: 'pack',
      thing_id: id,
      holder_type: 'centre',
      holder_id: 'inst-c01',
      since: at('01:00'),
      until: null,
      event_id,
    } as const;
    expect(await constraintOf(db.insertInto('custody').values(forged).execute())).toMatch('rows of custody are never changed');
    expect(await constraintOf(db.updateTable('custody').set({ holder_id: 'inst-c01' }).where('thing_id', '=', id).execute())).toMatch(
      'never changed',
    );
    expect(await constraintOf(db.deleteFrom('custody').where('thing_id', '=', id).execute())).toMatch('never changed');
  });

  test('a thing that was seen twice with somebody is not moved by an older scan from in between', async () => {
    const id = await rows.pack();
    const seenAt = (holder: string, time: string) => rows.seen('pack', id, { type: 'centre', id: holder }, at(time));
    await seenAt('inst-c01', '03:00');
    await seenAt('inst-c01', '03:20');
    await seenAt('inst-c02', '03:10');
    const history = await db.selectFrom('custody').selectAll().where('thing_id', '=', id).orderBy('since').execute();
    expect(history.map(({ holder_id, since, until }) => [holder_id, since.toISOString(), until?.toISOString() ?? null])).toEqual([
      ['inst-c01', new Date(at('03:00')).toISOString(), new Date(at('03:10')).toISOString()],
      ['inst-c02', new Date(at('03:10')).toISOString(), new Date(at('03:20')).toISOString()],
      ['inst-c01', new Date(at('03:20')).toISOString(), null],
    ]);
  });

  test('observations in any order, and at once, leave one place at each instant, and the latest is the present', async () => {
    const id = await rows.pack();
    const holders = ['inst-c01', 'inst-c02', 'inst-c03', 'inst-c04'];
    const observations = Array.from({ length: 40 }, (_, index) => ({
      holder: holders[(index * 7) % 4] as string,
      minute: (index * 23) % 40,
    }));
    await Promise.all(
      observations.map(({ holder, minute }) =>
        rows.seen('pack', id, { type: 'centre', id: holder }, at(`03:${String(minute).padStart(2, '0')}`)),
      ),
    );
    const open = await db.selectFrom('custody').selectAll().where('thing_id', '=', id).where('until', 'is', null).execute();
    const latest = observations.find(({ minute }) => minute === 39);
    expect(open.map(({ holder_id }) => holder_id)).toEqual([latest?.holder]);
    const history = await db.selectFrom('custody').selectAll().where('thing_id', '=', id).orderBy('since').execute();
    for (const [index, { until }] of history.entries()) expect(until?.getTime()).toBe(history[index + 1]?.since.getTime());
  });
});

describe('3: nothing is lost between slip, round and shelf', () => {
  async function countedLine(over: Record<string, unknown>): Promise<unknown> {
    const slipId = crypto.randomUUID();
    await db.insertInto('exchange_slip').values({ id: slipId, institution_id: 'inst-c01', status: 'counted', created_by: '{}' }).execute();
    const line = {
      id: crypto.randomUUID(),
      slip_id: slipId,
      position: 1,
      direction: 'collect',
      set_type_id: 'dressing-set',
      declared: 3,
    } as const;
    return db
      .insertInto('slip_line')
      .values({ ...line, ...over })
      .execute();
  }

  test.each([
    ['adds up', { received: 2, incomplete: 0, damaged: 1, missing: 1, extra: 0 }, undefined],
    ['loses one', { received: 2, incomplete: 0, damaged: 0, missing: 0, extra: 0 }, 'slip_line_count_adds_up'],
    ['is missing and extra at once', { received: 3, incomplete: 0, damaged: 0, missing: 1, extra: 1 }, 'slip_line_counted_whole'],
    ['is counted by half', { received: 3 }, 'slip_line_counted_whole'],
  ])('a count that %s', async (_, count, constraint) => {
    expect(await constraintOf(countedLine(count))).toBe(constraint);
  });

  test('a round does not close with a pack aboard or a line without outcome', async () => {
    const round = await rows.round({ status: 'handed-over' });
    await db.updateTable('round_stop').set({ status: 'left' }).where('id', '=', round.stopId).execute();
    const close = () => constraintOf(db.updateTable('supply_round').set({ status: 'closed' }).where('id', '=', round.id).execute());
    const id = await rows.pack();
    await rows.seen('pack', id, { type: 'round', id: round.id }, at('04:00'));
    expect(await close()).toBe('supply_round_closes_whole');
    await rows.seen('pack', id, { type: 'cssd', id: 'inst-cssd' }, at('05:00'));
    const slipId = crypto.randomUUID();
    await db
      .insertInto('exchange_slip')
      .values({ id: slipId, institution_id: 'inst-c01', round_id: round.id, stop_id: round.stopId, status: 'submitted', created_by: '{}' })
      .execute();
    const line = { id: crypto.randomUUID(), slip_id: slipId, position: 1, set_type_id: 'dressing-set', declared: 3 };
    await db
      .insertInto('slip_line')
      .values({ ...line, direction: 'deliver' })
      .execute();
    await db.updateTable('exchange_slip').set({ status: 'picked-up' }).where('id', '=', slipId).execute();
    expect(await close()).toBe('supply_round_closes_whole');
    await db.updateTable('slip_line').set({ outcome: 'short', short_reason: 'no-stock', delivered: 0 }).where('id', '=', line.id).execute();
    expect(await close()).toBeUndefined();
  });

  test('of two discrepancies about one thing at once, one is opened', async () => {
    const discrepancy = () =>
      db
        .insertInto('discrepancy')
        .values({
          id: crypto.randomUUID(),
          kind: 'count',
          subject_type: 'slip-line',
          subject_id: 'line-1',
          status: 'open',
          owner_role: 'head',
          owner_institution_id: 'inst-c01',
          opened_by: '{}',
        })
        .execute();
    const answers = await Promise.all(Array.from({ length: 8 }, () => constraintOf(discrepancy())));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
  });
});

describe('4 and 12: boxes', () => {
  test('a box keeps its lane and carries nothing of the other', async () => {
    const round = await rows.round();
    expect(await constraintOf(rows.consignment(round, { box_id: 'box-soiled-1' }))).toBe('consignment_in_lane');
    const change = db.updateTable('transport_box').set({ lane: 'soiled' }).where('id', '=', 'box-sterile-1').execute();
    expect(await constraintOf(change)).toBe('transport_box_lane_fixed');
  });

  test('a seal is used once, by one of many at once', async () => {
    const round = await rows.round();
    const answers = await Promise.all(Array.from({ length: 8 }, () => constraintOf(rows.consignment(round, { seal_number: 'S-1' }))));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
  });
});

describe('5: hands are clean between soiled and sterile', () => {
  test('sterile goods are handed over only after gloves off and hand hygiene, in that order', async () => {
    const { stopId } = await rows.round();
    const hand = (minute: string) => constraintOf(rows.step(stopId, 'sterile-handed', at(`01:${minute}`)));
    await rows.step(stopId, 'soiled-stowed', at('01:00'));
    expect(await hand('01')).toBe('stop_step_hygiene');
    await rows.step(stopId, 'hand-hygiene', at('01:02'));
    expect(await hand('03')).toBe('stop_step_hygiene');
    await rows.step(stopId, 'gloves-off', at('01:04'));
    expect(await hand('05')).toBe('stop_step_hygiene');
    await rows.step(stopId, 'hand-hygiene', at('01:06'));
    expect(await hand('07')).toBeUndefined();
    await rows.step(stopId, 'soiled-stowed', at('01:08'));
    expect(await hand('09')).toBe('stop_step_hygiene');
  });

  test('what a scan saw is written, and marked as out of order', async () => {
    const { stopId } = await rows.round();
    await rows.step(stopId, 'soiled-stowed', at('01:00'));
    expect(
      await constraintOf(rows.step(stopId, 'sterile-handed', at('01:01'), { in_order: false, scan_id: crypto.randomUUID() })),
    ).toBeUndefined();
  });
});
