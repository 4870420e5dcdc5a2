/** Recalls of many packs: what they cost, and what several of them have to do with one another. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { followRecalls } from '../../../db/recall/follow-recalls.ts';
import { workflowId } from '../../../domain/kit/pathway.ts';
import { deliverAll } from '../../support/builders/facts.ts';
import {
  centre,
  cssd,
  inAct,
  insertIndicator,
  insertPackAt,
  insertRun,
  insertSteriliser,
  recallFailedLoad,
  requalify,
} from '../../support/builders/recall-ground.ts';
import { insertPacks, insertSetType, moveThings } from '../../support/builders/supply-things.ts';
import { eventsWithoutSkipping } from '../../support/oracles/history-events.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let setTypeId: string;
beforeAll(async () => {
  service = await startService();
  setTypeId = await insertSetType(service.db);
});
afterAll(() => service?.stop());

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
const get = async (account: string, path: string) => (await service.get(account, path)).body;
const recallOf = (id: string) => get('headnurse', `/v1/recalls/${id}`);
const countOfLines = async (recallId: string) => (await recallOf(recallId)).counts;

async function untilBegun(recallId: string) {
  await vi.waitUntil(async () => (await recallOf(recallId)).clocks.length > 0, { timeout: 30_000, interval: 100 });
}

/** A failed load whose packs lie at these places, so many at each. */
async function failedLoad(places: readonly { type: string; id: string }[], packsEach: number) {
  const { db } = service;
  const steriliserId = await insertSteriliser(db, { qualifiedAt: hoursAgo(400) });
  const packsAt = new Map<string, string[]>();
  for (const place of places) {
    const status = place.type === 'centre' ? 'at-centre' : 'released';
    const packIds = await insertPacks(db, setTypeId, packsEach, { status });
    await moveThings(db, 'pack', packIds, place, hoursAgo(24));
    packsAt.set(place.id, packIds);
  }
  const loadId = await insertRun(db, {
    steriliserId,
    startedAt: hoursAgo(48),
    packIds: [...packsAt.values()].flat(),
    indicators: ['fail'],
  });
  return { steriliserId, loadId, packsAt };
}

test('a recall of 200 packs at 12 holders, from its failure to its second signature, costs 300 events of history at most', async () => {
  const numbers = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11'];
  const { steriliserId, loadId, packsAt } = await failedLoad([...numbers.map(centre), cssd], 17);
  const recallId = await inAct(service.db, new Date(), (act) => recallFailedLoad(act, { steriliserId, loadId }));
  expect(await countOfLines(recallId)).toEqual({ inScope: 204, ended: 0 });
  await untilBegun(recallId);
  const at = `/v1/recalls/${recallId}`;
  for (const account of ['nurse', ...numbers.slice(1).map((number) => `nurse-c${number}`), 'headnurse'])
    expect((await service.post(account, `${at}/acknowledge`, {})).status).toBe(200);
  for (const packIds of packsAt.values()) {
    await moveThings(service.db, 'pack', packIds, cssd, new Date());
    await inAct(service.db, new Date(), (act) => followRecalls(act, packIds));
    await deliverAll(service);
  }
  expect(await countOfLines(recallId)).toEqual({ inScope: 204, ended: 204 });
  await requalify(service.db, steriliserId);
  await service.post('headnurse', `${at}/cause`, { text: 'valve' });
  await service.post('headnurse', `${at}/report`, { text: 'done' });
  await service.post('headnurse', `${at}/sign`, {});
  expect((await service.post('infection', `${at}/sign`, {})).body).toMatchObject({ status: 'closed' });
  const events = await eventsWithoutSkipping(service.client, workflowId('recall', recallId));
  expect(events.length).toBeLessThanOrEqual(300);
});

test('a failure costs the same statements for 2 packs as for 200', async () => {
  const counts: number[] = [];
  for (const packsEach of [1, 100]) {
    const { steriliserId, loadId } = await failedLoad([centre('01'), centre('02')], packsEach);
    let statements = 0;
    await inAct(service.db, new Date(), (act) => {
      const trx = act.trx.withPlugin({
        transformQuery: ({ node }) => {
          statements++;
          return node;
        },
        transformResult: async ({ result }) => result,
      }) as typeof act.trx;
      return recallFailedLoad({ ...act, trx }, { steriliserId, loadId });
    });
    counts.push(statements);
  }
  expect(counts[1]).toBe(counts[0]);
  // Of the act that reads an indicator these are the recall's own.
  expect(counts[0]).toBeLessThanOrEqual(16);
});

test('recalls of two sterilisers share nothing but the packs: one sighting ends the lines of both', async () => {
  const { db } = service;
  const [one, other] = [await failedLoad([centre('01')], 2), await failedLoad([centre('02')], 2)];
  const open = (failed: { steriliserId: string; loadId: string }) => inAct(db, new Date(), (act) => recallFailedLoad(act, failed));
  const first = (await open(one)) ?? '';
  const second = (await open(other)) ?? '';
  expect(first).not.toBe(second);
  expect(await countOfLines(first)).toEqual({ inScope: 2, ended: 0 });
  const lines = await db.selectFrom('recall_line').select(['recall_id', 'pack_id']).where('recall_id', 'in', [first, second]).execute();
  expect(new Set(lines.map(({ pack_id }) => pack_id)).size).toBe(4);

  const drill = await service.post('headnurse', '/v1/recalls', { loadId: one.loadId, reason: 'drill', drill: true });
  const [packId = ''] = one.packsAt.get('inst-c01') ?? [];
  await moveThings(db, 'pack', [packId], cssd, new Date());
  await inAct(db, new Date(), (act) => followRecalls(act, [packId]));
  expect(await countOfLines(first)).toEqual({ inScope: 2, ended: 1 });
  expect(await countOfLines(drill.body.id)).toEqual({ inScope: 2, ended: 1 });
  expect(await countOfLines(second)).toEqual({ inScope: 2, ended: 0 });
});

test('a drill beside a real recall blocks nothing and does not stand in the way of dispensing', async () => {
  const { db } = service;
  const steriliserId = await insertSteriliser(db, { qualifiedAt: hoursAgo(400) });
  const packId = await insertPackAt(db, setTypeId, centre('12'), {
    sterilised_on: '2026-11-01',
    expires_on: '2099-01-01',
    nominal_expires_on: '2099-01-01',
  });
  const loadId = await insertRun(db, { steriliserId, startedAt: hoursAgo(48), packIds: [packId] });
  const drill = await service.post('infection', '/v1/recalls', { loadId, reason: 'drill', drill: true });
  expect(drill.body.counts.inScope).toBe(1);
  const dispensable = () => get('headnurse', `/v1/packs/${packId}/dispensable?for=inst-c12`);
  expect(await dispensable()).toMatchObject({ dispensable: true });
  await untilBegun(drill.body.id);
  expect((await recallOf(drill.body.id)).clocks.map(({ name }: { name: string }) => name).sort()).toEqual([
    'report',
    'retrieve',
    'stop-use',
  ]);
  const messages = await db.selectFrom('message').select('template').distinct().where('pathway_id', '=', drill.body.id).execute();
  expect(messages).toEqual([{ template: 'stop-use-drill' }]);
  await insertIndicator(db, loadId, 'fail');
  const real = await inAct(db, new Date(), (act) => recallFailedLoad(act, { steriliserId, loadId }));
  expect((await dispensable()).reasons.map(({ code }: { code: string }) => code)).toEqual(['load-failed', 'recalled']);
  expect((await recallOf(drill.body.id)).counts).toEqual({ inScope: 1, ended: 0 });
  expect((await recallOf(real)).drill).toBe(false);
});

test('after it is closed, a failure of the same steriliser and time opens a new recall, in which what was accounted for is ended at birth', async () => {
  const { db } = service;
  const { steriliserId, loadId, packsAt } = await failedLoad([centre('13')], 2);
  const outAt = new Date();
  const first = await inAct(db, outAt, (act) => recallFailedLoad(act, { steriliserId, loadId }));
  const [packId = ''] = packsAt.get('inst-c13') ?? [];
  await moveThings(db, 'pack', [packId], cssd, new Date());
  await inAct(db, new Date(), (act) => followRecalls(act, [packId]));
  await db
    .updateTable('recall_line')
    .set({ state: 'ended', end: 'disposed', ended_at: new Date() })
    .where('recall_id', '=', first)
    .where('state', '=', 'open')
    .execute();
  await db.updateTable('recall_holder').set({ acknowledged_at: new Date() }).where('recall_id', '=', first).execute();
  for (const [role, person_id] of [
    ['headnurse', 'person-headnurse'],
    ['infection', 'person-infection'],
  ] as const)
    await db.insertInto('recall_signature').values({ recall_id: first, role, person_id, signed_at: new Date() }).execute();
  await requalify(db, steriliserId);
  await db
    .updateTable('recall')
    .set({ status: 'closed', closed_at: new Date(), cause: 'c', report: 'r' })
    .where('id', '=', first)
    .execute();
  const second = await inAct(db, new Date(outAt.getTime() + 1_000), (act) => recallFailedLoad(act, { steriliserId, loadId }));
  expect(second).not.toBe(first);
  expect(await countOfLines(second)).toEqual({ inScope: 2, ended: 2 });
});
