/** What is scanned at a stop, of a round of yesterday: recorded as it was, whatever order it comes in. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Named } from '../../support/builders/sterile-supply.ts';
import { createRoundGround, type RoundGround } from '../../support/builders/supply-round.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let ground: RoundGround;
beforeAll(async () => {
  service = await startService();
  ground = createRoundGround(service, { prefix: 'seen', daysAhead: -1 });
});
afterAll(() => service?.stop());

interface DepartedRound {
  id: string;
  stopId: string;
  soiled: Named;
}

/** A round that has left for one centre with these packs. */
async function departFor(institutionId: string, packs: readonly Named[]): Promise<DepartedRound> {
  const [sterile, soiled] = [await ground.addBox('sterile'), await ground.addBox('soiled')];
  const round = await ground.planRound(await ground.addVehicle(), [{ institutionId, arrive: '09:00' }]);
  const stopId = round.stops[0].id;
  await ground.post('dispatcher', `/v1/rounds/${round.id}/confirm`);
  if (packs.length > 0) await ground.consign(round.id, stopId, sterile, packs, ground.at(0, '08:10'));
  await ground.post('technician', `/v1/rounds/${round.id}/complete-loading`, { happenedAt: ground.at(0, '08:30') });
  await ground.post('driver', `/v1/rounds/${round.id}/depart`, { happenedAt: ground.at(0, '08:40') });
  return { id: round.id, stopId, soiled };
}

const newDevice = async (): Promise<string> => (await ground.post('courier', '/v1/devices', { name: '一号手机' })).id;

const send = async (deviceId: string, scans: ReadonlyArray<Record<string, unknown>>): Promise<string[]> => {
  const { results } = await ground.post('courier', '/v1/scans', { deviceId, sentAt: new Date().toISOString(), scans });
  return results.map(({ result }: { result: string }) => result);
};

const packOf = (id: string) => ground.get('technician', `/v1/packs/${id}`);

test('told later and happened earlier, a step does not become the last; packs move where they were handed', async () => {
  const type = await ground.newType();
  const [aboard, elsewhere] = await ground.storePacks(type, 2);
  if (!aboard || !elsewhere) throw new Error('The store has two packs.');
  const { id, stopId, soiled } = await departFor('inst-c02', [aboard]);
  const [device, other] = [await newDevice(), await newDevice()];

  await send(device, [{ seq: 1, type: 'sterile-handed', at: ground.at(0, '09:05'), stopId, packIds: [aboard.id, elsewhere.id] }]);
  for (const pack of [aboard, elsewhere])
    expect(await packOf(pack.id)).toMatchObject({ status: 'at-centre', custody: { holder: { type: 'centre', id: 'inst-c02' } } });
  await send(other, [{ seq: 1, type: 'arrived', at: ground.at(0, '09:00'), stopId }]);
  expect(await ground.get('courier', `/v1/stops/${stopId}`)).toMatchObject({
    status: 'sterile-handed',
    steps: [{ step: 'arrived' }, { step: 'sterile-handed' }],
  });

  // What nobody had ordered is taken back unopened, and what is damaged goes aboard again.
  const consignment = { sealNumber: ground.nextSeal(), boxId: soiled.id, intact: true, packIds: [elsewhere.id] };
  await send(device, [
    { seq: 2, type: 'soiled-stowed', at: ground.at(0, '09:10'), stopId, consignments: [consignment] },
    {
      seq: 3,
      type: 'checked',
      at: ground.at(0, '09:12'),
      stopId,
      accepted: [],
      rejected: [{ packId: aboard.id, reason: 'damaged' }],
    },
  ]);
  const onRound = { holder: { type: 'round', id } };
  expect(await packOf(elsewhere.id)).toMatchObject({ status: 'rejected', rejectReason: 'returned-unopened', custody: onRound });
  expect(await packOf(aboard.id)).toMatchObject({ status: 'rejected', rejectReason: 'rejected-at-delivery', custody: onRound });
});

test('a seal that two telephones have seen is one consignment; in a box of the sterile lane there is none, and that is a discrepancy', async () => {
  const { id, stopId, soiled } = await departFor('inst-c03', []);
  const sterile = await ground.addBox('sterile');
  const [device, other] = [await newDevice(), await newDevice()];
  const stowed = (seq: number, at: string, boxId: string, sealNumber: string) => ({
    seq,
    type: 'soiled-stowed',
    at: ground.at(0, at),
    stopId,
    consignments: [{ sealNumber, boxId, intact: true }],
  });
  const seal = ground.nextSeal();
  await send(device, [stowed(1, '09:10', soiled.id, seal)]);
  await send(other, [stowed(1, '09:11', soiled.id, seal)]);
  expect(await send(other, [stowed(2, '09:12', sterile.id, ground.nextSeal())])).toEqual(['discrepancy']);
  const { consignments } = await ground.get('courier', `/v1/rounds/${id}`);
  expect(consignments).toMatchObject([{ lane: 'soiled', sealNumber: seal, boxId: soiled.id }]);
});

test('a seal that the department had before its scan came is handed over with what lies in it', async () => {
  const [pack] = await ground.storePacks(await ground.newType(), 1);
  if (!pack) throw new Error('The store has a pack.');
  const { id, stopId, soiled } = await departFor('inst-c04', [pack]);
  await ground.post('driver', `/v1/rounds/${id}/return`, { happenedAt: ground.at(0, '10:00') });
  const sealNumber = ground.nextSeal();
  await ground.post('technician', `/v1/rounds/${id}/hand-over`, {
    consignments: [{ consignmentId: 'not-known-yet', sealNumber, intact: true }],
    happenedAt: ground.at(0, '10:10'),
  });
  const consignments = [{ sealNumber, boxId: soiled.id, intact: true, packIds: [pack.id] }];
  await send(await newDevice(), [
    { seq: 1, type: 'sterile-handed', at: ground.at(0, '09:01'), stopId, packIds: [pack.id] },
    { seq: 2, type: 'soiled-stowed', at: ground.at(0, '09:02'), stopId, consignments },
  ]);
  const row = await service.db.selectFrom('consignment').select('handed_over_at').where('seal_number', '=', sealNumber).executeTakeFirst();
  expect(row?.handed_over_at?.toISOString()).toBe(ground.at(0, '10:10'));
  expect(await packOf(pack.id)).toMatchObject({
    status: 'rejected',
    rejectReason: 'returned-unopened',
    custody: { holder: { type: 'cssd', id: 'inst-cssd' }, since: ground.at(0, '10:10') },
  });
});
