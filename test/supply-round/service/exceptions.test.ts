/** What goes otherwise than planned: breakdowns, stops that fail or move, missing consignments, unsigned deliveries, a cut-off that nobody waited for. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Named } from '../../support/builders/sterile-supply.ts';
import { createRoundGround, type RoundGround } from '../../support/builders/supply-round.ts';
import { countWaitingForLocks } from '../../support/service/lock-waits.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let ground: RoundGround;
let stopRelay: () => Promise<void>;
let type: string;
beforeAll(async () => {
  service = await startService();
  ground = createRoundGround(service, { prefix: 'ex' });
  stopRelay = ground.startFactRelay();
  type = await ground.newType();
});
afterAll(async () => {
  await stopRelay?.();
  await service?.stop();
});

interface Course {
  id: string;
  stops: string[];
  vehicle: Named;
  sterile: Named;
  soiled: Named;
  packs: Named[];
  slips: { id: string; lineIds: string[] }[];
}

interface StoppedRound {
  stops: { id: string; institutionId: string; status: string }[];
}

/** A confirmed round; each centre has a slip that asks for one pack and gives one set. */
async function confirmedRound(centres: readonly string[]): Promise<Course> {
  const own = await ground.newType();
  const packs = await ground.storePacks(own, centres.length);
  const slips: Course['slips'] = [];
  for (const institutionId of centres)
    slips.push(
      await ground.submitSlip(institutionId, [
        { direction: 'collect', setTypeId: own, quantity: 1 },
        { direction: 'deliver', setTypeId: own, quantity: 1 },
      ]),
    );
  const vehicle = await ground.addVehicle();
  const round = await ground.planRound(
    vehicle,
    centres.map((institutionId, index) => ({ institutionId, arrive: `${String(9 + index).padStart(2, '0')}:00` })),
  );
  await ground.post('dispatcher', `/v1/rounds/${round.id}/confirm`);
  const allocated = await service.db
    .selectFrom('pack')
    .select(['id', 'allocated_institution_id as for'])
    .where('set_type_id', '=', own)
    .execute();
  return {
    id: round.id,
    stops: round.stops.map(({ id }: Named) => id),
    vehicle,
    sterile: await ground.addBox('sterile'),
    soiled: await ground.addBox('soiled'),
    packs: centres
      .map((centre) => allocated.find((pack) => pack.for === centre) ?? packs[0])
      .map((pack) => ({ id: pack?.id ?? '', code: pack?.id ?? '' })),
    slips,
  };
}

async function departedRound(centres: readonly string[]): Promise<Course> {
  const course = await confirmedRound(centres);
  for (const [index, stopId] of course.stops.entries())
    await ground.consign(course.id, stopId, course.sterile, course.packs.slice(index, index + 1), ground.at(0, '08:10'));
  await ground.post('technician', `/v1/rounds/${course.id}/complete-loading`, { happenedAt: ground.at(0, '08:30') });
  await ground.post('driver', `/v1/rounds/${course.id}/depart`, { happenedAt: ground.at(0, '08:40') });
  return course;
}

const visitFirst = ({ stops, soiled, packs }: Course, nurse: string) =>
  ground.visit(stops[0] ?? '', nurse, ground.at(0, '09:00'), { soiled: [ground.soiledConsignment(soiled)], sterile: packs.slice(0, 1) });

const discrepanciesOf = (roundId: string) =>
  service.db
    .selectFrom('discrepancy')
    .select(['kind', 'subject_type', 'subject_id', 'suspect'])
    .where('round_id', '=', roundId)
    .orderBy('kind')
    .execute();

const statusOf = async (packId: string | undefined) =>
  service.db
    .selectFrom('pack')
    .select(['status', 'reject_reason'])
    .where('id', '=', packId ?? '')
    .executeTakeFirst();

test('two vehicles: what breaks down goes on in another one, seal by seal, and a wrong seal has its consequence', async () => {
  const course = await departedRound(['inst-c04', 'inst-c05', 'inst-c06']);
  const { id, vehicle, packs, stops } = course;
  await visitFirst(course, 'nurse-c04');
  const other = await ground.addVehicle();
  const at = `/v1/rounds/${id}`;
  expect(await ground.refusal('courier', `${at}/transfer`, { vehicleId: other.id, consignments: [] })).toMatchObject({
    status: 409,
    code: 'transition-not-allowed',
  });
  expect(await ground.post('driver', `${at}/break-down`, { note: '爆胎', happenedAt: ground.at(0, '09:30') })).toMatchObject({
    brokenDown: true,
  });
  const { consignments } = await ground.get('courier', at);
  const seen = consignments.map((one: { id: string; sealNumber: string }) => ({
    consignmentId: one.id,
    sealNumber: one.sealNumber,
    intact: true,
  }));
  const to = { vehicleId: other.id, consignments: seen, happenedAt: ground.at(0, '09:50') };
  const aboard = consignments.find((one: { stopId: string }) => one.stopId === stops[1]);
  expect(
    await ground.refusal('courier', `${at}/transfer`, {
      ...to,
      consignments: seen.filter(({ consignmentId }: { consignmentId: string }) => consignmentId !== aboard.id),
    }),
  ).toMatchObject({ status: 422, errors: [{ path: 'consignments' }] });
  await service.db
    .updateTable('vehicle')
    .set({ last_used_at: new Date(ground.at(-1, '12:00')) })
    .where('id', '=', other.id)
    .execute();
  expect(await ground.refusal('courier', `${at}/transfer`, to)).toMatchObject({ status: 409, code: 'not-cleaned' });
  await ground.cleanAll([other.id], [], ground.at(-1, '13:00'));
  const soiled = consignments.find((one: { lane: string }) => one.lane === 'soiled');
  const wrong = seen.map((one: { consignmentId: string }) =>
    one.consignmentId === aboard.id || one.consignmentId === soiled.id ? { ...one, sealNumber: 'another-seal' } : one,
  );
  const transferred = await ground.post('courier', `${at}/transfer`, { ...to, consignments: wrong });
  expect(transferred).toMatchObject({
    vehicleId: other.id,
    brokenDown: false,
    legs: [
      { vehicleId: vehicle.id, from: ground.at(0, '08:40'), to: ground.at(0, '09:50') },
      { vehicleId: other.id, from: ground.at(0, '09:50'), to: null },
    ],
  });
  expect(await statusOf(packs[1]?.id)).toEqual({ status: 'rejected', reject_reason: 'compromised' });
  expect(await statusOf(packs[2]?.id)).toEqual({ status: 'on-vehicle', reject_reason: null });
  expect(await discrepanciesOf(id)).toEqual([{ kind: 'seal', subject_type: 'consignment', subject_id: soiled.id, suspect: 'transport' }]);
  await ground.visit(stops[2] ?? '', 'nurse-c06', ground.at(0, '11:00'), { sterile: packs.slice(2, 3) });
  await ground.post('dispatcher', `/v1/stops/${stops[1]}/fail`, { reason: 'no-time', happenedAt: ground.at(0, '11:30') });
  expect(await ground.returnAndHandOver(id, ground.at(0, '12:00'))).toMatchObject({
    totals: { loaded: 3, delivered: 2, returned: 1, aboard: 0 },
  });
});

test('an aborted round comes back with what it has, and its centres wait for the next one', async () => {
  const course = await departedRound(['inst-c07', 'inst-c08']);
  const { id, packs, slips, vehicle, sterile, soiled } = course;
  await visitFirst(course, 'nurse-c07');
  const at = `/v1/rounds/${id}`;
  await ground.post('driver', `${at}/break-down`, { note: '爆胎', happenedAt: ground.at(0, '09:30') });
  const aborted: StoppedRound = await ground.post('dispatcher', `${at}/abort`, {
    reason: '没有备用车辆',
    happenedAt: ground.at(0, '09:40'),
  });
  expect(aborted.stops.map(({ status }) => status)).toEqual(['left', 'failed']);
  expect(await ground.returnAndHandOver(id, ground.at(0, '10:00'))).toMatchObject({
    totals: { loaded: 2, delivered: 1, returned: 0, aboard: 1 },
  });
  const slip = await service.db
    .selectFrom('exchange_slip')
    .select(['status', 'round_id'])
    .where('id', '=', slips[1]?.id ?? '')
    .executeTakeFirst();
  expect(slip).toEqual({ status: 'submitted', round_id: null });
  await ground.cleanAll([vehicle.id], [sterile.id, soiled.id], ground.at(0, '12:00'));
  await ground.countSlip(slips[0]?.id ?? '');
  expect(await ground.refusal('dispatcher', `${at}/close`)).toMatchObject({
    status: 409,
    code: 'lines-without-outcome',
    packIds: [packs[1]?.id],
  });
  await ground.post('technician', `/v1/packs/${packs[1]?.id}/compromise`, { reason: 'dropped', happenedAt: ground.at(0, '12:30') });
  expect(await ground.post('dispatcher', `${at}/close`)).toMatchObject({
    status: 'closed',
    totals: { loaded: 2, delivered: 1, returned: 1, aboard: 0 },
  });
  await expect
    .poll(async () => (await ground.get('dispatcher', at)).tasks.map(({ name }: { name: string }) => name).sort())
    .toEqual(['confirm-signature', 'unserved']);
});

test('what is missing at the hand-over is a gap, and what nobody knows of waits', async () => {
  const course = await departedRound(['inst-c13']);
  const { id, stops, soiled, packs } = course;
  const seals = [ground.nextSeal(), ground.nextSeal()];
  const consignments = seals.map((sealNumber) => ({ sealNumber, boxId: soiled.id, intact: true }));
  await ground.visit(stops[0] ?? '', 'nurse-c13', ground.at(0, '09:00'), { soiled: consignments, sterile: packs });
  await ground.post('driver', `/v1/rounds/${id}/return`, { happenedAt: ground.at(0, '10:00') });
  const known = (await ground.get('technician', `/v1/rounds/${id}`)).consignments.filter(({ lane }: { lane: string }) => lane === 'soiled');
  const round = await ground.post('technician', `/v1/rounds/${id}/hand-over`, {
    consignments: [
      { consignmentId: known[0].id, sealNumber: known[0].sealNumber, intact: false },
      { consignmentId: 'nobody-knows', sealNumber: 'late-seal', intact: true },
    ],
    happenedAt: ground.at(0, '10:10'),
  });
  expect(round).toMatchObject({ status: 'handed-over' });
  expect(await discrepanciesOf(id)).toEqual([
    { kind: 'custody-gap', subject_type: 'consignment', subject_id: known[1].id, suspect: 'transport' },
    { kind: 'seal', subject_type: 'consignment', subject_id: known[0].id, suspect: 'transport' },
  ]);
  const row = await service.db.selectFrom('supply_round').select('awaited_seals').where('id', '=', id).executeTakeFirst();
  expect(row?.awaited_seals).toEqual(['late-seal']);
});

describe('a stop', () => {
  test('that moves to another round takes its slip and its packs along', async () => {
    const course = await confirmedRound(['inst-c14', 'inst-c15']);
    const { id, stops, slips, packs, sterile } = course;
    await ground.consign(id, stops[0] ?? '', sterile, packs.slice(0, 1), ground.at(0, '08:10'));
    const other = await ground.planRound(await ground.addVehicle(), [{ institutionId: 'inst-c16', arrive: '09:00' }]);
    const move = { stopId: stops[0], toRoundId: other.id, reason: '顺路' };
    expect(await ground.refusal('dispatcher', `/v1/rounds/${id}/move-stop`, { ...move, toRoundId: id })).toMatchObject({
      status: 422,
      errors: [{ path: 'toRoundId' }],
    });
    const left: StoppedRound = await ground.post('dispatcher', `/v1/rounds/${id}/move-stop`, move);
    expect(left.stops.map(({ institutionId }) => institutionId)).toEqual(['inst-c15']);
    expect(await statusOf(packs[0]?.id)).toMatchObject({ status: 'released' });
    const slip = await service.db
      .selectFrom('exchange_slip')
      .select(['status', 'round_id'])
      .where('id', '=', slips[0]?.id ?? '')
      .executeTakeFirst();
    expect(slip).toEqual({ status: 'frozen', round_id: other.id });
    await ground.post('dispatcher', `/v1/rounds/${other.id}/confirm`);
    expect(await statusOf(packs[0]?.id)).toMatchObject({ status: 'allocated' });
    const joined: StoppedRound = await ground.get('dispatcher', `/v1/rounds/${other.id}`);
    expect(joined.stops.map(({ institutionId }) => institutionId).sort()).toEqual(['inst-c14', 'inst-c16']);
  });

  test('that goes to another round while somebody waits to do a step there is not found any more', async () => {
    const { id, stops } = await departedRound(['inst-c30', 'inst-c31']);
    const other = await ground.planRound(await ground.addVehicle(), [{ institutionId: 'inst-c32', arrive: '09:00' }]);
    const arriving = await service.db.transaction().execute(async (trx) => {
      await trx.selectFrom('supply_round').select('id').where('id', 'in', [id, other.id]).orderBy('id').forUpdate().execute();
      const sent = service.post('courier', `/v1/stops/${stops[0]}/steps`, { step: 'arrived', happenedAt: ground.at(0, '09:00') });
      while ((await countWaitingForLocks(service.db)) === 0) await new Promise(setImmediate);
      await trx
        .updateTable('round_stop')
        .set({ moved_to_round_id: other.id })
        .where('id', '=', stops[0] ?? '')
        .execute();
      return { sent };
    });
    expect(await arriving.sent).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });

  test('that is added after the confirmation gets its slip frozen and its packs allocated', async () => {
    const { id } = await confirmedRound(['inst-c17']);
    const own = await ground.newType();
    const [pack] = await ground.storePacks(own, 1);
    const slip = await ground.submitSlip('inst-c18', [{ direction: 'deliver', setTypeId: own, quantity: 1 }]);
    const stop = { institutionId: 'inst-c18', arriveAt: ground.at(0, '11:00'), reason: '加急' };
    const round: StoppedRound = await ground.post('dispatcher', `/v1/rounds/${id}/add-stop`, stop);
    expect(round.stops).toHaveLength(2);
    expect(await ground.refusal('dispatcher', `/v1/rounds/${id}/add-stop`, stop)).toMatchObject({ status: 409, code: 'already-exists' });
    expect(await statusOf(pack?.id)).toMatchObject({ status: 'allocated' });
    expect(await service.db.selectFrom('exchange_slip').select('status').where('id', '=', slip.id).executeTakeFirst()).toEqual({
      status: 'frozen',
    });
  });

  test('that nobody signs for keeps what was done, and the centre may check for a day', async () => {
    const { id, stops, packs, soiled, slips } = await departedRound(['inst-c19']);
    const [stopId] = stops;
    const step = (body: { step: string } & Record<string, unknown>, time: string, account?: string) =>
      ground.step(stopId ?? '', body, ground.at(0, time), account);
    await step({ step: 'arrived' }, '09:00');
    await step({ step: 'soiled-stowed', consignments: [ground.soiledConsignment(soiled)] }, '09:02');
    await step({ step: 'gloves-off' }, '09:03');
    await step({ step: 'hand-hygiene' }, '09:04');
    await step({ step: 'sterile-handed', packIds: packs.map((pack) => pack.id) }, '09:05');
    await ground.post('courier', `/v1/stops/${stopId}/fail`, { reason: 'unsigned', happenedAt: ground.at(0, '09:10') });
    const check = { step: 'checked', accepted: packs.map((pack) => pack.id), rejected: [] };
    const late = await service.post('nurse-c19', `/v1/stops/${stopId}/steps`, { ...check, happenedAt: ground.at(1, '09:11') });
    expect(late.body).toMatchObject({ status: 409, code: 'transition-not-allowed', state: 'failed' });
    expect(await step(check, '15:00', 'nurse-c19')).toMatchObject({ status: 'failed', failReason: 'unsigned' });
    const line = await service.db
      .selectFrom('slip_line')
      .select(['delivered', 'outcome'])
      .where('id', '=', slips[0]?.lineIds[1] ?? '')
      .executeTakeFirst();
    expect(line).toEqual({ delivered: 1, outcome: 'delivered' });
    expect(await ground.get('driver', `/v1/rounds/${id}`)).toMatchObject({ totals: { loaded: 1, delivered: 1 } });
  });

  test('whose signature of the centre is not proved asks the centre, which confirms it in its own session', async () => {
    const course = await departedRound(['inst-c22']);
    await visitFirst(course, 'nurse-c22');
    const tasks = async () =>
      (await ground.get('nurse-c22', '/v1/worklist')).items.filter(
        (task: { name: string; pathwayId: string }) => task.name === 'confirm-signature' && task.pathwayId === course.id,
      );
    await expect.poll(async () => (await tasks()).length).toBe(1);
    const [task] = await tasks();
    await ground.post('nurse-c22', `/v1/tasks/${task.id}/claim`);
    await ground.post('nurse-c22', `/v1/tasks/${task.id}/complete`, { note: '已核对' });
    expect((await ground.get('nurse-c22', `/v1/stops/${course.stops[0]}`)).signatures).toContainEqual({
      personId: 'person-nurse-c22',
      method: 'paper',
      verified: true,
    });
    expect(await tasks()).toEqual([]);
  });
});

test('a cancelled round gives its packs and slips back', async () => {
  const { id, stops, packs, slips, sterile } = await confirmedRound(['inst-c23']);
  await ground.consign(id, stops[0] ?? '', sterile, packs, ground.at(0, '08:10'));
  expect(await ground.post('dispatcher', `/v1/rounds/${id}/cancel`, { reason: '台风' })).toMatchObject({
    status: 'cancelled',
    allowed: [],
    totals: { loaded: 0 },
  });
  expect(await statusOf(packs[0]?.id)).toMatchObject({ status: 'released' });
  const place = await service.db
    .selectFrom('custody')
    .select('holder_type')
    .where('thing_id', '=', packs[0]?.id ?? '')
    .where('until', 'is', null)
    .executeTakeFirst();
  expect(place).toEqual({ holder_type: 'cssd' });
  expect(
    await service.db
      .selectFrom('exchange_slip')
      .select('status')
      .where('id', '=', slips[0]?.id ?? '')
      .executeTakeFirst(),
  ).toEqual({ status: 'submitted' });
});

test('a round that nobody confirms is confirmed by its cut-off', async () => {
  const round = await ground.planRound(await ground.addVehicle(), [{ institutionId: 'inst-c24', arrive: '09:00' }]);
  const [pack] = await ground.storePacks(type, 1);
  await ground.submitSlip('inst-c24', [{ direction: 'deliver', setTypeId: type, quantity: 1 }]);
  expect((await service.fastForward(round.id, 'P3D')).status).toBe(200);
  expect(await ground.get('dispatcher', `/v1/rounds/${round.id}`)).toMatchObject({ status: 'confirmed' });
  expect(await statusOf(pack?.id)).toMatchObject({ status: 'allocated' });
  const { items } = await ground.get('dispatcher', `/v1/rounds/${round.id}/timeline`);
  expect(items.slice(0, 2).map(({ event, actor }: { event: string; actor: object }) => [event, 'system' in actor])).toEqual([
    ['create', false],
    ['confirm', true],
  ]);
});

test('a voice code is told once, kept as a hash, and the same request gets the same one', async () => {
  const { id, stops } = await confirmedRound(['inst-c25']);
  const body = { stopId: stops[0], reason: '离线清单过期' };
  const first = await service.post('dispatcher', `/v1/rounds/${id}/voice-codes`, body, { key: 'voice-1' });
  const again = await service.post('dispatcher', `/v1/rounds/${id}/voice-codes`, body, { key: 'voice-1' });
  expect(first.body.code).toMatch(/^\d{6}$/);
  expect(again.body).toEqual(first.body);
  const stored = await service.db
    .selectFrom('voice_code')
    .selectAll()
    .where('stop_id', '=', stops[0] ?? '')
    .execute();
  expect(stored).toHaveLength(1);
  expect(JSON.stringify(stored)).not.toContain(first.body.code);
  const answers = await service.db.selectFrom('command').select('response_body').where('idempotency_key', '=', 'voice-1').execute();
  expect(JSON.stringify(answers)).not.toContain(`"${first.body.code}"`);
});

test('the bundle is issued again when the round carries something else', async () => {
  const { id, stops, sterile, packs } = await confirmedRound(['inst-c26']);
  await ground.consign(id, stops[0] ?? '', sterile, packs, ground.at(0, '08:10'));
  await ground.post('technician', `/v1/rounds/${id}/complete-loading`);
  const bundle = async () => (await ground.get('driver', `/v1/rounds/${id}/bundle`)).jws;
  const first = await bundle();
  expect(await bundle()).toBe(first);
  await ground.post('technician', `/v1/rounds/${id}/take-off`, { packIds: packs.map((pack) => pack.id), reason: '破损' });
  const second = await bundle();
  expect(second).not.toBe(first);
  expect(JSON.parse(Buffer.from(second.split('.')[1], 'base64url').toString())).toMatchObject({ packs: [] });
});
