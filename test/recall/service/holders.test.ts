/** Who holds recalled packs: the crew of a round acknowledges for the vehicle; what is used in spite of a stop is known and followed up. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { deliverAll } from '../../support/builders/facts.ts';
import { centre, inAct, insertPackAt, insertRun, insertSteriliser, recallFailedLoad } from '../../support/builders/recall-ground.ts';
import { addRound, onRound } from '../../support/builders/supply-ground.ts';
import { insertSetType } from '../../support/builders/supply-things.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let setTypeId: string;
beforeAll(async () => {
  service = await startService();
  setTypeId = await insertSetType(service.db);
});
afterAll(() => service?.stop());

const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS);

/** The recall of a load with one pack, which lies somewhere. */
async function recallOfPackAt(holder: { type: string; id: string }): Promise<{ at: string; packId: string }> {
  const { db } = service;
  const steriliserId = await insertSteriliser(db, { qualifiedAt: hoursAgo(400) });
  const packId = await insertPackAt(db, setTypeId, holder, { outer_ci: 'pass', wet: false });
  const loadId = await insertRun(db, { steriliserId, startedAt: hoursAgo(48), packIds: [packId], indicators: ['fail'] });
  const recallId = await inAct(db, new Date(), (act) => recallFailedLoad(act, { steriliserId, loadId }));
  return { at: `/v1/recalls/${recallId}`, packId };
}

const get = async (account: string, path: string) => (await service.get(account, path)).body;

async function post(account: string, path: string, body: object) {
  const answer = await service.post(account, path, body);
  expect([200, 201], JSON.stringify(answer.body)).toContain(answer.status);
  return answer.body;
}

test('driver or courier of a round acknowledge for what is on their vehicle; a crew of another round does not see the recall', async () => {
  const { roundId } = await addRound(service.db, ['inst-c01']);
  const others = await addRound(service.db, ['inst-c01'], { driver_id: 'person-cssd-transport-driver-2', courier_id: 'person-courier' });
  const { at } = await recallOfPackAt(onRound(roundId));
  const holder = { type: 'round', id: roundId, packs: 1, acknowledgedAt: null };
  expect(await get('driver', at)).toMatchObject({ allowed: ['acknowledge', 'account'], holders: [holder] });
  expect((await service.post('nurse', `${at}/acknowledge`, {})).status).toBe(404);
  expect((await service.post('courier', `${at}/acknowledge`, { holderId: others.roundId })).status).toBeGreaterThanOrEqual(400);
  expect(await post('courier', `${at}/acknowledge`, {})).toMatchObject({
    holders: [{ ...holder, acknowledgedAt: expect.any(String) }],
  });
  expect((await service.post('driver', `${at}/acknowledge`, {})).body).toMatchObject({ code: 'transition-not-allowed' });
});

test('a pack that a centre uses after it has acknowledged the stop is followed up by infection control, and is a discrepancy', async () => {
  const { at, packId } = await recallOfPackAt(centre('04'));
  await post('nurse-c04', `${at}/acknowledge`, {});
  const open = { innerCi: 'pass', patientReference: 'ref-1' };
  expect((await service.post('nurse-c04', `/v1/packs/${packId}/open`, open)).body).toMatchObject({ code: 'pack-not-dispensable' });
  // It was opened all the same: what happened is told as a scan, which nobody refuses.
  const { id: deviceId } = await post('nurse-c04', '/v1/devices', { name: '换药室手机' });
  const now = new Date().toISOString();
  const scans = [{ seq: 1, type: 'opened', at: now, code: packId, ...open }];
  const { results } = await post('nurse-c04', '/v1/scans', { deviceId, sentAt: now, scans });
  expect(results).toMatchObject([{ result: 'discrepancy' }]);

  expect((await get('infection', `${at}/lines`)).items).toMatchObject([
    { packId, holder: { type: 'infection', id: 'inst-h1' }, state: 'open' },
  ]);
  const { items } = await get('headnurse', '/v1/discrepancies?kind=used-after-stop-use');
  expect(items).toMatchObject([{ subject: { type: 'pack', id: packId }, institutionId: 'inst-c04', status: 'open' }]);
  expect((await get('infection', at)).holders).toContainEqual(
    expect.objectContaining({ type: 'infection', id: 'inst-h1', packs: 1, acknowledgedAt: null }),
  );
  const tasks = async () => (await get('infection', at)).tasks;
  await vi.waitUntil(async () => (await tasks()).length > 0, { timeout: 30_000, interval: 50 });
  await deliverAll(service);
  expect(await tasks()).toContainEqual(expect.objectContaining({ name: 'stop-use', role: 'infection' }));
  const used = [{ packId, end: 'used', note: '已随访', patientReference: 'ref-1' }];
  expect(await post('infection', `${at}/account`, { lines: used })).toMatchObject({ counts: { inScope: 1, ended: 1 } });
});
