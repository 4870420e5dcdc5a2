/** The loads of the example day, act by act through the API: sterilised, released, confirmed, and one that fails. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, localDateOf } from '../../../domain/time/local-date.ts';
import {
  biological,
  createLoadsGround,
  goodCycle,
  type LoadsGround,
  makeSteriliser,
  minutesAfter,
  passBowieDick,
  planLoad,
  readBiological,
  readyPacks,
  runLoad,
  shanghaiTime,
  unloadLoad,
} from '../../support/builders/loads.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let ground: LoadsGround;
beforeAll(async () => {
  service = await startService();
  ground = createLoadsGround(service);
});
afterAll(() => service?.stop());

/** The day of the round: everything lies ahead, as in a demonstration. */
const D = 6;
const dateOf = (days: number) => localDateOf(Date.now() + days * 86_400_000);

test('the loads of the example day: released, confirmed, one failed by its indicator, and the steriliser out of service', async () => {
  const s1 = await makeSteriliser(ground, { qualified: D - 5 });
  const s2 = await makeSteriliser(ground, { qualified: D - 5 });
  for (const day of [D - 2, D - 1, D, D + 1]) await passBowieDick(ground, s1, day);
  await passBowieDick(ground, s2, D - 1);

  const a = await runLoad(
    ground,
    { steriliserId: s1, packIds: await readyPacks(ground, 1, { labelled: D - 2 }), indicators: [biological(1_440)] },
    { days: D - 2, time: '08:00' },
  );
  await unloadLoad(ground, a);
  expect(await ground.must('releaser', `/v1/loads/${a.id}/release`, { happenedAt: minutesAfter(a.endedAt, 40) })).toMatchObject({
    status: 'released',
    releasedBy: 'person-releaser',
  });
  expect(await readBiological(ground, a.indicatorIds[0], { from: shanghaiTime(D - 2, '09:00') })).toMatchObject({ status: 'pass' });
  expect((await service.get('releaser', `/v1/loads/${a.id}`)).body).toMatchObject({ status: 'confirmed', recallIds: [] });

  // b and g need no indicator: one passed within seven days, and the other steriliser was qualified then.
  await runLoad(ground, { steriliserId: s1, packIds: await readyPacks(ground, 2, { labelled: D - 1 }) }, { days: D - 1, time: '08:00' });
  await runLoad(ground, { steriliserId: s2, packIds: await readyPacks(ground, 1, { labelled: D - 1 }) }, { days: D - 1, time: '10:00' });

  const cotton = await readyPacks(ground, 2, { labelled: D - 1, packaging: 'cotton' });
  const pouches = await readyPacks(ground, 2, { labelled: D - 1 });
  const c = await planLoad(ground, { steriliserId: s1, packIds: [...cotton, ...pouches], indicators: [biological(2_880)] });
  expect(c).toMatchObject({ status: 'planned', allowed: ['packs', 'labels', 'start'] });
  expect((await service.get('technician', `/v1/packs/${cotton[0]}`)).body).toMatchObject({ status: 'in-load', loadId: c.id });
  await ground.must('headnurse', `/v1/loads/${c.id}/start`, { happenedAt: shanghaiTime(D - 1, '14:00') });
  const endedAt = shanghaiTime(D - 1, '14:40');
  await ground.must('headnurse', `/v1/loads/${c.id}/end`, { ...goodCycle, happenedAt: endedAt });
  const unloading = { packs: [...cotton, ...pouches].map((packId) => ({ packId, outerCi: 'pass', wet: false })) };
  const early = await service.post('technician', `/v1/loads/${c.id}/unload`, { ...unloading, happenedAt: shanghaiTime(D - 1, '15:05') });
  expect([early.status, early.body.code]).toEqual([409, 'still-cooling']);
  await ground.must('technician', `/v1/loads/${c.id}/unload`, { ...unloading, happenedAt: shanghaiTime(D - 1, '15:15') });
  const bySame = await service.post('headnurse', `/v1/loads/${c.id}/release`, { happenedAt: shanghaiTime(D - 1, '15:20') });
  expect([bySame.status, bySame.body.code]).toEqual([409, 'same-person']);
  await ground.must('releaser', `/v1/loads/${c.id}/release`, { happenedAt: shanghaiTime(D - 1, '15:20') });
  const expiries = await service.db
    .selectFrom('pack')
    .select(['id', 'status', 'expires_on'])
    .where('load_id', '=', c.id)
    .orderBy('id')
    .execute();
  expect(expiries).toEqual(
    [
      ...cotton.map((id) => ({ id, status: 'released', expires_on: addDays(dateOf(D), 13) })),
      ...pouches.map((id) => ({ id, status: 'released', expires_on: addDays(dateOf(D), 179) })),
    ].sort((x, y) => (x.id < y.id ? -1 : 1)),
  );

  const f = await runLoad(
    ground,
    { steriliserId: s1, packIds: await readyPacks(ground, 1, { labelled: D + 1 }), indicators: [biological(240)] },
    { days: D + 1, time: '08:00' },
  );
  expect(await readBiological(ground, f.indicatorIds[0], { from: f.endedAt })).toMatchObject({ status: 'pass' });

  await ground.must('releaser', `/v1/load-indicators/${c.indicatorIds[0]}/incubate`, { happenedAt: shanghaiTime(D - 1, '16:00') });
  const grown = await ground.must('releaser', `/v1/load-indicators/${c.indicatorIds[0]}/read`, {
    growth: true,
    happenedAt: shanghaiTime(D + 1, '16:00'),
  });
  expect(grown).toMatchObject({ status: 'fail', allowed: [] });
  expect((await service.get('infection', `/v1/loads/${c.id}`)).body).toMatchObject({
    status: 'failed',
    failedAt: shanghaiTime(D + 1, '16:00'),
  });
  expect((await service.get('headnurse', `/v1/sterilisers/${s1}`)).body).toMatchObject({
    status: 'out-of-service',
    lastPassedBiAt: shanghaiTime(D + 1, '08:00'),
  });
  const after = await planLoad(ground, { steriliserId: s1, packIds: await readyPacks(ground, 1, { labelled: D + 1 }) });
  const refused = await service.post('technician', `/v1/loads/${after.id}/start`, { happenedAt: shanghaiTime(D + 1, '17:00') });
  expect([refused.status, refused.body.code]).toEqual([409, 'steriliser-out-of-service']);
});
