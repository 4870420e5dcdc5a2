/** What a round and its stops refuse, each refusal once, through the API; and that a refusal changes nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Named } from '../../support/builders/sterile-supply.ts';
import { createRoundGround, type RoundGround } from '../../support/builders/supply-round.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let ground: RoundGround;
let type: string;
beforeAll(async () => {
  service = await startService();
  ground = createRoundGround(service, { prefix: 'no' });
  type = await ground.newType({ volume_litres: 10 });
});
afterAll(() => service?.stop());

interface Course {
  id: string;
  stops: string[];
  vehicle: Named;
  sterile: Named;
  soiled: Named;
  packs: Named[];
}

/** A confirmed round to two centres, with packs in the store that no line asks for. */
async function confirmedRound(centres = ['inst-c10', 'inst-c11'], packs = 3): Promise<Course> {
  const vehicle = await ground.addVehicle();
  const round = await ground.planRound(
    vehicle,
    centres.map((institutionId, index) => ({ institutionId, arrive: `${String(9 + index).padStart(2, '0')}:00` })),
  );
  await ground.post('dispatcher', `/v1/rounds/${round.id}/confirm`);
  return {
    id: round.id,
    stops: round.stops.map(({ id }: Named) => id),
    vehicle,
    sterile: await ground.addBox('sterile'),
    soiled: await ground.addBox('soiled'),
    packs: await ground.storePacks(type, packs),
  };
}

/** The same, departed with one pack for the first centre. */
async function departedRound(centres?: string[]): Promise<Course> {
  const course = await confirmedRound(centres);
  const { id, stops, sterile, packs } = course;
  await ground.consign(id, stops[0] ?? '', sterile, packs.slice(0, 1), ground.at(0, '08:10'));
  await ground.post('technician', `/v1/rounds/${id}/complete-loading`, { happenedAt: ground.at(0, '08:30') });
  await ground.post('driver', `/v1/rounds/${id}/depart`, { happenedAt: ground.at(0, '08:40') });
  return course;
}

const consignment = ({ stops, sterile, packs }: Course, over: Record<string, unknown> = {}) => ({
  stopId: stops[0],
  boxId: sterile.id,
  sealNumber: ground.nextSeal(),
  packIds: packs.slice(0, 1).map(({ id }) => id),
  ...over,
});

describe('a new round', () => {
  test.each([
    ['a day that is not the departure’s', { on: '2020-01-01' }, 'on'],
    ['a vehicle that there is not', { vehicleId: 'nothing' }, 'vehicleId'],
    ['a driver who is none', { driverId: 'person-courier' }, 'driverId'],
    ['a courier who is none', { courierId: 'person-gp' }, 'courierId'],
    ['a hospital as a stop', { stops: [{ institutionId: 'inst-h1', arriveAt: 'arrive' }] }, 'stops.0.institutionId'],
    [
      'a centre twice',
      {
        stops: [
          { institutionId: 'inst-c10', arriveAt: 'arrive' },
          { institutionId: 'inst-c10', arriveAt: 'arrive' },
        ],
      },
      'stops.1.institutionId',
    ],
    ['a stop before the departure', { stops: [{ institutionId: 'inst-c10', arriveAt: 'early' }] }, 'stops.0.arriveAt'],
  ])('is refused for %s', async (_, over, path) => {
    const at = { arrive: ground.at(0, '09:00'), early: ground.at(0, '07:00') };
    const body = {
      on: ground.D,
      vehicleId: 'vehicle-1',
      driverId: 'person-driver',
      courierId: 'person-courier',
      departAt: ground.at(0, '08:40'),
      stops: [{ institutionId: 'inst-c10', arriveAt: at.arrive }],
      ...JSON.parse(JSON.stringify(over).replaceAll('"arrive"', `"${at.arrive}"`).replaceAll('"early"', `"${at.early}"`)),
    };
    const answer = await ground.refusal('dispatcher', '/v1/rounds', body);
    expect(answer).toMatchObject({ status: 422, code: 'invalid-request', errors: [{ path }] });
  });
});

describe('a consignment', () => {
  test('goes into a box of its lane, which has room', async () => {
    const course = await confirmedRound();
    const at = `/v1/rounds/${course.id}/consignments`;
    expect(await ground.refusal('technician', at, consignment(course, { boxId: course.soiled.id }))).toMatchObject({
      status: 409,
      code: 'wrong-lane',
    });
    const small = await ground.addBox('sterile', { capacity_litres: 5 });
    expect(await ground.refusal('technician', at, consignment(course, { boxId: small.id }))).toMatchObject({
      status: 409,
      code: 'over-capacity',
    });
    expect(await ground.refusal('technician', at, consignment(course, { boxId: 'nothing' }))).toMatchObject({
      status: 422,
      errors: [{ path: 'boxId' }],
    });
    expect(await ground.refusal('technician', at, consignment(course, { packIds: ['nothing'] }))).toMatchObject({
      status: 422,
      errors: [{ path: 'packIds.0' }],
    });
    expect(await ground.refusal('technician', at, consignment(course, { stopId: course.id }))).toMatchObject({
      status: 422,
      errors: [{ path: 'stopId' }],
    });
  });

  test('has a seal that no other one had', async () => {
    const course = await confirmedRound();
    const at = `/v1/rounds/${course.id}/consignments`;
    const first = consignment(course);
    await ground.post('technician', at, first);
    const second = consignment(course, { sealNumber: first.sealNumber, packIds: [course.packs[1]?.id] });
    expect(await ground.refusal('technician', at, second)).toMatchObject({ status: 409, code: 'already-exists' });
  });

  test('is loaded whole or not at all: one pack that must not be handed over there keeps all of them back', async () => {
    const course = await confirmedRound();
    const [own] = await ground.storePacks(type, 1, { owner_institution_id: 'inst-c30' });
    const body = consignment(course, { packIds: [course.packs[0]?.id, own?.id] });
    const refused = await ground.refusal('technician', `/v1/rounds/${course.id}/consignments`, body);
    expect(refused).toMatchObject({
      status: 409,
      code: 'pack-not-dispensable',
      packs: [{ packId: own?.id, reasons: [{ code: 'wrong-owner' }] }],
    });
    expect(await ground.get('technician', `/v1/rounds/${course.id}`)).toMatchObject({ consignments: [], totals: { loaded: 0 } });
  });

  test('holds what lies in the store, and what is taken off lies there again', async () => {
    const course = await confirmedRound();
    const at = `/v1/rounds/${course.id}`;
    await ground.post('technician', `${at}/consignments`, consignment(course));
    expect(await ground.refusal('technician', `${at}/consignments`, consignment(course))).toMatchObject({
      status: 409,
      code: 'not-in-custody',
    });
    const packIds = [course.packs[0]?.id];
    expect(await ground.post('technician', `${at}/take-off`, { packIds, reason: '标签破损' })).toMatchObject({
      totals: { loaded: 0, aboard: 0 },
    });
    expect(await ground.refusal('technician', `${at}/take-off`, { packIds, reason: '标签破损' })).toMatchObject({
      status: 409,
      code: 'not-in-custody',
    });
    const pack = await service.db
      .selectFrom('pack')
      .select(['status', 'allocated_institution_id'])
      .where('id', '=', packIds[0] ?? '')
      .executeTakeFirst();
    expect(pack).toEqual({ status: 'released', allocated_institution_id: null });
  });
});

test('each act waits for its state, and the answer says what is allowed', async () => {
  const course = await confirmedRound();
  const at = `/v1/rounds/${course.id}`;
  for (const [account, act, body] of [
    ['dispatcher', 'confirm', {}],
    ['driver', 'depart', {}],
    ['driver', 'return', {}],
    ['courier', 'break-down', { note: '爆胎' }],
    ['courier', 'abort', { reason: '爆胎' }],
    ['dispatcher', 'transfer', { vehicleId: 'vehicle-1', consignments: [] }],
    ['technician', 'hand-over', { consignments: [] }],
    ['dispatcher', 'close', {}],
  ] as const)
    expect(await ground.refusal(account, `${at}/${act}`, body), act).toMatchObject({
      status: 409,
      code: 'transition-not-allowed',
      state: 'confirmed',
      allowed: expect.arrayContaining(['allocate', 'complete-loading', 'cancel']),
    });
  expect((await service.get('courier', `${at}/bundle`)).body).toMatchObject({ status: 409, code: 'transition-not-allowed' });
});

test('nothing departs in a vehicle or a box that was not cleaned since its last use, nor with a pack that must not be handed over', async () => {
  const course = await confirmedRound();
  const at = `/v1/rounds/${course.id}`;
  await ground.post('technician', `${at}/consignments`, { ...consignment(course), happenedAt: ground.at(0, '08:10') });
  await ground.post('technician', `${at}/complete-loading`, { happenedAt: ground.at(0, '08:30') });
  const used = { last_used_at: new Date(ground.at(-1, '12:00')) };
  await service.db.updateTable('vehicle').set(used).where('id', '=', course.vehicle.id).execute();
  await service.db.updateTable('transport_box').set(used).where('id', '=', course.sterile.id).execute();
  expect(await ground.refusal('driver', `${at}/depart`, { happenedAt: ground.at(0, '08:40') })).toMatchObject({
    status: 409,
    code: 'not-cleaned',
    vehicleIds: [course.vehicle.id],
    boxIds: [course.sterile.id],
  });
  await ground.cleanAll([course.vehicle.id], [course.sterile.id], ground.at(-1, '13:00'));
  await service.db
    .updateTable('pack')
    .set({ expires_on: ground.on(-1) })
    .where('id', '=', course.packs[0]?.id ?? '')
    .execute();
  expect(await ground.refusal('driver', `${at}/depart`, { happenedAt: ground.at(0, '08:40') })).toMatchObject({
    status: 409,
    code: 'pack-not-dispensable',
    packs: [{ packId: course.packs[0]?.id, reasons: [{ code: 'expired' }] }],
  });
  expect(await ground.get('driver', at)).toMatchObject({ status: 'loaded' });
});

describe('a stop', () => {
  test('keeps the order of the protocol in both modes', async () => {
    const vehicle = await ground.addVehicle();
    const round = await ground.planRound(vehicle, [{ institutionId: 'inst-c12', arrive: '09:00' }], { mode: 'clean-first' });
    const stopId = round.stops[0].id;
    const post = (step: string, body = {}) =>
      service.post('courier', `/v1/stops/${stopId}/steps`, { step, ...body, happenedAt: ground.at(0, '09:00') });
    expect((await post('arrived')).body).toMatchObject({ status: 409, code: 'transition-not-allowed', state: 'planned' });
    await ground.post('dispatcher', `/v1/rounds/${round.id}/confirm`);
    await ground.post('technician', `/v1/rounds/${round.id}/complete-loading`, { happenedAt: ground.at(0, '08:30') });
    await ground.post('driver', `/v1/rounds/${round.id}/depart`, { happenedAt: ground.at(0, '08:40') });
    expect((await post('sterile-handed', { packIds: [] })).body).toMatchObject({
      status: 409,
      code: 'step-out-of-order',
      allowed: ['arrived', 'fail'],
    });
    for (const [step, body] of [
      ['arrived', {}],
      ['hand-hygiene', {}],
      ['sterile-handed', { packIds: [] }],
      ['checked', { accepted: [], rejected: [] }],
      ['soiled-stowed', { consignments: [] }],
      ['gloves-off', {}],
      ['hand-hygiene', {}],
    ] as const)
      expect((await post(step, body)).body, step).toMatchObject({ status: step });
    expect((await post('left')).body).toMatchObject({ status: 409, code: 'step-out-of-order', allowed: ['signed', 'fail'] });
  });

  test('takes the body of each step and nothing else', async () => {
    const { stops } = await departedRound();
    const post = (body: object) => service.post('courier', `/v1/stops/${stops[0]}/steps`, body);
    expect((await post({ step: 'arrived', packIds: [] })).body).toMatchObject({ status: 422, errors: [{ path: 'packIds' }] });
    expect((await post({ step: 'soiled-stowed' })).body).toMatchObject({ status: 422, errors: [{ path: 'consignments' }] });
    expect((await post({ step: 'danced' })).body).toMatchObject({ status: 422, errors: [{ path: 'step' }] });
    expect((await service.post('nurse', `/v1/stops/${stops[0]}/steps`, { step: 'arrived' })).status).toBe(404);
  });

  test('gets only what is aboard and may be handed over there; the centre says something of each pack; two sides sign', async () => {
    const { stops, packs, soiled, sterile } = await departedRound(['inst-c02', 'inst-c03']);
    const [stopId, other] = stops;
    const at = ground.at(0, '09:05');
    const post = (body: object, account = 'courier') => service.post(account, `/v1/stops/${stopId}/steps`, { ...body, happenedAt: at });
    await post({ step: 'arrived' });
    const stow = (over: object) =>
      post({ step: 'soiled-stowed', consignments: [{ sealNumber: ground.nextSeal(), boxId: soiled.id, intact: true, ...over }] });
    expect((await stow({ boxId: sterile.id })).body).toMatchObject({ status: 409, code: 'wrong-lane' });
    expect((await stow({ packIds: [packs[2]?.id] })).body).toMatchObject({ status: 409, code: 'not-in-custody' });
    const two = [ground.nextSeal(), ground.nextSeal()].map((sealNumber, index) => ({
      sealNumber,
      boxId: soiled.id,
      intact: true,
      ...(index === 0 ? { special: 'prion' } : {}),
    }));
    expect((await post({ step: 'soiled-stowed', consignments: two })).body).toMatchObject({ status: 409, code: 'special-alone' });
    expect((await stow({ special: 'prion' })).status).toBe(200);
    expect((await service.post('nurse-c02', `/v1/stops/${stopId}/steps`, { step: 'gloves-off' })).body).toMatchObject({
      status: 403,
      code: 'role-may-not',
    });
    await post({ step: 'gloves-off' });
    await post({ step: 'hand-hygiene' });
    expect((await post({ step: 'sterile-handed', packIds: [packs[1]?.id] })).body).toMatchObject({ status: 409, code: 'not-in-custody' });
    expect((await post({ step: 'sterile-handed', packIds: [packs[0]?.id] })).status).toBe(200);
    expect((await post({ step: 'checked', accepted: [], rejected: [] }, 'nurse-c02')).body).toMatchObject({
      status: 422,
      errors: [{ path: 'accepted' }],
    });
    expect((await post({ step: 'checked', accepted: [packs[1]?.id], rejected: [] }, 'nurse-c02')).body).toMatchObject({
      status: 409,
      code: 'not-in-custody',
    });
    expect(
      (await post({ step: 'checked', accepted: [], rejected: [{ packId: packs[0]?.id, reason: 'damaged' }] }, 'nurse-c02')).status,
    ).toBe(200);
    expect((await post({ step: 'signed', signatures: [{ personId: 'person-nobody', method: 'paper' }] })).body).toMatchObject({
      status: 422,
    });
    expect((await post({ step: 'signed', signatures: [{ personId: 'person-nurse-c02', method: 'paper' }] })).body).toMatchObject({
      status: 409,
      code: 'signature-missing',
    });
    const rejected = await service.db
      .selectFrom('pack')
      .select(['status', 'reject_reason'])
      .where('id', '=', packs[0]?.id ?? '')
      .executeTakeFirst();
    expect(rejected).toEqual({ status: 'rejected', reject_reason: 'rejected-at-delivery' });
    expect((await service.post('dispatcher', `/v1/stops/${other}/fail`, { reason: 'closed' })).body).toMatchObject({
      status: 'failed',
      failReason: 'closed',
    });
    expect((await service.post('dispatcher', `/v1/stops/${other}/fail`, { reason: 'closed' })).body).toMatchObject({
      status: 409,
      code: 'transition-not-allowed',
      state: 'failed',
    });
  });
});

test('a round of others, and one without a stop of one’s own, is not there', async () => {
  const { id, stops } = await confirmedRound(['inst-c20']);
  for (const account of ['nurse', 'nurse-c02', 'gp']) expect((await service.get(account, `/v1/rounds/${id}`)).status).toBe(404);
  expect((await service.get('nurse-c02', `/v1/stops/${stops[0]}`)).status).toBe(404);
  expect((await service.get('nurse-c20', `/v1/stops/${stops[0]}`)).status).toBe(200);
  expect((await service.post('nurse-c20', `/v1/rounds/${id}/cancel`, { reason: '改期' })).status).toBe(403);
  const { body } = await service.get('nurse-c20', '/v1/rounds');
  expect(body.items.map((round: Named) => round.id)).toEqual([id]);
  expect((await service.get('driver', `/v1/rounds?on=${ground.D}&status=confirmed`)).body.items.length).toBeGreaterThan(0);
});

test('an old version is not acted upon', async () => {
  const { id } = await confirmedRound(['inst-c21']);
  const stale = { headers: { 'if-match': '"1"' } };
  expect((await service.post('technician', `/v1/rounds/${id}/complete-loading`, {}, stale)).status).toBe(412);
  expect((await service.post('dispatcher', `/v1/rounds/${id}/cancel`, { reason: '改期' }, stale)).status).toBe(412);
});

test('a pack that the centre has opened is not rejected at its delivery: it does not go aboard again', async () => {
  const { stops, packs } = await departedRound();
  const stopId = stops[0] ?? '';
  const packId = packs[0]?.id ?? '';
  const at = (minute: string) => ground.at(0, `09:${minute}`);
  await ground.step(stopId, { step: 'arrived' }, at('00'));
  await ground.step(stopId, { step: 'soiled-stowed', consignments: [] }, at('01'));
  await ground.step(stopId, { step: 'gloves-off' }, at('02'));
  await ground.step(stopId, { step: 'hand-hygiene' }, at('03'));
  await ground.step(stopId, { step: 'sterile-handed', packIds: [packId] }, at('04'));
  await ground.post('nurse-c10', `/v1/packs/${packId}/open`, { innerCi: 'pass', happenedAt: at('05') });
  const check = { step: 'checked', happenedAt: at('06') };
  const rejected = [{ packId, reason: 'wet' }];
  expect(await ground.refusal('nurse-c10', `/v1/stops/${stopId}/steps`, { ...check, accepted: [], rejected })).toMatchObject({
    status: 409,
    code: 'transition-not-allowed',
    state: 'opened',
  });
  await ground.post('nurse-c10', `/v1/stops/${stopId}/steps`, { ...check, accepted: [packId], rejected: [] });
  expect(await ground.get('nurse-c10', `/v1/packs/${packId}`)).toMatchObject({
    status: 'opened',
    custody: { holder: { type: 'centre', id: 'inst-c10' } },
  });
});
