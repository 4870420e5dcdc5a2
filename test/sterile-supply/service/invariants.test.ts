/** The invariants of sterile supply, asked of the tables themselves: no statement breaks one, whatever the acts in front of them check. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { createSupplyRows, type SupplyRows } from '../../support/builders/sterile-supply-rows.ts';
import { demoDatabase } from '../../support/service/database.ts';

let db: Database;
let rows: SupplyRows;
beforeAll(async () => {
  db = createDatabase(createPool(await demoDatabase()));
  rows = createSupplyRows(db);
});
afterAll(() => db?.destroy());

/** The constraint that refused the work. */
async function constraintOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    const { constraint, message } = error as { constraint?: string; message: string };
    return constraint ?? message;
  }
}

const today = new Date().toISOString().slice(0, 10);
const at = (time: string): string => `${today}T${time}:00Z`;
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
