/** A round of three stops through the API: planned, confirmed, loaded, driven, handed over, closed. */
import { compactVerify, createLocalJWKSet } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRoundGround, type RoundGround } from '../../support/builders/supply-round.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let ground: RoundGround;
let stopRelay: () => Promise<void>;
beforeAll(async () => {
  service = await startService();
  ground = createRoundGround(service, { prefix: 'walk' });
  stopRelay = ground.startFactRelay();
});
afterAll(async () => {
  await stopRelay?.();
  await service?.stop();
});

test('a round of three stops goes all the way, and everything that was loaded is accounted for', async () => {
  const { at, post, get, planRound, consign, visit, soiledConsignment } = ground;
  const type = await ground.newType();
  const own = await ground.newType();
  const [p1, p2, p3, p4] = await ground.storePacks(type, 4);
  const [owned] = await ground.storePacks(own, 1, { owner_institution_id: 'inst-c03' });
  if (!p1 || !p2 || !p3 || !p4 || !owned) throw new Error('The store has five packs.');
  const used = await ground.usedSets(type, 'inst-c01', 1);
  const slip1 = await ground.submitSlip('inst-c01', [
    { direction: 'collect', setTypeId: type, quantity: 1 },
    { direction: 'deliver', setTypeId: type, quantity: 2 },
  ]);
  const slip2 = await ground.submitSlip('inst-c02', [{ direction: 'deliver', setTypeId: type, quantity: 1 }]);
  const vehicle = await ground.addVehicle();
  const sterile = await ground.addBox('sterile');
  const soiled = await ground.addBox('soiled');

  const planned = await planRound(vehicle, [
    { institutionId: 'inst-c01', arrive: '09:00' },
    { institutionId: 'inst-c02', arrive: '10:00' },
    { institutionId: 'inst-c03', arrive: '11:00' },
  ]);
  expect(planned).toMatchObject({
    status: 'planned',
    clocks: [{ name: 'cut-off' }],
    allowed: expect.arrayContaining(['confirm', 'cancel']),
  });
  const id = planned.id;
  const [stop1, stop2, stop3] = planned.stops.map((stop: { id: string }) => stop.id);

  expect(await post('dispatcher', `/v1/rounds/${id}/confirm`)).toMatchObject({
    status: 'confirmed',
    clocks: [{ name: 'release-lead', owner: { role: 'releaser' } }],
  });
  const packs = await service.db
    .selectFrom('pack')
    .select(['id', 'status', 'allocated_institution_id'])
    .where('id', 'in', [p1.id, p2.id, p3.id, p4.id, owned.id])
    .orderBy('created_at')
    .execute();
  expect(packs.filter(({ allocated_institution_id }) => allocated_institution_id === 'inst-c01')).toHaveLength(2);
  expect(packs.filter(({ allocated_institution_id }) => allocated_institution_id === 'inst-c02')).toHaveLength(1);
  expect(packs.find((pack) => pack.id === owned.id)).toMatchObject({ status: 'allocated', allocated_institution_id: 'inst-c03' });
  const of = (institutionId: string) =>
    packs.filter((pack) => pack.allocated_institution_id === institutionId).map(({ id: packId }) => ({ id: packId, code: packId }));

  await consign(id, stop1, sterile, of('inst-c01'), at(0, '08:10'));
  await consign(id, stop2, sterile, of('inst-c02'), at(0, '08:12'));
  await consign(id, stop3, sterile, of('inst-c03'), at(0, '08:14'));
  expect(await post('technician', `/v1/rounds/${id}/complete-loading`, { happenedAt: at(0, '08:30') })).toMatchObject({
    status: 'loaded',
    totals: { loaded: 4, delivered: 0, returned: 0, aboard: 4 },
  });
  const { jws } = await get('courier', `/v1/rounds/${id}/bundle`);
  const { keys } = await get('courier', '/v1/keys');
  const { payload } = await compactVerify(jws, createLocalJWKSet({ keys }));
  const bundle = JSON.parse(new TextDecoder().decode(payload));
  expect(bundle).toMatchObject({
    round: { id },
    blocklist: [],
    packs: expect.arrayContaining([{ code: `${owned.id}-1`, for: 'inst-c03', expiresOn: ground.on(100) }]),
  });
  expect(Date.parse(bundle.validUntil) - Date.parse(bundle.issuedAt)).toBe(12 * 3_600_000);

  expect(await post('driver', `/v1/rounds/${id}/depart`, { happenedAt: at(0, '08:40') })).toMatchObject({
    status: 'departed',
    legs: [{ vehicleId: vehicle.id, from: at(0, '08:40'), to: null }],
  });
  expect(await visit(stop1, 'nurse', at(0, '09:00'), { soiled: [soiledConsignment(soiled)], sterile: of('inst-c01') })).toMatchObject({
    status: 'left',
  });
  await visit(stop2, 'nurse-c02', at(0, '10:00'), { sterile: of('inst-c02') });
  expect(await visit(stop3, 'nurse-c03', at(0, '11:00'), { sterile: of('inst-c03') })).toMatchObject({
    status: 'left',
    signatures: [
      { personId: 'person-courier', method: 'session', verified: true },
      { personId: 'person-nurse-c03', method: 'paper', verified: false },
    ],
  });
  expect(await get('nurse-c02', `/v1/rounds/${id}`)).toMatchObject({
    stops: [{ id: stop2, institutionId: 'inst-c02', institution: { id: 'inst-c02', zh: expect.any(String), en: expect.any(String) } }],
    consignments: [{ stopId: stop2 }],
  });
  expect(await service.db.selectFrom('set_instance').select('status').where('id', 'in', used).executeTakeFirst()).toEqual({
    status: 'in-transit-soiled',
  });

  expect(await ground.returnAndHandOver(id, at(0, '12:00'))).toMatchObject({
    status: 'handed-over',
    totals: { loaded: 4, delivered: 4, returned: 0, aboard: 0 },
    consignments: expect.arrayContaining([expect.objectContaining({ lane: 'soiled', intact: true })]),
  });
  const lines = await service.db
    .selectFrom('slip_line')
    .select(['outcome', 'delivered'])
    .where('slip_id', 'in', [slip1.id, slip2.id])
    .where('direction', '=', 'deliver')
    .execute();
  expect(lines).toEqual(
    expect.arrayContaining([
      { outcome: 'delivered', delivered: 2 },
      { outcome: 'delivered', delivered: 1 },
    ]),
  );

  const tooEarly = await service.post('dispatcher', `/v1/rounds/${id}/close`, {});
  expect(tooEarly.body).toMatchObject({ status: 409, code: 'not-cleaned' });
  await ground.cleanAll([vehicle.id], [sterile.id, soiled.id], at(0, '13:00'));
  expect((await service.post('dispatcher', `/v1/rounds/${id}/close`, {})).body).toMatchObject({
    status: 409,
    code: 'lines-without-outcome',
  });
  await ground.countSlip(slip1.id);
  expect(await post('dispatcher', `/v1/rounds/${id}/close`)).toMatchObject({ status: 'closed', allowed: [] });

  const { items } = await get('dispatcher', `/v1/rounds/${id}/timeline`);
  expect(items.map(({ event }: { event: string }) => event)).toEqual(expect.arrayContaining(['create', 'confirm', 'close']));
});
