/** Plans of rounds through the API. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRoundGround, type RoundGround } from '../../support/builders/supply-round.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let ground: RoundGround;
beforeAll(async () => {
  service = await startService({ worker: false });
  ground = createRoundGround(service, { prefix: 'plan' });
});
afterAll(() => service?.stop());

test('a plan visits the centres of the day within their windows and writes nothing', async () => {
  const rounds = async () => (await service.db.selectFrom('supply_round').select('id').execute()).length;
  const before = await rounds();
  // 9 November 2026 is a Monday, on which the demonstration's first 13 centres are visited.
  const plan = await ground.post('dispatcher', '/v1/round-plans', { on: '2026-11-09', vehicleIds: ['vehicle-1'] });
  expect(plan).toMatchObject({ rounds: [{ vehicleId: 'vehicle-1' }], unplaced: [] });
  expect(plan.rounds[0].stops).toHaveLength(13);
  expect(plan.lowerBoundMinutes).toBeLessThanOrEqual(plan.rounds[0].minutes);
  const named = { on: '2026-11-09', vehicleIds: ['vehicle-1'], institutionIds: ['inst-c39'], departAt: '2026-11-09T09:59:00Z' };
  expect(await ground.post('dispatcher', '/v1/round-plans', named)).toMatchObject({
    rounds: [],
    unplaced: [{ institutionId: 'inst-c39', reason: 'window' }],
    lowerBoundMinutes: 0,
  });
  for (const [over, path] of [
    [{ vehicleIds: ['nothing'] }, 'vehicleIds.0'],
    [{ vehicleIds: ['vehicle-1', 'vehicle-1'] }, 'vehicleIds.1'],
    [{ institutionIds: ['inst-h1'] }, 'institutionIds.0'],
    [{ departAt: '2026-11-10T09:59:00Z' }, 'departAt'],
  ] as const)
    expect(await ground.refusal('dispatcher', '/v1/round-plans', { ...named, ...over })).toMatchObject({ status: 422, errors: [{ path }] });
  expect((await service.post('driver', '/v1/round-plans', named)).status).toBe(403);
  expect(await rounds()).toBe(before);
});

test('without the places that a plan is made of, the dispatcher is told which to enter; with them it works', async () => {
  const put = async (institutionId: string, over: object) => {
    const { token } = await service.tokens.issue({ personId: 'person-dispatcher', institutionId: 'inst-cssd', roles: ['dispatcher'] });
    const place = { countMode: 'sealed-declared', storage: 'conforming', latitude: 22.5, longitude: 114, ...over };
    return service.app.request(`/v1/supply-centres/${institutionId}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(place),
    });
  };
  const plan = { on: '2026-11-09', vehicleIds: ['vehicle-1'] };
  // As an alliance begins that nobody has entered a place of.
  await service.db.deleteFrom('supply_centre').execute();
  expect(await ground.refusal('dispatcher', '/v1/round-plans', plan)).toMatchObject({
    status: 422,
    errors: [{ path: 'institutionIds', message: expect.stringContaining('PUT /v1/supply-centres/{institutionId}') }],
  });
  const monday = { visitDays: [1], windows: [{ from: '08:00', to: '12:00' }], latitude: 22.51 };
  expect((await put('inst-c05', monday)).status).toBe(201);
  expect(await ground.refusal('dispatcher', '/v1/round-plans', plan)).toMatchObject({
    status: 422,
    errors: [{ path: 'vehicleIds', message: expect.stringContaining('PUT /v1/supply-centres/inst-cssd') }],
  });
  expect((await put('inst-cssd', { visitDays: [], windows: [] })).status).toBe(201);
  expect(await ground.post('dispatcher', '/v1/round-plans', plan)).toMatchObject({
    rounds: [{ stops: [{ institutionId: 'inst-c05' }] }],
    unplaced: [],
  });
});
