/** A failed indicator in the tables: load, steriliser, lines, holders, messages and alerts of one transaction. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { blastRadius } from '../../../db/recall/blast-radius.ts';
import { followRecalls } from '../../../db/recall/follow-recalls.ts';
import { growRecallsOf } from '../../../db/recall/grow-recalls.ts';
import { centre, cssd, inAct, insertPackAt, insertRun, insertSteriliser, recallFailedLoad } from '../../support/builders/recall-ground.ts';
import { insertSetType, moveThings } from '../../support/builders/supply-things.ts';
import { demoDatabase } from '../../support/service/database.ts';

let db: Database;
let setTypeId: string;
beforeAll(async () => {
  db = createDatabase(createPool(await demoDatabase()));
  setTypeId = await insertSetType(db);
});
afterAll(() => db?.destroy());

const on = (day: number, time: string) => new Date(`2026-03-${String(day).padStart(2, '0')}T${time}:00+08:00`);

/** The runs of the example day: A passed, then B, C with the indicator that fails, E and F. */
async function exampleDay() {
  const steriliserId = await insertSteriliser(db, { qualifiedAt: on(5, '08:00') });
  const at = (holder: { type: string; id: string }, fields = {}) => insertPackAt(db, setTypeId, holder, fields);
  const packs = {
    a1: await at(centre('02')),
    b1: await at(centre('02')),
    b2: await at(centre('03')),
    c1: await at(centre('01')),
    c2: await at(centre('02'), { status: 'opened', opened_at: on(10, '15:00'), opened_institution_id: 'inst-c02' }),
    c3: await at(centre('03')),
    c4: await at(cssd, { status: 'allocated', allocated_institution_id: 'inst-c01' }),
    e1: await at(cssd),
    f1: await at(cssd),
    ended: await at(cssd, { status: 'ended' }),
  };
  const run = (startedAt: Date, packIds: string[], indicators: ('pass' | 'incubating')[] = []) =>
    insertRun(db, { steriliserId, startedAt, packIds, indicators });
  const loads = {
    a: await run(on(8, '08:00'), [packs.a1], ['pass']),
    b: await run(on(9, '08:00'), [packs.b1, packs.b2]),
    c: await run(on(9, '14:00'), [packs.c1, packs.c2, packs.c3, packs.c4, packs.ended], ['incubating']),
    e: await run(on(10, '08:00'), [packs.e1]),
    f: await run(on(11, '08:00'), [packs.f1], ['pass']),
  };
  return { steriliserId, packs, loads };
}

const linesOf = async (recallId: string) =>
  Object.fromEntries(
    (await db.selectFrom('recall_line').selectAll().where('recall_id', '=', recallId).execute()).map((line) => [
      line.pack_id,
      `${line.holder_type} ${line.holder_id} ${line.end ?? line.state}`,
    ]),
  );

test('a failed indicator recalls every pack since the last passed run, wherever it is', async () => {
  const { steriliserId, packs, loads } = await exampleDay();
  const before = await blastRadius(db, loads.c, on(11, '16:00'));
  const recallId = await inAct(db, on(11, '16:00'), (act) => recallFailedLoad(act, { steriliserId, loadId: loads.c }));
  expect(await linesOf(recallId)).toEqual({
    [packs.c1]: 'centre inst-c01 open',
    [packs.b1]: 'centre inst-c02 open',
    [packs.b2]: 'centre inst-c03 open',
    [packs.c3]: 'centre inst-c03 open',
    [packs.c4]: 'cssd inst-cssd open',
    [packs.e1]: 'cssd inst-cssd open',
    [packs.f1]: 'cssd inst-cssd open',
    [packs.c2]: 'infection inst-h1 open',
    [packs.ended]: 'none  reprocessed',
  });
  const recall = await db.selectFrom('recall').selectAll().where('id', '=', recallId).executeTakeFirstOrThrow();
  expect(recall).toMatchObject({
    status: 'open',
    drill: false,
    lower_load_id: loads.a,
    load_id: loads.c,
    out_of_service_at: on(11, '16:00'),
  });
  expect(before).toMatchObject({ lowerLoadId: loads.a, loadIds: [loads.b, loads.c, loads.e, loads.f] });
  expect([...(before?.packIds ?? [])].sort()).toEqual(Object.keys(await linesOf(recallId)).sort());

  const load = await db.selectFrom('steriliser_load').select('status').where('id', '=', loads.c).executeTakeFirstOrThrow();
  const steriliser = await db.selectFrom('steriliser').select('status').where('id', '=', steriliserId).executeTakeFirstOrThrow();
  const allocated = await db
    .selectFrom('pack')
    .select(['status', 'allocated_institution_id'])
    .where('id', '=', packs.c4)
    .executeTakeFirstOrThrow();
  expect([load.status, steriliser.status, allocated]).toEqual([
    'failed',
    'out-of-service',
    { status: 'released', allocated_institution_id: null },
  ]);

  const alerts = await db
    .selectFrom('supply_alert')
    .select('subject_id')
    .where('name', '=', 'stop-use')
    .where('threshold', '=', recallId)
    .execute();
  expect(alerts.map(({ subject_id }) => subject_id).sort()).toEqual([packs.c1, packs.b1, packs.b2, packs.c3].sort());
  const messages = await db.selectFrom('message').selectAll().where('pathway_id', '=', recallId).execute();
  expect(messages.length).toBeGreaterThan(10);
  expect(new Set(messages.map(({ template }) => template))).toEqual(new Set(['stop-use']));
});

test('whoever reads e-mail is told by text message as well', async () => {
  await db.updateTable('person').set({ channel: 'email', phone: '13900000000' }).where('id', '=', 'person-nurse').execute();
  const { steriliserId, loads } = await exampleDay();
  const recallId = await inAct(db, on(11, '16:00'), (act) => recallFailedLoad(act, { steriliserId, loadId: loads.c }));
  const messages = await db
    .selectFrom('message')
    .select('channel')
    .where('pathway_id', '=', recallId)
    .where('recipient_id', '=', 'person-nurse')
    .execute();
  expect(messages.map(({ channel }) => channel).sort()).toEqual(['email', 'sms']);
});

test('lines follow their packs: a pack seen at the supply department ends its line, one that is opened goes to infection control', async () => {
  const { steriliserId, packs, loads } = await exampleDay();
  const recallId = await inAct(db, on(11, '16:00'), (act) => recallFailedLoad(act, { steriliserId, loadId: loads.c }));
  await moveThings(db, 'pack', [packs.c1], cssd, on(12, '10:00'));
  await db
    .updateTable('pack')
    .set({ status: 'opened', opened_at: on(12, '09:00'), observed_by: recallId })
    .where('id', '=', packs.b1)
    .execute();
  await moveThings(db, 'pack', [packs.b2], centre('04'), on(12, '10:00'));
  await inAct(db, on(12, '10:00'), (act) => followRecalls(act, [packs.c1, packs.b1, packs.b2, packs.a1]));
  expect(await linesOf(recallId)).toMatchObject({
    [packs.c1]: 'centre inst-c01 retrieved',
    [packs.b1]: 'infection inst-h1 open',
    [packs.b2]: 'centre inst-c04 open',
  });
  const used = await db
    .selectFrom('recall_line')
    .select('pack_id')
    .where('recall_id', '=', recallId)
    .where('used_after_stop_use', '=', true)
    .execute();
  expect(used).toEqual([{ pack_id: packs.b1 }]);
});

test('a second failure of the same steriliser grows the open recall; lines stay', async () => {
  const { steriliserId, packs, loads } = await exampleDay();
  const recallId = await inAct(db, on(11, '16:00'), (act) => recallFailedLoad(act, { steriliserId, loadId: loads.c }));
  const again = await inAct(db, on(11, '18:00'), async (act) => {
    await act.trx.updateTable('load_indicator').set({ status: 'fail' }).where('load_id', '=', loads.a).execute();
    return recallFailedLoad(act, { steriliserId, loadId: loads.a });
  });
  expect(again).toBe(recallId);
  const lines = await linesOf(recallId);
  expect(lines[packs.a1]).toBe('centre inst-c02 open');
  expect(Object.keys(lines)).toHaveLength(10);
});

test('a load that is recorded late joins the scope', async () => {
  const { steriliserId, loads } = await exampleDay();
  const recallId = await inAct(db, on(11, '16:00'), (act) => recallFailedLoad(act, { steriliserId, loadId: loads.c }));
  const late = await insertPackAt(db, setTypeId, centre('05'));
  await insertRun(db, { steriliserId, startedAt: on(10, '12:00'), packIds: [late] });
  await inAct(db, on(11, '17:00'), (act) => growRecallsOf(act, steriliserId));
  expect((await linesOf(recallId))[late]).toBe('centre inst-c05 open');
});
