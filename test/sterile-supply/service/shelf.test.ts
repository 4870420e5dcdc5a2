/** The shelves of the centres: climate, what is exposed to it, reviews, the sweeps and their alerts. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweepNames } from '../../../domain/sterile-supply/sweeps.ts';
import { addDays, localDateOf } from '../../../domain/time/local-date.ts';
import { ensureSweepSchedules, scheduleId } from '../../../worker/schedules.ts';
import { insertPackAt, insertSteriliser } from '../../support/builders/recall-ground.ts';
import { insertLoad, insertPacks, insertSets, insertSetType, moveThings } from '../../support/builders/supply-things.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let cotton: string;
let pouch: string;
beforeAll(async () => {
  service = await startService();
  cotton = await insertSetType(service.db, { packaging: 'cotton' });
  pouch = await insertSetType(service.db);
});
afterAll(() => service?.stop());

const today = localDateOf(Date.now());
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
const get = async (account: string, path: string) => (await service.get(account, path)).body;
const packOf = (id: string) =>
  service.db.selectFrom('pack').select(['expires_on', 'exposed', 'status', 'reject_reason']).where('id', '=', id).executeTakeFirstOrThrow();

/** A pack that was sterilised some days ago and lies at a centre, in a load that was released. */
async function packOnShelf(
  centreId: string,
  { packaging, daysAgo, lasts }: { packaging: 'cotton' | 'pouch'; daysAgo: number; lasts: number },
) {
  const loadId = await insertLoad(service.db);
  const setTypeId = packaging === 'cotton' ? cotton : pouch;
  const sterilisedOn = addDays(today, -daysAgo);
  const expiresOn = addDays(sterilisedOn, lasts);
  return insertPackAt(
    service.db,
    setTypeId,
    { type: 'centre', id: centreId },
    {
      packaging,
      sterilised_on: sterilisedOn,
      expires_on: expiresOn,
      nominal_expires_on: expiresOn,
      load_id: loadId,
    },
  );
}

const sendReadings = (account: string, readings: [minutes: number, temperatureC: number][], institutionId?: string) =>
  service.post(account, '/v1/climate-readings', {
    ...(institutionId ? { institutionId } : {}),
    readings: readings.map(([minutes, temperatureC]) => ({ measuredAt: minutesAgo(minutes), temperatureC, humidityPercent: 55 })),
  });

test('a breach brings the date of cotton nearer and has pouches reviewed; a review frees them', async () => {
  const dressing = await packOnShelf('inst-c01', { packaging: 'cotton', daysAgo: 1, lasts: 14 });
  const surgical = await packOnShelf('inst-c01', { packaging: 'pouch', daysAgo: 1, lasts: 180 });
  expect((await get('nurse', '/v1/shelf')).items.map(({ id, daysLeft, dispensable }: never) => [id, daysLeft, dispensable])).toEqual([
    [dressing, 13, true],
    [surgical, 179, true],
  ]);
  expect((await sendReadings('nurse', [[60, 26]])).body).toEqual({ institutionId: 'inst-c01', recorded: 1, repeated: 0 });
  expect((await get('nurse', '/v1/climate-breaches')).items).toEqual([]);
  await sendReadings('nurse', [[30, 26]]);
  const [breach] = (await get('nurse', '/v1/climate-breaches')).items;
  expect(breach).toMatchObject({ institutionId: 'inst-c01', endedAt: null, review: null, allowed: ['review'] });
  expect(breach.packIds.sort()).toEqual([dressing, surgical].sort());
  expect(await packOf(dressing)).toMatchObject({ expires_on: addDays(today, 6), exposed: true });
  expect(await packOf(surgical)).toMatchObject({ expires_on: addDays(today, 179), exposed: true });
  const reasons = await get('nurse', `/v1/packs/${surgical}/dispensable?for=inst-c01`);
  expect(reasons.reasons.map(({ code }: { code: string }) => code)).toEqual(['climate-review']);
  expect((await service.post('nurse', `/v1/climate-breaches/${breach.id}/review`, { accept: true, reason: 'x' })).status).toBe(403);
  const reviewed = await service.post('infection', `/v1/climate-breaches/${breach.id}/review`, {
    accept: true,
    reason: 'two degrees for an hour',
  });
  expect(reviewed.body).toMatchObject({ review: { accept: true, by: { personId: 'person-infection' } }, allowed: [] });
  expect((await get('nurse', '/v1/shelf')).items.map(({ dispensable }: never) => dispensable)).toEqual([true, true]);
  expect((await service.post('headnurse', `/v1/climate-breaches/${breach.id}/review`, { accept: false, reason: 'x' })).status).toBe(409);
});

test('a late reading counts at the instant at which it was measured', async () => {
  const pack = await packOnShelf('inst-c06', { packaging: 'cotton', daysAgo: 0, lasts: 14 });
  await sendReadings(
    'gateway',
    [
      [300, 22],
      [240, 27],
      [120, 22],
    ],
    'inst-c06',
  );
  expect((await get('headnurse', '/v1/climate-breaches?institutionId=inst-c06')).items).toEqual([]);
  await sendReadings('gateway', [[200, 27]], 'inst-c06');
  const [breach] = (await get('headnurse', '/v1/climate-breaches?institutionId=inst-c06')).items;
  expect(Math.round((Date.now() - Date.parse(breach.startedAt)) / 60_000)).toBe(200);
  expect(breach.packIds).toEqual([pack]);
  await sendReadings('gateway', [[100, 22]], 'inst-c06');
  expect((await get('headnurse', '/v1/climate-breaches?institutionId=inst-c06')).items).toMatchObject([{ id: breach.id, status: 'ended' }]);
  expect((await sendReadings('gateway', [[90, 22]])).status).toBe(422);
  expect((await sendReadings('nurse', [[90, 22]], 'inst-c06')).status).toBe(403);
});

test('a rejected review rejects what waits for it, and leaves cotton alone', async () => {
  const dressing = await packOnShelf('inst-c07', { packaging: 'cotton', daysAgo: 0, lasts: 14 });
  const surgical = await packOnShelf('inst-c07', { packaging: 'pouch', daysAgo: 0, lasts: 180 });
  await sendReadings(
    'gateway',
    [
      [60, 30],
      [30, 30],
    ],
    'inst-c07',
  );
  const [breach] = (await get('headnurse', '/v1/climate-breaches?institutionId=inst-c07')).items;
  await service.post('headnurse', `/v1/climate-breaches/${breach.id}/review`, { accept: false, reason: 'water on the shelf' });
  expect(await packOf(surgical)).toMatchObject({ status: 'rejected', reject_reason: 'compromised' });
  expect((await packOf(dressing)).status).toBe('at-centre');
});

test('shelves that do not conform are a standing breach, reviewed anew for packs that come later', async () => {
  const first = await packOnShelf('inst-c08', { packaging: 'pouch', daysAgo: 0, lasts: 180 });
  const centre = await get('headnurse', '/v1/supply-centres/inst-c08');
  const { visitDays, windows, countMode, latitude, longitude } = centre;
  const put = (storage: string) =>
    service.call('headnurse', 'GET', '/v1/supply-centres/inst-c08').then(() =>
      service.app.request('/v1/supply-centres/inst-c08', {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ visitDays, windows, countMode, latitude, longitude, storage }),
      }),
    );
  const { token } = await service.tokens.issue({ personId: 'person-headnurse', institutionId: 'inst-cssd', roles: ['headnurse'] });
  expect((await put('nonconforming')).status).toBe(200);
  const [breach] = (await get('headnurse', '/v1/climate-breaches?institutionId=inst-c08')).items;
  expect(breach).toMatchObject({ standing: true, status: 'open', packIds: [first] });
  await service.post('headnurse', `/v1/climate-breaches/${breach.id}/review`, { accept: true, reason: 'looked at' });
  expect((await service.post('headnurse', `/v1/climate-breaches/${breach.id}/review`, { accept: true, reason: 'again' })).status).toBe(409);
  const later = await packOnShelf('inst-c08', { packaging: 'pouch', daysAgo: 0, lasts: 180 });
  await service.post('headnurse', '/v1/demo/sweeps', { name: 'expiry', at: new Date().toISOString() });
  expect((await packOf(later)).exposed).toBe(true);
  expect(
    (await service.post('headnurse', `/v1/climate-breaches/${breach.id}/review`, { accept: true, reason: 'the new one' })).status,
  ).toBe(200);
  expect((await put('conforming')).status).toBe(200);
  expect((await get('headnurse', `/v1/climate-breaches/${breach.id}`)).status).toBe('ended');
});

const sweep = (name: string, at: Date) => service.post('headnurse', '/v1/demo/sweeps', { name, at: at.toISOString() });
const alertsAbout = async (id: string, account = 'headnurse') =>
  (await get(account, '/v1/supply-alerts?limit=200')).items
    .filter(({ subject }: { subject: { id: string } }) => subject.id === id)
    .map(({ name, threshold, clearedAt }: { name: string; threshold: string; clearedAt: string | null }) => [
      name,
      threshold,
      clearedAt === null,
    ]);

test('the sweep of expiry warns of cotton at 3 days and of the rest at 30, once, and clears with the cause', async () => {
  const dressing = await packOnShelf('inst-c09', { packaging: 'cotton', daysAgo: 11, lasts: 14 });
  const surgical = await packOnShelf('inst-c09', { packaging: 'pouch', daysAgo: 150, lasts: 180 });
  const fresh = await packOnShelf('inst-c09', { packaging: 'cotton', daysAgo: 10, lasts: 14 });
  await sweep('expiry', new Date());
  await sweep('expiry', new Date());
  expect(await alertsAbout(dressing, 'nurse-c09')).toContainEqual(['expiry', '3', true]);
  expect(await alertsAbout(surgical, 'nurse-c09')).toEqual([['expiry', '30', true]]);
  expect((await alertsAbout(fresh)).filter(([name]: [string]) => name === 'expiry')).toEqual([]);
  expect(await alertsAbout(surgical, 'nurse-c05')).toEqual([]);
  await service.db.updateTable('pack').set({ status: 'rejected', reject_reason: 'compromised' }).where('id', '=', surgical).execute();
  await sweep('expiry', new Date());
  expect(await alertsAbout(surgical)).toEqual([['expiry', '30', false]]);
});

test('what expires before the next visit is asked for on the open slip of the centre, once', async () => {
  await service.db.updateTable('supply_centre').set({ visit_days: [] }).where('institution_id', '=', 'inst-c10').execute();
  const pack = await packOnShelf('inst-c10', { packaging: 'cotton', daysAgo: 12, lasts: 14 });
  await sweep('expiry', new Date());
  expect(await alertsAbout(pack)).toEqual([['expiry', '3', true]]);
  const inThreeDays = new Date(Date.now() + 3 * 86_400_000);
  const weekday = inThreeDays.getUTCDay() || 7;
  await service.db
    .updateTable('supply_centre')
    .set({ visit_days: [Number(weekdayOfShanghai(inThreeDays)) || weekday] })
    .where('institution_id', '=', 'inst-c10')
    .execute();
  await sweep('expiry', new Date());
  await sweep('expiry', new Date());
  expect(await alertsAbout(pack)).toEqual(expect.arrayContaining([['expires-before-visit', addDays(today, 3), true]]));
  const lines = await service.db
    .selectFrom('slip_line')
    .innerJoin('exchange_slip', 'exchange_slip.id', 'slip_line.slip_id')
    .select(['exchange_slip.status', 'direction', 'set_type_id', 'declared'])
    .where('institution_id', '=', 'inst-c10')
    .execute();
  expect(lines).toEqual([{ status: 'draft', direction: 'deliver', set_type_id: cotton, declared: 1 }]);
  expect((await get('nurse-c10', '/v1/shelf')).items).toMatchObject([{ id: pack, daysLeft: 2, expiresBeforeNextVisit: true }]);
});

const weekdayOfShanghai = (at: Date) => ((Math.floor((at.getTime() + 8 * 3_600_000) / 86_400_000) + 3) % 7) + 1;

test('sterilisers without a test of the day or an indicator of the week, sets that nobody collects, and the month’s samples are alerts', async () => {
  const steriliserId = await insertSteriliser(service.db, { qualifiedAt: new Date(Date.now() - 20 * 86_400_000) });
  const [uncollected = ''] = await insertSets(service.db, pouch, 1, {
    status: 'used',
    status_since: new Date(Date.now() - 8 * 86_400_000),
  });
  const [recent = ''] = await insertSets(service.db, pouch, 1, { status: 'used', status_since: new Date(Date.now() - 6 * 86_400_000) });
  await moveThings(service.db, 'set-instance', [uncollected, recent], { type: 'centre', id: 'inst-c11' }, new Date('2026-03-01T00:00:00Z'));
  for (const name of sweepNames) expect((await sweep(name, new Date())).status).toBe(200);
  expect(await alertsAbout(steriliserId)).toEqual(
    expect.arrayContaining([
      ['bowie-dick', today, true],
      ['bi-due', '7', true],
    ]),
  );
  expect(await alertsAbout(uncollected)).toEqual([['return-overdue', '7', true]]);
  expect(await alertsAbout(recent)).toEqual([]);
  expect(await alertsAbout('inst-cssd')).toEqual([['sampling', today.slice(0, 7), true]]);
});

test('ten thousand packs on shelves are swept in a few statements and without a timer', async () => {
  const loadId = await insertLoad(service.db);
  for (let batch = 0; batch < 10; batch++)
    await insertPacks(service.db, pouch, 1_000, { status: 'at-centre', expires_on: addDays(today, 5), load_id: loadId });
  const answer = await sweep('expiry', new Date());
  expect(answer.body.raised).toBeGreaterThanOrEqual(10_000);
  expect((await sweep('expiry', new Date())).body).toMatchObject({ raised: 0, cleared: 0 });
});

test('the schedules of the sweeps are there once, however often a worker starts, and one of them runs its sweep', async () => {
  const { client, config } = service;
  const { CAREPATH_TASK_QUEUE: taskQueue } = config;
  await ensureSweepSchedules(client, taskQueue);
  await ensureSweepSchedules(client, taskQueue);
  const { spec, action } = await client.schedule.getHandle(scheduleId(taskQueue, 'expiry')).describe();
  expect(spec.timezone).toBe('Asia/Shanghai');
  expect(spec.calendars?.[0]?.hour).toEqual([{ start: 6, end: 6, step: 1 }]);
  expect(action).toMatchObject({ workflowType: 'sterile-supply-sweep' });
  const result = await client.workflow.execute('sterile-supply-sweep', { taskQueue, workflowId: `sweep-${taskQueue}`, args: ['sampling'] });
  expect(result).toEqual({ raised: 0, cleared: 0 });
  for (const name of sweepNames) await client.schedule.getHandle(scheduleId(taskQueue, name)).delete();
});
