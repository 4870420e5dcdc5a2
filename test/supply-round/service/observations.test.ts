/** Steps that were scanned: recorded as they were, never refused, with what was wrong about them. And plans, which write nothing. */
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTransaction } from '../../../db/kit/transaction.ts';
import { recordStep } from '../../../db/supply-round/record-step.ts';
import type { StepBody, StepFindings } from '../../../db/supply-round/step-bodies.ts';
import { createRoundGround, type RoundGround } from '../../support/builders/supply-round.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let ground: RoundGround;
beforeAll(async () => {
  service = await startService();
  ground = createRoundGround(service, { prefix: 'seen' });
});
afterAll(() => service?.stop());

/** As whoever records scans does it. */
function scan(stopId: string, body: StepBody, at: string): Promise<StepFindings> {
  const actor = { personId: 'person-courier', institutionId: 'inst-cssd', role: 'courier' };
  const happenedAt = new Date(at);
  return inTransaction(service.db, { system: true, part: 'operator' }, (trx) =>
    recordStep({ trx, actor, happenedAt, recordedAt: happenedAt, late: false, requestId: uuid(), scanId: uuid() }, stopId, body),
  );
}

test('a scan out of order is recorded, moves what it moves, and says what was wrong', async () => {
  const type = await ground.newType();
  const [aboard, elsewhere, own] = [
    ...(await ground.storePacks(type, 2)),
    ...(await ground.storePacks(type, 1, { owner_institution_id: 'inst-c09' })),
  ];
  if (!aboard || !elsewhere || !own) throw new Error('The store has three packs.');
  const [sterile, soiled] = [await ground.addBox('sterile'), await ground.addBox('soiled')];
  const round = await ground.planRound(await ground.addVehicle(), [{ institutionId: 'inst-c02', arrive: '09:00' }]);
  const stopId = round.stops[0].id;
  await ground.post('dispatcher', `/v1/rounds/${round.id}/confirm`);
  await ground.consign(round.id, stopId, sterile, [aboard], ground.at(0, '08:10'));
  await ground.post('technician', `/v1/rounds/${round.id}/complete-loading`, { happenedAt: ground.at(0, '08:30') });
  await ground.post('driver', `/v1/rounds/${round.id}/depart`, { happenedAt: ground.at(0, '08:40') });

  const packIds = [aboard.id, elsewhere.id, own.id];
  const handed = await scan(stopId, { step: 'sterile-handed', packIds }, ground.at(0, '09:05'));
  expect(handed).toMatchObject({
    inOrder: false,
    notAboard: [elsewhere.id, own.id].sort(),
    notDispensable: [{ packId: own.id, reasons: [{ code: 'wrong-owner' }] }],
  });
  for (const id of packIds)
    expect(await ground.get('technician', `/v1/packs/${id}`)).toMatchObject({
      status: 'at-centre',
      custody: { holder: { type: 'centre', id: 'inst-c02' } },
    });
  // Told later, happened earlier: the stop still shows what was last.
  await scan(stopId, { step: 'arrived' }, ground.at(0, '09:00'));
  expect(await ground.get('courier', `/v1/stops/${stopId}`)).toMatchObject({
    status: 'sterile-handed',
    steps: [{ step: 'arrived' }, { step: 'sterile-handed' }],
  });
  const consignment = { sealNumber: ground.nextSeal(), boxId: soiled.id, intact: true, packIds: [elsewhere.id] };
  await scan(
    stopId,
    {
      step: 'soiled-stowed',
      consignments: [consignment, { ...consignment, packIds: [], sealNumber: ground.nextSeal(), boxId: sterile.id }],
    },
    ground.at(0, '09:10'),
  );
  // The same seal once more, as another phone has seen it.
  await scan(stopId, { step: 'soiled-stowed', consignments: [{ ...consignment, packIds: [] }] }, ground.at(0, '09:11'));
  expect(await ground.get('technician', `/v1/packs/${elsewhere.id}`)).toMatchObject({
    status: 'rejected',
    rejectReason: 'returned-unopened',
    custody: { holder: { type: 'round', id: round.id } },
  });
  const { consignments } = await ground.get('courier', `/v1/rounds/${round.id}`);
  expect(consignments.filter(({ lane }: { lane: string }) => lane === 'soiled')).toHaveLength(1);
  expect(
    await scan(
      stopId,
      { step: 'checked', accepted: [aboard.id], rejected: [{ packId: own.id, reason: 'wrong-item' }] },
      ground.at(0, '09:12'),
    ),
  ).toMatchObject({ inOrder: false });
  expect(await scan(stopId, { step: 'signed', signatures: [] }, ground.at(0, '09:13'))).toMatchObject({ signatureMissing: true });
  expect(await scan(stopId, { step: 'left' }, ground.at(0, '09:14'))).toMatchObject({ inOrder: false });
  expect(await ground.get('technician', `/v1/packs/${own.id}`)).toMatchObject({ status: 'rejected', rejectReason: 'rejected-at-delivery' });
});

test('an older scan changes what was, not what is', async () => {
  const type = await ground.newType();
  const [pack] = await ground.storePacks(type, 1);
  if (!pack) throw new Error('The store has a pack.');
  const round = await ground.planRound(await ground.addVehicle(), [{ institutionId: 'inst-c03', arrive: '09:00' }]);
  await service.db
    .updateTable('pack')
    .set({ status_since: new Date(ground.at(0, '12:00')) })
    .where('id', '=', pack.id)
    .execute();
  await scan(round.stops[0].id, { step: 'sterile-handed', packIds: [pack.id] }, ground.at(0, '09:05'));
  expect(await ground.get('technician', `/v1/packs/${pack.id}`)).toMatchObject({ status: 'released' });
});

test('a seal that the department had before its scan came is handed over with it', async () => {
  const soiled = await ground.addBox('soiled');
  const round = await ground.planRound(await ground.addVehicle(), [{ institutionId: 'inst-c04', arrive: '09:00' }]);
  const at = `/v1/rounds/${round.id}`;
  await ground.post('dispatcher', `${at}/confirm`);
  await ground.post('technician', `${at}/complete-loading`, { happenedAt: ground.at(0, '08:30') });
  await ground.post('driver', `${at}/depart`, { happenedAt: ground.at(0, '08:40') });
  await ground.post('driver', `${at}/return`, { happenedAt: ground.at(0, '10:00') });
  const sealNumber = ground.nextSeal();
  await ground.post('technician', `${at}/hand-over`, {
    consignments: [{ consignmentId: 'not-known-yet', sealNumber, intact: true }],
    happenedAt: ground.at(0, '10:10'),
  });
  await scan(
    round.stops[0].id,
    { step: 'soiled-stowed', consignments: [{ sealNumber, boxId: soiled.id, intact: true }] },
    ground.at(0, '09:02'),
  );
  const row = await service.db.selectFrom('consignment').select('handed_over_at').where('seal_number', '=', sealNumber).executeTakeFirst();
  expect(row?.handed_over_at?.toISOString()).toBe(ground.at(0, '10:10'));
});

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
