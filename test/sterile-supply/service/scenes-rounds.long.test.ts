/** Scenes of the road: an ordinary day, a breakdown, a closed centre, two vehicles, a set that is lost for three rounds. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays, localDateOf, weekdayOf } from '../../../domain/time/local-date.ts';
import type { MadePack } from '../../support/builders/sterile-supply.ts';
import { centres, nurseOf, openScene, releasedPacks } from '../../support/builders/supply-round-day.ts';
import { eventsWithoutSkipping } from '../../support/oracles/history-events.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const clock = (minutes: number): string => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** Days ahead to the next Monday at least thirty days from now. */
function daysToMonday(): number {
  const today = localDateOf(Date.now());
  return Array.from({ length: 7 }, (_, index) => 30 + index).find((days) => weekdayOf(addDays(today, days)) === 1) as number;
}

describe('a day of thirteen stops', { timeout: 300_000 }, () => {
  test('goes from plan to closed round: each centre gives a set and gets one back, and every slip closes', async () => {
    const scene = await openScene(service, 'thirteen', daysToMonday());
    const { supply, rounds } = scene;
    const plan = await supply.post('dispatcher', '/v1/round-plans', {
      on: supply.D,
      vehicleIds: ['vehicle-1'],
      departAt: supply.at(0, '08:30'),
    });
    expect(plan.unplaced).toEqual([]);
    expect(plan.rounds).toHaveLength(1);
    const [planned] = plan.rounds;
    expect(planned.stops).toHaveLength(13);
    expect(planned.minutes).toBeGreaterThanOrEqual(plan.lowerBoundMinutes);

    const type = await supply.createSetType('set');
    const packs = await releasedPacks(scene, type, 13);
    const ground = { ...(await rounds.createGround('day')), vehicle: { id: 'vehicle-1', code: 'vehicle-1' } };
    const visits = [];
    for (const { institutionId, arriveAt } of planned.stops) {
      const arrive = new Date(Date.parse(arriveAt) + 8 * 3_600_000).toISOString().slice(11, 16);
      visits.push({
        institutionId,
        arrive,
        packs: [],
        collect: [{ set: await supply.createUsedSet(`used-${institutionId}`, type, institutionId), type }],
      });
    }
    const round = await rounds.confirmRound(ground, visits);
    await rounds.takeAllocated(round, packs);
    expect(round.visits.map((visit) => visit.packs.length)).toEqual(Array(13).fill(1));
    await rounds.loadAndDepart(round);
    for (const visit of round.visits) expect(await rounds.visitStop(round, visit)).toMatchObject({ status: 'left' });
    const lastLeft = planned.stops.at(-1).arriveAt;
    const closed = await rounds.returnCountAndClose(round, clock(Math.round((Date.parse(lastLeft) / 60_000 + 480 + 45) % 1_440)));
    expect(closed).toMatchObject({ status: 'closed', totals: { loaded: 13, delivered: 13, returned: 0, aboard: 0 } });
    for (const visit of round.visits) {
      const slip = await supply.get(visit.nurse, `/v1/slips/${visit.slipId}`);
      expect(slip).toMatchObject({ status: 'closed' });
      for (const { outcome, direction, count } of slip.lines)
        expect(direction === 'deliver' ? outcome : count).toEqual(
          direction === 'deliver' ? 'delivered' : expect.objectContaining({ received: 1, missing: 0, extra: 0 }),
        );
      expect((await eventsWithoutSkipping(service.client, `exchange-slip/${visit.slipId}`)).length).toBeLessThanOrEqual(60);
    }
    expect((await eventsWithoutSkipping(service.client, `supply-round/${round.id}`)).length).toBeLessThanOrEqual(400);
  });
});

describe('two vehicles on one day', { timeout: 300_000 }, () => {
  test('each keeps its own account; a pack of one round does not ride with the other, and a box goes on only when it is clean', async () => {
    const scene = await openScene(service, 'two');
    const { supply, rounds } = scene;
    const { at, post, get, refusal } = supply;
    const type = await supply.createSetType('set');
    const packs = await releasedPacks(scene, type, 4);
    const [one, two] = [await rounds.createGround('one'), await rounds.createGround('two')];
    const visit = async (institutionId: string, arrive: string) => ({
      institutionId,
      arrive,
      packs: [],
      collect: [{ set: await supply.createUsedSet(`used-${institutionId}`, type, institutionId), type }],
    });
    const morning = await rounds.confirmRound(one, [await visit('inst-c14', '09:00'), await visit('inst-c15', '09:30')], 0, '08:30');
    const afternoon = await rounds.confirmRound(two, [await visit('inst-c16', '14:00'), await visit('inst-c17', '14:30')], 0, '13:30');
    await rounds.takeAllocated(morning, packs);
    await rounds.takeAllocated(afternoon, packs);
    const pack = morning.visits[0]?.packs[0] as MadePack;
    const answer = await refusal('technician', `/v1/rounds/${afternoon.id}/consignments`, {
      stopId: afternoon.visits[0]?.stopId,
      boxId: two.sterileBox.id,
      sealNumber: supply.nextSeal(),
      packIds: [pack.id],
      happenedAt: at(0, '08:00'),
    });
    expect(answer).toMatchObject({ status: 409, code: 'pack-not-dispensable' });
    expect(answer.packs[0].reasons.map(({ code }: { code: string }) => code)).toEqual(['held-elsewhere']);

    await rounds.loadAndDepart(morning, '08:30');
    for (const visited of morning.visits) await rounds.visitStop(morning, visited);
    await supply.returnAndHandOver(morning.id, at(0, '11:00'));

    // The afternoon's second stop rides in a box of the morning, which nobody has cleaned yet.
    const [first, second] = afternoon.visits;
    await supply.consign(afternoon.id, first?.stopId as string, two.sterileBox, first?.packs ?? [], at(0, '13:00'));
    await supply.consign(afternoon.id, second?.stopId as string, one.sterileBox, second?.packs ?? [], at(0, '13:05'));
    await post('technician', `/v1/rounds/${afternoon.id}/complete-loading`, { happenedAt: at(0, '13:10') });
    expect(await refusal('driver', `/v1/rounds/${afternoon.id}/depart`, { happenedAt: at(0, '13:30') })).toMatchObject({
      status: 409,
      code: 'not-cleaned',
    });
    await supply.clean('boxes', one.sterileBox, at(0, '13:20'));
    await post('driver', `/v1/rounds/${afternoon.id}/depart`, { happenedAt: at(0, '13:30') });
    for (const visited of afternoon.visits) await rounds.visitStop(afternoon, visited);
    for (const visited of morning.visits) await rounds.countVisit(visited, at(0, '12:00'));
    await rounds.cleanAll(one, at(0, '15:30'));
    expect(await post('dispatcher', `/v1/rounds/${morning.id}/close`)).toMatchObject({ status: 'closed' });
    expect(await rounds.returnCountAndClose(afternoon, '15:40')).toMatchObject({ status: 'closed' });
    for (const { id } of [morning, afternoon])
      expect(await get('dispatcher', `/v1/rounds/${id}`)).toMatchObject({ totals: { loaded: 2, delivered: 2, returned: 0, aboard: 0 } });
    expect((await get('dispatcher', `/v1/rounds?on=${supply.D}`)).items.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining([morning.id, afternoon.id]),
    );
  });
});

describe('the vehicle breaks down at the sixth stop', { timeout: 300_000 }, () => {
  test('while the phone is offline: what was scanned counts, the rest rides on in another vehicle, and a broken seal is not sterile', async () => {
    const scene = await openScene(service, 'breakdown', -1);
    const { supply, rounds } = scene;
    const { at, post, get } = supply;
    const type = await supply.createSetType('set');
    const packs = await releasedPacks(scene, type, 8);
    const ground = await rounds.createGround('first');
    const visits = centres(8, 18).map((institutionId, index) => ({
      institutionId,
      arrive: clock(9 * 60 + index * 20),
      packs: [packs[index] as MadePack],
    }));
    const round = await rounds.confirmRound(ground, visits);
    await rounds.loadAndDepart(round);
    for (const visited of round.visits.slice(0, 5)) await rounds.visitStop(round, visited);

    const sixth = round.visits[5] as (typeof round.visits)[number];
    const device = await post('courier', '/v1/devices', { name: '3 号手机' });
    await post('driver', `/v1/rounds/${round.id}/break-down`, { note: '发动机故障', happenedAt: at(0, '10:55') });
    const other = await supply.createVehicle('second-vehicle');
    const aboard = (await get('technician', `/v1/rounds/${round.id}`)).consignments.filter(({ stopId }: { stopId: string }) =>
      round.visits.slice(6).some((visited) => visited.stopId === stopId),
    );
    expect(aboard).toHaveLength(2);

    const stepOf = (step: string, minutes: number, more: object = {}) => ({
      type: step,
      at: at(0, clock(10 * 60 + 40 + minutes)),
      stopId: sixth.stopId,
      ...more,
    });
    const packIds = sixth.packs.map(({ id }) => id);
    const scans = [
      stepOf('arrived', 0),
      stepOf('soiled-stowed', 1, { consignments: [] }),
      stepOf('gloves-off', 2),
      stepOf('hand-hygiene', 3),
      stepOf('sterile-handed', 4, { packIds }),
      stepOf('checked', 5, { accepted: packIds, rejected: [] }),
      stepOf('signed', 6, { signatures: supply.signaturesOf(sixth.nurse) }),
      stepOf('left', 7),
    ].map((scan, index) => ({ seq: index + 1, ...scan }));
    const sent = await post('courier', '/v1/scans', { deviceId: device.id, sentAt: new Date().toISOString(), scans });
    expect(sent.missing).toEqual([]);
    for (const { result } of sent.results) expect(['applied', 'noted']).toContain(result);
    expect(await get('courier', `/v1/stops/${sixth.stopId}`)).toMatchObject({ status: 'left' });

    const everythingAboard = (await get('technician', `/v1/rounds/${round.id}`)).consignments.filter(({ id }: { id: string }) =>
      aboard.some((consignment: { id: string }) => consignment.id === id),
    );
    const [whole, broken] = everythingAboard;
    await post('dispatcher', `/v1/rounds/${round.id}/transfer`, {
      vehicleId: other.id,
      consignments: [
        { consignmentId: whole.id, sealNumber: whole.sealNumber, intact: true },
        { consignmentId: broken.id, sealNumber: broken.sealNumber, intact: false },
      ],
      happenedAt: at(0, '11:30'),
    });
    const after = await get('dispatcher', `/v1/rounds/${round.id}`);
    expect(after.legs.map(({ vehicleId }: { vehicleId: string }) => vehicleId)).toEqual([ground.vehicle.id, other.id]);
    const compromised = packs.find(({ id }) => broken.packIds.includes(id)) as MadePack;
    expect(await get('technician', `/v1/packs/${compromised.id}`)).toMatchObject({ status: 'rejected', rejectReason: 'compromised' });

    for (const visited of round.visits.slice(6)) {
      const good = visited.packs.filter(({ id }) => id !== compromised.id);
      await supply.visit(visited.stopId, visited.nurse, at(0, visited.arrive === '11:00' ? '11:50' : '12:10'), { sterile: good });
    }
    await supply.returnAndHandOver(round.id, at(0, '13:00'));
    const returned = await get('dispatcher', `/v1/rounds/${round.id}`);
    expect(returned.totals).toEqual({ loaded: 8, delivered: 7, returned: expect.any(Number), aboard: expect.any(Number) });
    expect(returned.totals.loaded).toBe(returned.totals.delivered + returned.totals.returned + returned.totals.aboard);
  });
});

describe('a centre is closed while cotton on its shelf runs out before the next visit', { timeout: 300_000 }, () => {
  test('its slip waits for the next round, its packs go back to the store, and the shelf says what expires before then', async () => {
    const scene = await openScene(service, 'closed', daysToMonday());
    const { supply, rounds } = scene;
    const { at, on, post, get } = supply;
    const cotton = await supply.createSetType('cotton', { packaging: 'cotton' });
    const pouch = await supply.createSetType('pouch');
    const ground = await rounds.createGround('g');
    const centre = 'inst-c24';
    // Visited on Tuesdays and Fridays: what expires on Thursday does not see another visit after Monday's extra stop.
    const [old] = (await releasedPacks(scene, cotton, 1, -11)) as [MadePack];
    await rounds.driveRound(ground, [{ institutionId: centre, arrive: '10:00', packs: [old] }], -10);
    expect(await get('nurse-c24', `/v1/packs/${old.id}`)).toMatchObject({ status: 'at-centre', expiresOn: on(3) });

    const [fresh] = (await releasedPacks(scene, pouch, 1)) as [MadePack];
    const round = await rounds.confirmRound(ground, [
      {
        institutionId: centre,
        arrive: '10:00',
        packs: [],
        collect: [{ set: await supply.createUsedSet('used', pouch, centre), type: pouch }],
      },
    ]);
    await rounds.takeAllocated(round, [fresh]);
    const [visit] = round.visits as [(typeof round.visits)[number]];
    expect(visit.packs).toEqual([fresh]);
    await rounds.loadAndDepart(round);
    await supply.step(visit.stopId, { step: 'arrived' }, at(0, '10:00'));
    expect(await post('courier', `/v1/stops/${visit.stopId}/fail`, { reason: 'closed', happenedAt: at(0, '10:10') })).toMatchObject({
      status: 'failed',
      failReason: 'closed',
    });
    expect(await get(visit.nurse, `/v1/slips/${visit.slipId}`)).toMatchObject({ status: 'submitted', roundId: null });
    await supply.returnAndHandOver(round.id, at(0, '11:00'));
    await post('checker', `/v1/packs/${fresh.id}/restock`, { intact: true, happenedAt: at(0, '11:30') });
    expect(await get('technician', `/v1/packs/${fresh.id}`)).toMatchObject({ status: 'released', allocation: null });
    await rounds.cleanAll(ground, at(0, '12:00'));
    expect(await post('dispatcher', `/v1/rounds/${round.id}/close`)).toMatchObject({
      status: 'closed',
      totals: { loaded: 1, delivered: 0, returned: 1, aboard: 0 },
    });

    await post('sysadmin', '/v1/demo/sweeps', { name: 'expiry', at: at(1, '06:00') });
    const { items } = await get('nurse-c24', '/v1/supply-alerts?institutionId=inst-c24');
    expect(items.filter(({ subject }: { subject: { id: string } }) => subject.id === old.id)).not.toEqual([]);
    // The slip rides with the next round.
    const next = await rounds.confirmRound(ground, [{ institutionId: centre, arrive: '10:00', packs: [] }], 4);
    expect(await get(visit.nurse, `/v1/slips/${visit.slipId}`)).toMatchObject({ status: 'frozen', roundId: next.id });
  });
});

describe('a set is lost for three rounds and found', { timeout: 300_000 }, () => {
  test('each round has its own discrepancy, and the day on which another centre sends the set resolves them all', async () => {
    const scene = await openScene(service, 'lost');
    const { supply, rounds } = scene;
    const { at, post, get, refusal } = supply;
    const type = await supply.createSetType('set');
    const centre = 'inst-c26';
    const lost = await supply.createUsedSet('lost', type, centre);
    const ground = await rounds.createGround('g');
    const discrepancyIds: string[] = [];
    for (const days of [0, 1, 2]) {
      const round = await rounds.confirmRound(
        ground,
        [{ institutionId: centre, arrive: '09:00', packs: [], collect: [{ set: lost, type }] }],
        days,
      );
      await rounds.loadAndDepart(round);
      const [visit] = round.visits as [(typeof round.visits)[number]];
      await rounds.visitStop(round, visit);
      await supply.returnAndHandOver(round.id, at(days, '10:00'));
      const slip = await post('technician', `/v1/slips/${visit.slipId}/count`, {
        lines: [{ lineId: visit.collectLineId, received: 0 }],
        happenedAt: at(days, '11:00'),
      });
      expect(slip).toMatchObject({ status: 'disputed' });
      const line = slip.lines.find(({ id }: { id: string }) => id === visit.collectLineId);
      expect(line).toMatchObject({ declared: 1, count: { received: 0, missing: 1, extra: 0 }, suspect: 'centre' });
      discrepancyIds.push(...line.discrepancyIds);
      await rounds.cleanAll(ground, at(days, '11:30'));
      await post('dispatcher', `/v1/rounds/${round.id}/close`);
    }
    expect(new Set(discrepancyIds).size).toBe(3);
    await post('technician', `/v1/set-instances/${lost.id}/report-missing`, { reason: '三次未找到', happenedAt: at(2, '15:00') });
    expect(await get('headnurse', `/v1/set-instances/${lost.id}`)).toMatchObject({ status: 'missing' });

    const neighbour = 'inst-c27';
    const own = await supply.createUsedSet('own', type, neighbour);
    const round = await rounds.confirmRound(
      ground,
      [{ institutionId: neighbour, arrive: '09:00', packs: [], collect: [{ set: own, type }] }],
      3,
    );
    await rounds.loadAndDepart(round);
    const [visit] = round.visits as [(typeof round.visits)[number]];
    await rounds.visitStop(round, visit);
    await supply.returnAndHandOver(round.id, at(3, '10:00'));
    const slip = await post('technician', `/v1/slips/${visit.slipId}/count`, {
      lines: [{ lineId: visit.collectLineId, received: 2, setInstanceIds: [own.id, lost.id] }],
      happenedAt: at(3, '11:00'),
    });
    expect(slip.lines.find(({ id }: { id: string }) => id === visit.collectLineId)).toMatchObject({
      count: { received: 2, missing: 0, extra: 1 },
    });
    expect(await get('headnurse', `/v1/set-instances/${lost.id}`)).toMatchObject({
      status: 'in-decon',
      custody: { holder: { type: 'cssd', id: 'inst-cssd' } },
    });
    for (const id of discrepancyIds) {
      expect(await get('headnurse', `/v1/discrepancies/${id}`)).toMatchObject({ status: 'resolved', resolution: 'found' });
      await post('headnurse', `/v1/discrepancies/${id}/close`);
    }
    expect((await refusal('headnurse', `/v1/discrepancies/${discrepancyIds[0]}/close`)).status).toBe(409);
    expect(nurseOf(centre)).toBe('nurse-c26');
  });
});

describe('a forceps is missing at the count', { timeout: 300_000 }, () => {
  test('somebody clears it up, another closes it, and until the set is complete nobody packs it', async () => {
    const scene = await openScene(service, 'forceps');
    const { supply, rounds } = scene;
    const { at, post, get, refusal } = supply;
    const type = await supply.createSetType('set');
    const set = await supply.createUsedSet('used', type, 'inst-c30');
    const ground = await rounds.createGround('g');
    const round = await rounds.confirmRound(ground, [{ institutionId: 'inst-c30', arrive: '09:00', packs: [], collect: [{ set, type }] }]);
    await rounds.loadAndDepart(round);
    const [visit] = round.visits as [(typeof round.visits)[number]];
    await rounds.visitStop(round, visit);
    await supply.returnAndHandOver(round.id, at(0, '10:00'));
    const missingItems = [{ itemCode: 'forceps', quantity: 1 }];
    const slip = await post('technician', `/v1/slips/${visit.slipId}/count`, {
      lines: [
        { lineId: visit.collectLineId, received: 1, setInstanceIds: [set.id], incomplete: [{ setInstanceId: set.id, missingItems }] },
      ],
      happenedAt: at(0, '11:00'),
    });
    expect(slip).toMatchObject({ status: 'disputed' });
    const [id] = slip.lines.find((line: { id: string }) => line.id === visit.collectLineId).discrepancyIds;
    const path = `/v1/discrepancies/${id}`;
    await post('headnurse', `${path}/acknowledge`);
    await post('headnurse', `${path}/investigate`, { note: '致电中心，垃圾桶内已找到' });
    await post('headnurse', `${path}/resolve`, { resolution: 'found', note: '中心次日送回' });
    expect(await refusal('headnurse', `${path}/close`)).toMatchObject({ status: 409, code: 'same-person' });
    expect(await post('headnurse2', `${path}/close`)).toMatchObject({ status: 'closed' });
    await expect.poll(async () => (await get(visit.nurse, `/v1/slips/${visit.slipId}`)).status, { timeout: 10_000 }).toBe('closed');

    const begin = at(0, '12:00');
    await post('technician', '/v1/wash-batches', {
      washerId: 'washer-1',
      startedAt: begin,
      endedAt: at(0, '12:50'),
      temperatureC: 93,
      seconds: 150,
      setInstanceIds: [set.id],
    });
    await post('technician', '/v1/inspections', {
      items: [{ setInstanceId: set.id, result: 'incomplete', missingItems }],
      happenedAt: at(0, '13:00'),
    });
    expect(await get('technician', `/v1/set-instances/${set.id}`)).toMatchObject({ status: 'incomplete-hold' });
    expect(await refusal('technician', '/v1/packs', { setInstanceId: set.id, happenedAt: at(0, '13:05') })).toMatchObject({ status: 409 });
    await post('technician', `/v1/set-instances/${set.id}/complete`, { reason: '镊子已送回', happenedAt: at(1, '08:00') });
    expect(await post('technician', '/v1/packs', { setInstanceId: set.id, happenedAt: at(1, '08:10') })).toMatchObject({
      status: 'assembled',
    });
  });
});
