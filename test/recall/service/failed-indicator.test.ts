/** A biological indicator that grows, read through the API, empties the right shelves and no others. */
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { centre, insertPackAt, insertRun, insertSteriliser } from '../../support/builders/recall-ground.ts';
import { insertSetType } from '../../support/builders/supply-things.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
const get = async (account: string, path: string) => (await service.get(account, path)).body;

test('a failed indicator, read through the API, recalls its load and those since the last pass, on every shelf', async () => {
  const { db } = service;
  const setTypeId = await insertSetType(db);
  const steriliserId = await insertSteriliser(db, { qualifiedAt: hoursAgo(400) });
  const dates = { sterilised_on: '2026-11-01', expires_on: '2099-01-01', nominal_expires_on: '2099-01-01' };
  const before = await insertPackAt(db, setTypeId, centre('02'), dates);
  const between = await insertPackAt(db, setTypeId, centre('02'), dates);
  const failing = await insertPackAt(db, setTypeId, centre('01'), dates);
  await insertRun(db, { steriliserId, startedAt: hoursAgo(96), packIds: [before], indicators: ['pass'] });
  await insertRun(db, { steriliserId, startedAt: hoursAgo(72), packIds: [between] });
  const loadId = await insertRun(db, { steriliserId, startedAt: hoursAgo(48), packIds: [failing] });
  const indicatorId = uuid();
  await db
    .insertInto('load_indicator')
    .values({
      id: indicatorId,
      load_id: loadId,
      kind: 'bi',
      product: '1292',
      lot: 'L1',
      status: 'incubating',
      incubation_minutes: 60,
      incubated_at: hoursAgo(47),
      due_at: hoursAgo(46),
    })
    .execute();
  const read = await service.post('releaser', `/v1/load-indicators/${indicatorId}/read`, {
    growth: true,
    control: { lot: 'L1', growth: true },
  });
  expect(read.status, JSON.stringify(read.body)).toBe(200);

  const shelf = async (account: string) =>
    (await get(account, '/v1/shelf')).items.map(({ id, dispensable }: { id: string; dispensable: boolean }) => [id, dispensable]);
  expect(await shelf('nurse')).toEqual([[failing, false]]);
  expect(Object.fromEntries(await shelf('nurse-c02'))).toEqual({ [before]: true, [between]: false });
  const codes = async (packId: string) =>
    (await get('headnurse', `/v1/packs/${packId}/dispensable`)).reasons.map(({ code }: { code: string }) => code);
  expect(await codes(failing)).toEqual(['load-failed', 'recalled']);
  expect(await codes(between)).toEqual(['recalled']);
  const [recall] = (await get('infection', '/v1/recalls')).items;
  expect(recall).toMatchObject({ status: 'open', loadId, steriliserId, counts: { inScope: 2, ended: 0 } });
  expect(recall.holders.map(({ id, institution }: { id: string; institution: { id: string } }) => [id, institution.id])).toEqual([
    ['inst-c01', 'inst-c01'],
    ['inst-c02', 'inst-c02'],
  ]);
  expect((await get('headnurse', `/v1/sterilisers/${steriliserId}`)).status).toBe('out-of-service');
  const load = await get('headnurse', `/v1/loads/${loadId}`);
  expect(load).toMatchObject({ status: 'failed', steriliser: { id: steriliserId, code: expect.any(String) } });
  expect(load.operator?.id ?? null).toBe(load.operatorId);
  const alerts = (await get('nurse', '/v1/supply-alerts?name=stop-use')).items;
  expect(alerts).toMatchObject([
    { subject: { type: 'pack', id: failing }, institutionId: 'inst-c01', institution: { id: 'inst-c01' }, clearedAt: null },
  ]);
});
