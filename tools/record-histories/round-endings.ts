/** Every way in which a round, a slip or a discrepancy can end, with what may happen on the way, by the name of its recording. */
import type { Ending, RecordedService } from './service.ts';
import { createSupplyCourse, type Resource, type SupplyCourse } from './supply.ts';
import { completeTask, note, nurseOf, once, reason } from './supply-steps.ts';

interface Ground {
  course: SupplyCourse;
  type: Resource;
  packs: Resource[];
  vehicle: Resource;
  sterile: Resource;
  soiled: Resource;
}

/** Packs in the store, and a vehicle with a box for each lane. */
async function prepareRound(service: RecordedService, prefix: string, count: number): Promise<Ground> {
  const course = createSupplyCourse(service, prefix);
  const type = await course.addSetType('type');
  const packs = count === 0 ? [] : await course.makePacks(type.id, count, course.at(-2, '08:00'), 'set');
  if (count > 0) await course.sterilise(await course.addSteriliser('steriliser'), packs, course.at(-1, '08:00'));
  return {
    course,
    type,
    packs,
    vehicle: await course.addVehicle('vehicle'),
    sterile: await course.addBox('sterile', 'sterile'),
    soiled: await course.addBox('soiled', 'soiled'),
  };
}

const stopAt = ({ stops }: Resource, centre: string): string => stops.find(({ institutionId }) => institutionId === centre)?.id ?? '';

/** The centre confirms in its own session what was signed on paper. */
const confirmSignature = (service: RecordedService, round: Resource, centre: string): Promise<void> =>
  completeTask(service, nurseOf(centre), `${round.id}.confirm-signature-${stopAt(round, centre)}`, note);

/** A centre that was not served is served by the next round. */
async function serve(service: RecordedService, { course, vehicle }: Ground, centres: readonly string[], days: number): Promise<void> {
  const round = await course.planRound(vehicle, { days, centres });
  await course.confirm(round);
  await course.loadAndDepart(round, days, []);
  for (const [n, centre] of centres.entries())
    await course.visitStop(stopAt(round, centre), nurseOf(centre), course.after(course.at(days, '09:00'), 60 * n), { packs: [] });
  await service.waitUntilFactsAreDecided();
}

const closeRound = ({ id }: Resource, service: RecordedService) => service.post('dispatcher', `/v1/rounds/${id}/close`);

/** Two centres: of one a set is missing at the count. Everything is late, and everything is closed in the end. */
const playDay = once(async (service) => {
  const ground = await prepareRound(service, 'day', 2);
  const { course, type, packs, vehicle, sterile, soiled } = ground;
  const used = [];
  for (const [n, centre] of ['inst-c02', 'inst-c03', 'inst-c03'].entries()) used.push(await course.addSet(`used-${n}`, type.id, centre));
  const slips = [
    await course.submitSlip('nurse-c02', type.id, { collect: used.slice(0, 1), deliver: 1 }),
    await course.submitSlip('nurse-c03', type.id, { collect: used.slice(1), deliver: 1 }),
  ] as const;
  const centres = ['inst-c02', 'inst-c03'];
  const round = await course.planRound(vehicle, { centres });
  await course.confirm(round);
  const allocated = await course.packsFor(packs, centres);
  const consignments = centres.map((centre) => ({ stopId: stopAt(round, centre), box: sterile, packs: allocated.get(centre) ?? [] }));
  await course.loadAndDepart(round, 0, consignments);
  await service.waitUntilFactsAreDecided();
  await service.fastForward(round.id, 'P8D'); // both stops and the return are late
  for (const [n, centre] of centres.entries())
    await course.visitStop(stopAt(round, centre), nurseOf(centre), course.after(course.at(0, '09:00'), 60 * n), {
      soiledBox: soiled,
      packs: allocated.get(centre) ?? [],
    });
  await service.waitUntilFactsAreDecided();
  await service.fastForward(slips[1].id, 'P8D'); // what is soiled dries on
  await course.returnAndHandOver(round, course.at(0, '12:00'));
  await course.countSlip(slips[0], 1, course.at(0, '13:00'), { setInstanceIds: [used[0]?.id] });
  const counted = await course.countSlip(slips[1], 1, course.at(0, '13:10'), { setInstanceIds: [used[1]?.id] });
  await course.clean([vehicle], [sterile, soiled], course.at(0, '14:00'));
  await closeRound(round, service);
  await service.waitUntilFactsAreDecided();
  for (const centre of centres) await confirmSignature(service, round, centre);
  const discrepancyId = counted.lines.flatMap(({ discrepancyIds }) => discrepancyIds)[0] ?? '';
  await service.waitUntilBegun(discrepancyId);
  await service.fastForward(discrepancyId, 'P8D'); // head, head nurse and office are told
  await settleDiscrepancy(service, discrepancyId, 'misdeclared');
  await service.waitUntilFactsAreDecided();
  return { round, slips, discrepancyId };
});

/** From its acknowledgement to its closing by another person. */
async function settleDiscrepancy(service: RecordedService, id: string, resolution: string): Promise<void> {
  const at = `/v1/discrepancies/${id}`;
  await service.post('headnurse', `${at}/acknowledge`);
  await service.post('headnurse', `${at}/investigate`, { note: '询问当班人员' });
  await service.post('headnurse', `${at}/resolve`, { resolution, ...note });
  await service.post('headnurse2', `${at}/close`);
}

/** Of two stops one is served, then the vehicle stands. */
async function breakDown(service: RecordedService, prefix: string, centres: readonly [string, string]) {
  const ground = await prepareRound(service, prefix, 0);
  const { course, vehicle } = ground;
  const round = await course.planRound(vehicle, { centres });
  await course.confirm(round);
  await course.loadAndDepart(round, 0, []);
  await course.visitStop(stopAt(round, centres[0]), nurseOf(centres[0]), course.at(0, '09:00'), { packs: [] });
  await service.post('driver', `/v1/rounds/${round.id}/break-down`, { note: '爆胎', happenedAt: course.at(0, '09:30') });
  return { ...ground, round };
}

/** It comes back, is closed, and the centre that it did not serve is served by another one. */
async function bringHome(
  service: RecordedService,
  ground: Ground & { round: Resource },
  { vehicles, unserved }: { vehicles: readonly Resource[]; unserved: string },
): Promise<void> {
  const { course, round } = ground;
  await course.returnAndHandOver(round, course.at(0, '12:00'));
  await course.clean(vehicles, [], course.at(0, '13:00'));
  await closeRound(round, service);
  await serve(service, ground, [unserved], 1);
}

export const roundEndings: Record<string, Ending> = {
  async 'round-late-and-closed'(service) {
    return (await playDay(service)).round.id;
  },

  async 'round-broken-down-and-transferred'(service) {
    const centres = ['inst-c04', 'inst-c05'] as const;
    const ground = await breakDown(service, 'transferred', centres);
    const { course, round } = ground;
    const other = await course.addVehicle('other');
    await course.clean([other], [], course.at(0, '08:00'));
    const transfer = { vehicleId: other.id, consignments: [], happenedAt: course.at(0, '09:50') };
    await service.post('courier', `/v1/rounds/${round.id}/transfer`, transfer);
    const failed = { reason: 'no-time', happenedAt: course.at(0, '11:30') };
    await service.post('dispatcher', `/v1/stops/${stopAt(round, centres[1])}/fail`, failed);
    await bringHome(service, ground, { vehicles: [ground.vehicle, other], unserved: centres[1] });
    await confirmSignature(service, round, centres[0]);
    return round.id;
  },

  async 'round-broken-down-and-aborted'(service) {
    const centres = ['inst-c06', 'inst-c07'] as const;
    const ground = await breakDown(service, 'given-up', centres);
    const { course, round } = ground;
    await service.post('dispatcher', `/v1/rounds/${round.id}/abort`, { ...reason, happenedAt: course.at(0, '09:40') });
    await bringHome(service, ground, { vehicles: [ground.vehicle], unserved: centres[1] });
    await service.fastForward(round.id, 'P9D'); // nobody confirms the signature in time
    await confirmSignature(service, round, centres[0]);
    return round.id;
  },

  async 'round-cancelled'(service) {
    return (await cancelRound(service)).round.id;
  },

  async 'round-cancelled-while-planned'(service) {
    const { course, vehicle } = await prepareRound(service, 'planned', 0);
    const { id } = await course.planRound(vehicle, { centres: ['inst-c10'] });
    await service.post('dispatcher', `/v1/rounds/${id}/cancel`, reason);
    return id;
  },
};

/** Confirmed by its cut-off; one stop comes to it and one goes to another round; then it is cancelled, and its centres wait for the next one. */
const cancelRound = once(async (service) => {
  const ground = await prepareRound(service, 'cancelled', 1);
  const { course, type, vehicle } = ground;
  const slip = await course.submitSlip('nurse-c08', type.id, { collect: [], deliver: 1 });
  const round = await course.planRound(vehicle, { centres: ['inst-c08', 'inst-c09'] });
  await service.waitUntilBegun(slip.id);
  await service.fastForward(round.id, 'P6DT12H'); // the cut-off confirms it
  const at = `/v1/rounds/${round.id}`;
  await service.post('dispatcher', `${at}/add-stop`, { institutionId: 'inst-c11', arriveAt: course.at(0, '11:00'), ...reason });
  const other = await course.planRound(await course.addVehicle('other'), { centres: ['inst-c12'] });
  await service.post('dispatcher', `${at}/move-stop`, { stopId: stopAt(round, 'inst-c09'), toRoundId: other.id, ...reason });
  await service.waitUntilFactsAreDecided();
  await service.post('dispatcher', `${at}/cancel`, reason);
  await service.waitUntilFactsAreDecided();
  await service.post('nurse-c08', `/v1/slips/${slip.id}/cancel`, reason);
  await serve(service, ground, ['inst-c08', 'inst-c11'], 1);
  return { round, slip };
});

export const slipEndings: Record<string, Ending> = {
  async 'slip-counted-and-closed'(service) {
    return (await playDay(service)).slips[0].id;
  },

  async 'slip-disputed-and-closed'(service) {
    return (await playDay(service)).slips[1].id;
  },

  async 'slip-amended-and-cancelled'(service) {
    const course = createSupplyCourse(service, 'amended');
    const type = await course.addSetType('type');
    const { id } = await course.submitSlip('nurse-c13', type.id, { collect: [], deliver: 1 });
    await service.post('nurse-c13', `/v1/slips/${id}/amend`, { lines: [{ direction: 'deliver', setTypeId: type.id, quantity: 2 }] });
    await service.post('nurse-c13', `/v1/slips/${id}/cancel`, reason);
    return id;
  },

  async 'slip-of-cancelled-round-cancelled'(service) {
    return (await cancelRound(service)).slip.id;
  },
};

export const discrepancyEndings: Record<string, Ending> = {
  async 'discrepancy-late-and-closed'(service) {
    return (await playDay(service)).discrepancyId;
  },

  /** What was written off turns up: its discrepancy is reopened and resolved by that. */
  async 'discrepancy-written-off-and-found'(service) {
    const course = createSupplyCourse(service, 'found');
    const type = await course.addSetType('type');
    const set = await course.addSet('lost', type.id, 'inst-c14');
    const subject = { type: 'set-instance', id: set.id };
    const { id } = await service.post('nurse-c14', '/v1/discrepancies', { kind: 'custody-gap', subject, ...note });
    await settleDiscrepancy(service, id, 'written-off');
    const device = await service.post('technician', '/v1/devices', { name: 'phone' });
    const now = new Date().toISOString();
    const scans = [{ seq: 1, type: 'seen', at: now, code: set.code }];
    await service.post('technician', '/v1/scans', { deviceId: device.id, sentAt: now, scans });
    await service.waitUntilFactsAreDecided();
    await service.post('headnurse', `/v1/discrepancies/${id}/close`);
    return id;
  },
};
