/** A recall through the API: told, acknowledged, accounted for, signed by two persons. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { followRecalls } from '../../../db/recall/follow-recalls.ts';
import { deliverAll } from '../../support/builders/facts.ts';
import {
  centre,
  cssd,
  inAct,
  insertPackAt,
  insertRun,
  insertSteriliser,
  recallFailedLoad,
  requalify,
} from '../../support/builders/recall-ground.ts';
import { insertSetType, moveThings } from '../../support/builders/supply-things.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let setTypeId: string;
beforeAll(async () => {
  service = await startService();
  setTypeId = await insertSetType(service.db);
});
afterAll(() => service?.stop());

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);

/** A failed load with packs at c01, c02, the supply department, and one opened. */
async function failedLoad() {
  const { db } = service;
  const steriliserId = await insertSteriliser(db, { qualifiedAt: hoursAgo(400) });
  const packs = {
    c1: await insertPackAt(db, setTypeId, centre('01')),
    c2: await insertPackAt(db, setTypeId, centre('02')),
    store: await insertPackAt(db, setTypeId, cssd),
    used: await insertPackAt(db, setTypeId, centre('02'), {
      status: 'opened',
      opened_at: hoursAgo(5),
      opened_institution_id: 'inst-c02',
    }),
  };
  const loadId = await insertRun(db, { steriliserId, startedAt: hoursAgo(48), packIds: Object.values(packs), indicators: ['fail'] });
  return { steriliserId, loadId, packs };
}

async function openRecall() {
  const failed = await failedLoad();
  const recallId = await inAct(service.db, new Date(), (act) => recallFailedLoad(act, failed));
  return { ...failed, recallId };
}

const get = async (account: string, path: string) => (await service.get(account, path)).body;

async function untilBegun(recallId: string) {
  await vi.waitUntil(async () => (await get('headnurse', `/v1/recalls/${recallId}`)).clocks.length > 0, { timeout: 30_000, interval: 100 });
}

test('a recall is told, acknowledged, accounted for and closed by two signatures; sooner is refused', async () => {
  const { recallId, packs, steriliserId } = await openRecall();
  const at = `/v1/recalls/${recallId}`;
  expect(await get('headnurse', at)).toMatchObject({
    status: 'open',
    counts: { inScope: 4, ended: 0 },
    allowed: ['acknowledge', 'account', 'cause', 'report', 'sign'],
    holders: [
      { type: 'centre', id: 'inst-c01', packs: 1, acknowledgedAt: null },
      { type: 'centre', id: 'inst-c02', packs: 1, acknowledgedAt: null },
      { type: 'cssd', id: 'inst-cssd', packs: 1, acknowledgedAt: null },
      { type: 'infection', id: 'inst-h1', packs: 1, acknowledgedAt: null },
    ],
  });
  const early = await service.post('headnurse', `${at}/sign`, {});
  expect(early.status, JSON.stringify(early.body)).toBe(409);
  expect(early.body).toMatchObject({ code: 'recall-not-complete', missing: ['acknowledgement', 'lines', 'cause', 'service', 'report'] });

  await untilBegun(recallId);
  const { clocks, tasks } = await get('headnurse', at);
  expect(clocks.filter(({ name }: { name: string }) => name === 'stop-use')).toHaveLength(4);
  expect(tasks.map(({ name }: { name: string }) => name).sort()).toEqual([
    ...Array(1).fill('report'),
    ...Array(4).fill('retrieve'),
    ...Array(4).fill('stop-use'),
  ]);

  for (const account of ['nurse', 'nurse-c02', 'technician', 'infection']) {
    const answer = await service.post(account, `${at}/acknowledge`, {});
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  }
  expect((await service.post('nurse', `${at}/acknowledge`, {})).body).toMatchObject({ code: 'transition-not-allowed' });
  expect((await service.post('nurse', `${at}/acknowledge`, { holderId: 'inst-c02' })).status).toBe(403);

  const retrieved = [packs.c1, packs.c2, packs.store].map((packId) => ({ packId, end: 'retrieved' }));
  expect((await service.post('nurse', `${at}/account`, { lines: retrieved })).status).toBe(403);
  expect((await service.post('technician', `${at}/account`, { lines: retrieved })).body).toMatchObject({ counts: { ended: 3 } });
  const used = [{ packId: packs.used, end: 'used', note: 'no sign of infection', patientReference: 'P-17' }];
  expect((await service.post('technician', `${at}/account`, { lines: used })).status).toBe(403);
  expect((await service.post('infection', `${at}/account`, { lines: used })).body).toMatchObject({ counts: { ended: 4 } });
  expect((await service.post('headnurse', `${at}/cause`, { text: 'steam generator' })).body).toMatchObject({ cause: 'steam generator' });
  expect((await service.post('headnurse', `${at}/report`, { text: 'all retrieved' })).status).toBe(200);
  expect((await service.post('headnurse', `${at}/sign`, {})).body).toMatchObject({ missing: ['service'] });
  await requalify(service.db, steriliserId);
  expect((await service.post('headnurse', `${at}/sign`, {})).body).toMatchObject({ status: 'open', signatures: [{ role: 'headnurse' }] });
  expect((await service.post('headnurse', `${at}/sign`, {})).body).toMatchObject({ code: 'transition-not-allowed' });
  const closed = await service.post('infection', `${at}/sign`, {});
  expect(closed.body).toMatchObject({ status: 'closed', allowed: [], clocks: [], tasks: [] });
  expect((await service.post('headnurse', `${at}/cause`, { text: 'late' })).body).toMatchObject({
    code: 'transition-not-allowed',
    state: 'closed',
  });
  const custody = await service.db
    .selectFrom('custody')
    .select('holder_type')
    .where('thing_id', '=', packs.c1)
    .where('until', 'is', null)
    .executeTakeFirst();
  expect(custody?.holder_type).toBe('cssd');
  const timeline = await get('headnurse', `${at}/timeline`);
  expect(timeline.items.map(({ event }: { event: string }) => event)).toEqual(
    expect.arrayContaining(['open', 'acknowledge', 'account', 'record-cause', 'record-report', 'sign']),
  );
});

test('a centre that has acknowledged and gains a pack has its task again', async () => {
  const { recallId, packs } = await openRecall();
  await untilBegun(recallId);
  const stopUse = async () =>
    (await get('headnurse', `/v1/recalls/${recallId}`)).tasks.filter(
      ({ name, institutionId }: { name: string; institutionId: string }) => name === 'stop-use' && institutionId === 'inst-c02',
    ).length;
  const acknowledge = () => service.post('nurse-c02', `/v1/recalls/${recallId}/acknowledge`, {});
  expect([(await acknowledge()).status, await stopUse()]).toEqual([200, 0]);
  await moveThings(service.db, 'pack', [packs.c1], centre('02'), new Date());
  await inAct(service.db, new Date(), (act) => followRecalls(act, [packs.c1]));
  await deliverAll(service);
  expect(await stopUse()).toBe(1);
  expect([(await acknowledge()).status, await stopUse()]).toEqual([200, 0]);
});

test('a centre sees its own recalls and its own lines, others none', async () => {
  const { recallId, packs } = await openRecall();
  const lines = await get('nurse', `/v1/recalls/${recallId}/lines`);
  expect(lines.items).toMatchObject([{ packId: packs.c1, holder: { type: 'centre', id: 'inst-c01' }, state: 'open', end: null }]);
  expect((await service.get('nurse-c05', `/v1/recalls/${recallId}`)).status).toBe(404);
  expect((await get('nurse-c05', '/v1/recalls')).items).toEqual([]);
  expect((await get('infection', '/v1/recalls?status=open')).items.map(({ id }: { id: string }) => id)).toContain(recallId);
  expect((await get('infection', `/v1/recalls/${recallId}/lines?state=open&holderType=cssd`)).items).toHaveLength(1);
});

test('whoever is silent is asked after 30, 48 and 60 minutes, and each hour from then on', async () => {
  const { recallId } = await openRecall();
  await untilBegun(recallId);
  for (const account of ['nurse', 'nurse-c02', 'technician']) await service.post(account, `/v1/recalls/${recallId}/acknowledge`, {});
  await service.fastForward(recallId, 'PT2H5M');
  const { clocks } = await get('headnurse', `/v1/recalls/${recallId}`);
  const silent = clocks.find(({ name }: { name: string }) => name === 'stop-use');
  expect(silent.owner).toMatchObject({ institutionId: 'inst-h1', role: 'infection' });
  expect(silent.rungs.map(({ percent, firedAt }: { percent: number; firedAt: string | null }) => [percent, firedAt !== null])).toEqual([
    [50, true],
    [80, true],
    [100, true],
    [200, true],
    [300, false],
  ]);
});

test('what nobody finds has a discrepancy, and its line ends when that is closed', async () => {
  const { recallId, packs } = await openRecall();
  const answer = await service.post('nurse', `/v1/recalls/${recallId}/account`, {
    lines: [{ packId: packs.c1, end: 'not-found', note: 'not on the shelf' }],
  });
  expect(answer.body).toMatchObject({ counts: { ended: 0 } });
  const [found] = await service.db.selectFrom('discrepancy').select(['id', 'kind', 'subject_id', 'recall_id']).execute();
  expect(found).toMatchObject({ kind: 'recall-not-found', subject_id: packs.c1, recall_id: recallId });
  const at = `/v1/discrepancies/${found?.id}`;
  expect((await service.post('headnurse', `${at}/acknowledge`, {})).status).toBe(200);
  await service.post('headnurse', `${at}/investigate`, { note: 'searched the centre' });
  await service.post('headnurse', `${at}/resolve`, { resolution: 'written-off', note: 'lost' });
  expect((await service.post('headnurse2', `${at}/close`, {})).body).toMatchObject({ status: 'closed' });
  const lines = await get('headnurse', `/v1/recalls/${recallId}/lines?holderId=inst-c01`);
  expect(lines.items).toMatchObject([{ packId: packs.c1, state: 'ended', end: 'not-found' }]);
});

test('a drill blocks nothing and runs the same clocks', async () => {
  const { loadId, packs, steriliserId } = await failedLoad();
  const { status, body } = await service.post('infection', '/v1/recalls', { steriliserId, reason: 'yearly drill', drill: true });
  expect([status, body.drill, body.counts.inScope]).toEqual([201, true, 4]);
  const steriliser = await service.db.selectFrom('steriliser').select('status').where('id', '=', steriliserId).executeTakeFirstOrThrow();
  expect(steriliser.status).toBe('in-service');
  const real = await service.post('headnurse', '/v1/recalls', { loadId, reason: 'doubt' });
  expect(real.body).toMatchObject({ drill: false, loadIds: [loadId], outOfServiceAt: null, counts: { inScope: 4 } });
  expect((await service.post('headnurse', '/v1/recalls', { loadId, steriliserId, reason: 'both' })).status).toBe(422);
  expect((await service.post('technician', '/v1/recalls', { loadId, reason: 'may not' })).status).toBe(403);
  const radius = await get('headnurse', `/v1/loads/${loadId}/blast-radius`);
  expect(radius.packIds.sort()).toEqual(Object.values(packs).sort());
  await untilBegun(body.id);
});
