/** Every physical act of sterile supply, with few things or with many: days that are walked for what their acts cost. */
import { sql } from 'kysely';
import type { Answer } from '../service/service.ts';
import { biological, chemical, createLoadsGround, goodCycle, makeSteriliser, passBowieDick, readyPacks, shanghaiTime } from './loads.ts';
import type { Named } from './sterile-supply.ts';
import type { RoundGround } from './supply-round.ts';
import { insertSets, moveThings, newCode } from './supply-things.ts';

/** Posts an act that must succeed and gives its body. `variant` tells several acts of one operation apart. */
export type PostAct = (account: string, path: string, body?: Record<string, unknown>, variant?: string) => Promise<Answer['body']>;

export interface Walk {
  ground: RoundGround;
  act: PostAct;
  /** How many things each act is done with, where it takes several: two at least. */
  many: number;
  /** Centres that no other walk of the same database has used: the first of ten. */
  firstCentre: number;
}

const longAgo = new Date('2026-01-01T00:00:00Z');
export const idsOf = (things: readonly Named[]): string[] => things.map(({ id }) => id);

export async function walkEveryAct(walk: Walk): Promise<void> {
  await walkCatalogue(walk);
  await walkFloor(walk);
  await walkLoads(walk);
  await walkRounds(walk);
  await walkShelf(walk);
}

export const centreOf = ({ firstCentre }: Walk, n: number): string => `inst-c${String(firstCentre + n).padStart(2, '0')}`;
export const nurseOf = (institutionId: string): string => institutionId.replace('inst-', 'nurse-');

async function walkCatalogue({ act, ground }: Walk): Promise<void> {
  const code = newCode('cost');
  await act('headnurse', '/v1/set-types', {
    code,
    name: { zh: '器械包', en: 'Set' },
    countSheet: [{ itemCode: 'forceps', name: { zh: '镊子', en: 'Forceps' }, quantity: 2 }],
    packaging: 'pouch',
    programs: ['steam-134'],
    surgical: false,
    implant: false,
    lowUse: false,
    volumeLitres: 2,
  });
  const set = await act('headnurse', '/v1/set-instances', { setTypeId: code, code, ownership: 'pool' });
  await act('technician', `/v1/set-instances/${set.id}/report-missing`);
  await act('headnurse', `/v1/set-instances/${set.id}/retire`);
  const vehicle = await act('headnurse', '/v1/vehicles', { code, sterileLitres: 100, soiledLitres: 100 });
  await act('courier', `/v1/vehicles/${vehicle.id}/clean`, { method: 'wiped' });
  const box = await act('headnurse', '/v1/boxes', { code, lane: 'sterile', capacityLitres: 50, vehicleId: vehicle.id });
  await act('courier', `/v1/boxes/${box.id}/clean`, { method: 'wiped' });
  await act('headnurse', '/v1/washers', { code });
  const steriliser = await act('headnurse', '/v1/sterilisers', { code, kind: 'prevacuum', qualifiedAt: ground.at(-30, '08:00') });
  const at = `/v1/sterilisers/${steriliser.id}`;
  await act('headnurse', `${at}/take-out`, { reason: 'door' });
  await act('headnurse', `${at}/begin-requalification`, { cause: 'door' });
  await ground.service.db.updateTable('steriliser').set({ requalification_passed: 3 }).where('id', '=', steriliser.id).execute();
  await act('headnurse', `${at}/return-to-service`);
  await act('headnurse', `${at}/retire`);
}

async function walkFloor({ act, ground, many }: Walk): Promise<void> {
  const { db } = ground.service;
  const type = await ground.newType();
  const inDecon = (count: number) => insertSets(db, type, count, { status: 'in-decon', status_since: longAgo });
  const sets = await inDecon(many + 3);
  await moveThings(db, 'set-instance', sets, { type: 'cssd', id: 'inst-cssd' }, longAgo);
  const [incomplete = '', signedOff = '', damaged = '', ...good] = sets;
  const washed = { startedAt: ground.at(-1, '08:00'), endedAt: ground.at(-1, '08:40'), temperatureC: 93, seconds: 150 };
  await act('technician', '/v1/wash-batches', { washerId: 'washer-1', ...washed, setInstanceIds: sets });
  const lacks = { result: 'incomplete', missingItems: [{ itemCode: 'forceps', quantity: 1 }] };
  await act('technician', '/v1/inspections', {
    items: [
      { setInstanceId: incomplete, ...lacks },
      { setInstanceId: signedOff, ...lacks },
      { setInstanceId: damaged, result: 'damaged' },
      ...good.map((setInstanceId) => ({ setInstanceId, result: 'pass' })),
    ],
    happenedAt: ground.at(-1, '09:00'),
  });
  const later = { happenedAt: ground.at(-1, '09:10') };
  await act('technician', `/v1/set-instances/${incomplete}/complete`, later);
  await act('headnurse', `/v1/set-instances/${signedOff}/sign-off-incomplete`, later);
  await act('technician', `/v1/set-instances/${damaged}/repaired`, later);
  const pack = await act('technician', '/v1/packs', { setInstanceId: good[0], ...later });
  await act('checker', `/v1/packs/${pack.id}/check`, later);
  await act('technician', `/v1/packs/${pack.id}/compromise`, { reason: 'torn', ...later });
  await act('technician', `/v1/packs/${pack.id}/break-out`, later);
}

/** Loads of one steriliser, one after the other. */
async function walkLoads({ act, ground, many }: Walk): Promise<void> {
  const { service } = ground;
  const loads = createLoadsGround(service);
  const steriliserId = await makeSteriliser(loads);
  const tested = { startedAt: shanghaiTime(1, '07:30'), endedAt: shanghaiTime(1, '07:45'), result: 'pass' };
  await act('technician', '/v1/bowie-dick-tests', { steriliserId, ...tested });
  const at = (time: string) => ({ happenedAt: shanghaiTime(1, time) });
  const plan = async (packIds: string[], indicators: unknown[]): Promise<Answer['body']> =>
    act('technician', '/v1/loads', { steriliserId, program: 'steam-134', packIds, indicators });
  const run = async (load: Answer['body'], start: string, end: string): Promise<void> => {
    await act('technician', `/v1/loads/${load.id}/start`, at(start));
    await act('technician', `/v1/loads/${load.id}/end`, { ...goodCycle, ...at(end) });
  };
  const unload = (load: Answer['body'], packIds: string[], time: string, wet = false) =>
    act('technician', `/v1/loads/${load.id}/unload`, { packs: packIds.map((packId) => ({ packId, outerCi: 'pass', wet })), ...at(time) });
  const indicatorOf = async (load: Answer['body'], kind: string): Promise<string> =>
    (await ground.get('releaser', `/v1/load-indicators?loadId=${load.id}&kind=${kind}`)).items[0].id;
  const reading = { control: { lot: 'L1', growth: true } };

  // A good load, whose indicator is read wrongly at first.
  const [taken = '', ...packIds] = await readyPacks(loads, many + 1, { labelled: 1 });
  const good = await plan([taken, ...packIds], [biological(60), chemical()]);
  await act('technician', `/v1/loads/${good.id}/packs`, { remove: [taken], add: [] });
  await act('technician', `/v1/loads/${good.id}/labels`, { format: 'zpl', reason: 'smudged', ...at('07:50') });
  await run(good, '08:00', '08:40');
  await act('releaser', `/v1/load-indicators/${await indicatorOf(good, 'pcd-ci')}/read`, { result: 'pass', ...at('08:45') }, 'ci');
  await unload(good, packIds, '09:15');
  await act('releaser', `/v1/loads/${good.id}/release`, at('09:20'));
  const bi = await indicatorOf(good, 'bi');
  await act('releaser', `/v1/load-indicators/${bi}/incubate`, at('09:30'));
  await act('releaser', `/v1/load-indicators/${bi}/read`, { growth: false, ...reading, ...at('10:30') }, 'passed');
  await act('headnurse', `/v1/load-indicators/${bi}/correct`, {
    growth: false,
    control: { lot: 'other', growth: true },
    reason: 'typo',
    ...at('10:40'),
  });
  await act('technician', `/v1/packs/${taken}/labels`, { format: 'zpl', reason: 'smudged' });

  const aborted = await plan(await readyPacks(loads, many, { labelled: 1 }), [biological(60)]);
  await act('technician', `/v1/loads/${aborted.id}/start`, at('11:00'));
  await act('technician', `/v1/loads/${aborted.id}/abort`, { reason: 'power cut', ...at('11:10') });

  const wetIds = await readyPacks(loads, many + 1, { labelled: 1 });
  const wet = await plan(wetIds, [biological(60)]);
  await run(wet, '12:00', '12:40');
  await unload(wet, wetIds, '13:15', true);
  await act('headnurse', `/v1/loads/${wet.id}/review`, { note: 'steam too wet' });
  await act('releaser', `/v1/loads/${wet.id}/reject`, { reason: 'wet', ...at('13:30') });

  const implants = await readyPacks(loads, many, { labelled: 1, implant: true });
  const early = await plan(implants, [biological(60), chemical(5)]);
  await run(early, '14:00', '14:40');
  await act('releaser', `/v1/load-indicators/${await indicatorOf(early, 'pcd-ci')}/read`, { result: 'pass', ...at('14:45') }, 'ci');
  await unload(early, implants, '15:15');
  await act('releaser', `/v1/loads/${early.id}/release`, at('15:20'));
  const form = { packIds: implants, forInstitutionId: 'inst-c01', clinician: 'Dr Li', reason: 'fracture' };
  await act('headnurse', `/v1/loads/${early.id}/emergency-release`, { ...form, ...at('15:30') });

  await walkFailure(loads, { act, ground, steriliserId, early, implants, indicatorId: await indicatorOf(early, 'bi') });
}

/** The indicator of the last load grows: its packs lie in the department, at a centre, on a round, and are used. */
async function walkFailure(
  loads: ReturnType<typeof createLoadsGround>,
  {
    act,
    ground,
    steriliserId,
    early,
    implants,
    indicatorId,
  }: Pick<Walk, 'act' | 'ground'> & { steriliserId: string; early: Answer['body']; implants: string[]; indicatorId: string },
): Promise<void> {
  const { db } = ground.service;
  const at = (time: string) => ({ happenedAt: shanghaiTime(1, time) });
  const away = implants.slice(0, Math.ceil(implants.length / 2));
  await moveThings(db, 'pack', away, { type: 'centre', id: 'inst-c01' }, new Date(at('15:40').happenedAt));
  await act('headnurse', '/v1/recalls', { loadId: early.id, reason: 'doubt', drill: true }, 'drill');
  await loads.must('releaser', `/v1/load-indicators/${indicatorId}/incubate`, at('15:45'));
  await act('releaser', `/v1/load-indicators/${indicatorId}/read`, { growth: true, ...at('17:00') }, 'failed');
  await act('headnurse', '/v1/recalls', { steriliserId, reason: 'noise' }, 'of a steriliser');
  const other = await makeSteriliser(loads);
  await passBowieDick(loads, other, 1);
  const packIds = await readyPacks(loads, implants.length, { labelled: 1 });
  const load = await loads.must('technician', '/v1/loads', {
    steriliserId: other,
    program: 'steam-134',
    packIds,
    indicators: [biological(60)],
  });
  await loads.must('technician', `/v1/loads/${load.id}/start`, at('08:00'));
  await act('headnurse', '/v1/recalls', { loadId: load.id, reason: 'doubt' }, 'of a load');
}

export interface Course {
  id: string;
  stops: string[];
  vehicle: Named;
  sterile: Named;
  soiled: Named;
  type: string;
  packsFor(institutionId: string): Promise<string[]>;
}

/** A confirmed round: each centre gives so many sets and gets so many packs; a centre that is named as special gives as many more of a special pathogen. */
export async function confirmRound(
  { ground, many }: Walk,
  centres: readonly string[],
  type: string,
  { special }: { special?: string } = {},
): Promise<Course> {
  const collect = async (institutionId: string) => ({
    direction: 'collect' as const,
    setTypeId: type,
    quantity: many,
    setInstanceIds: await ground.usedSets(type, institutionId, many),
  });
  for (const institutionId of centres)
    await ground.submitSlip(institutionId, [
      await collect(institutionId),
      { direction: 'deliver', setTypeId: type, quantity: many },
      ...(institutionId === special ? [{ ...(await collect(institutionId)), special: 'prion' as const }] : []),
    ]);
  const vehicle = await ground.addVehicle({ sterile_litres: 1_000 });
  const round = await ground.planRound(
    vehicle,
    centres.map((institutionId, n) => ({ institutionId, arrive: `${String(9 + n).padStart(2, '0')}:00` })),
  );
  await ground.post('dispatcher', `/v1/rounds/${round.id}/confirm`);
  const { db } = ground.service;
  return {
    id: round.id,
    stops: idsOf(round.stops),
    vehicle,
    sterile: await ground.addBox('sterile', { capacity_litres: 1_000 }),
    soiled: await ground.addBox('soiled'),
    type,
    packsFor: async (institutionId) =>
      idsOf(
        await db
          .selectFrom('pack')
          .select(['id', 'code'])
          .where('set_type_id', '=', type)
          .where('allocated_institution_id', '=', institutionId)
          .where('status', '=', 'allocated')
          .execute(),
      ),
  };
}

async function walkRounds(walk: Walk): Promise<void> {
  const { act, ground, many } = walk;
  const [first = '', second = '', added = '', moved = '', other = ''] = [0, 1, 2, 3, 4].map((n) => centreOf(walk, n));
  const type = await ground.newType();
  await ground.storePacks(type, many);
  const at = (time: string) => ({ happenedAt: ground.at(0, time) });
  const course = await confirmRound(walk, [first, second], type);
  const round = `/v1/rounds/${course.id}`;
  await ground.storePacks(type, 3 * many);
  await act('dispatcher', `${round}/allocate`);
  const deliver = { direction: 'deliver', setTypeId: type, quantity: many } as const;
  await ground.submitSlip(added, [deliver]);
  const withAdded = await act('dispatcher', `${round}/add-stop`, {
    institutionId: added,
    arriveAt: ground.at(0, '11:00'),
    reason: 'asked',
  });
  await act('dispatcher', `${round}/voice-codes`, { stopId: course.stops[0], reason: 'no network' });
  const consign = (stopId: string, packIds: string[], box = course.sterile) =>
    act('technician', `${round}/consignments`, { stopId, boxId: box.id, sealNumber: ground.nextSeal(), packIds, ...at('08:10') });
  const given = await course.packsFor(first);
  await consign(course.stops[0] ?? '', given);
  const lost = await course.packsFor(second);
  const consigned = await consign(course.stops[1] ?? '', lost);
  await act('technician', `${round}/take-off`, { packIds: lost, reason: 'wrong box', ...at('08:12') });
  await consign(course.stops[1] ?? '', lost);

  await walkMovedStop(walk, [moved, other], type);

  await act('technician', `${round}/complete-loading`, at('08:30'));
  await act('driver', `${round}/depart`, at('08:40'));
  await walkStop(walk, course, { institutionId: first, packIds: given });
  const addedStop = withAdded.stops.find((stop: { institutionId: string }) => stop.institutionId === added);
  await act('courier', `/v1/stops/${addedStop.id}/fail`, { reason: 'closed', ...at('11:05') });
  await act('driver', `${round}/break-down`, { note: 'tyre', ...at('11:10') });
  const { consignments } = await ground.get('technician', round);
  const seen = (broken: boolean) =>
    consignments.map(({ id, sealNumber, lane }: { id: string; sealNumber: string; lane: string }) => ({
      consignmentId: id,
      sealNumber,
      intact: !(broken && lane === 'soiled'),
    }));
  const spare = await ground.addVehicle({ sterile_litres: 1_000 });
  await act('courier', `${round}/transfer`, { vehicleId: spare.id, consignments: seen(true), ...at('11:30') });
  await ground.post('courier', `/v1/stops/${course.stops[1]}/fail`, { reason: 'no-time', ...at('11:40') });
  await act('driver', `${round}/return`, at('12:00'));
  await act('technician', `${round}/hand-over`, {
    consignments: seen(false).filter((_: unknown, n: number) => consignments[n].lane === 'soiled'),
    ...at('12:10'),
  });
  await act('checker', `/v1/packs/${lost[0]}/restock`, { intact: true, ...at('12:20') });
  await walkCount(walk, first);
  if (consigned.consignments.length === 0) throw new Error('A consignment was made.');
}

/** The steps of a stop, everything of it with many things; then what the centre does with what it got. */
async function walkStop(
  walk: Walk,
  course: Course,
  { institutionId, packIds }: { institutionId: string; packIds: string[] },
): Promise<void> {
  const { act, ground } = walk;
  const nurse = nurseOf(institutionId);
  const { db } = ground.service;
  const lying = await ground.storePacks(course.type, walk.many, { status: 'at-centre' });
  await moveThings(db, 'pack', idsOf(lying), { type: 'centre', id: institutionId }, new Date('2026-02-01T00:00:00Z'));
  let minute = 0;
  const step = (name: string, body: Record<string, unknown> = {}, account = 'courier') => {
    minute += 1;
    const happenedAt = ground.at(0, `09:${String(minute).padStart(2, '0')}`);
    return act(account, `/v1/stops/${course.stops[0]}/steps`, { step: name, ...body, happenedAt }, name);
  };
  await step('arrived');
  await step('soiled-stowed', { consignments: [{ ...ground.soiledConsignment(course.soiled), packIds: idsOf(lying) }] });
  await step('gloves-off');
  await step('hand-hygiene');
  await step('sterile-handed', { packIds });
  const [rejected = '', ...accepted] = packIds;
  await step('checked', { accepted, rejected: [{ packId: rejected, reason: 'damaged' }] }, nurse);
  await step('signed', { signatures: ground.signaturesOf(nurse) });
  await step('left');
  const later = { happenedAt: ground.at(0, '10:00') };
  const [used = ''] = accepted;
  await act(nurse, `/v1/packs/${used}/open`, { innerCi: 'fail', patientReference: 'p-1', ...later });
  const [kept = ''] = idsOf(await ground.storePacks(course.type, 1, { status: 'at-centre' }));
  await moveThings(db, 'pack', [kept], { type: 'centre', id: institutionId }, new Date('2026-02-01T00:00:00Z'));
  await act(nurse, `/v1/packs/${kept}/return-unopened`, { reason: 'too many', ...later });
}

/** A stop whose packs are loaded goes to another round that is confirmed; that one breaks down and is aborted. */
async function walkMovedStop(walk: Walk, [institutionId, other]: [string, string], type: string): Promise<void> {
  const { act, ground, many } = walk;
  await ground.storePacks(type, many);
  const from = await confirmRound(walk, [institutionId], type);
  const to = await confirmRound(walk, [other], type);
  const at = (time: string) => ({ happenedAt: ground.at(0, time) });
  const body = {
    stopId: from.stops[0],
    boxId: from.sterile.id,
    sealNumber: ground.nextSeal(),
    packIds: await from.packsFor(institutionId),
  };
  await ground.post('technician', `/v1/rounds/${from.id}/consignments`, { ...body, ...at('08:10') });
  await act('dispatcher', `/v1/rounds/${from.id}/move-stop`, { stopId: from.stops[0], toRoundId: to.id, reason: 'full' });
  await ground.post('technician', `/v1/rounds/${to.id}/complete-loading`, at('08:30'));
  await ground.post('driver', `/v1/rounds/${to.id}/depart`, at('08:40'));
  await ground.post('driver', `/v1/rounds/${to.id}/break-down`, { note: 'tyre', ...at('08:50') });
  await act('dispatcher', `/v1/rounds/${to.id}/abort`, { reason: 'no vehicle', ...at('09:00') });
}

/** One set less than declared; the others by their codes. */
async function walkCount({ act, ground }: Walk, institutionId: string): Promise<void> {
  const { db } = ground.service;
  const slip = await db
    .selectFrom('exchange_slip')
    .select('id')
    .where('institution_id', '=', institutionId)
    .where('picked_up_at', 'is not', null)
    .executeTakeFirstOrThrow();
  const line = await db
    .selectFrom('slip_line')
    .select(['id', 'set_instance_ids as sets'])
    .where('slip_id', '=', slip.id)
    .where('direction', '=', 'collect')
    .executeTakeFirstOrThrow();
  const came = line.sets.slice(1);
  const lines = [{ lineId: line.id, received: came.length, setInstanceIds: came }];
  await act('technician', `/v1/slips/${slip.id}/count`, { lines, happenedAt: ground.at(0, '13:00') });
}

async function walkShelf(walk: Walk): Promise<void> {
  const { act, ground, many } = walk;
  const { db } = ground.service;
  const institutionId = centreOf(walk, 0);
  const type = await ground.newType({ packaging: 'pouch' });
  const lying = idsOf(await ground.storePacks(type, many, { status: 'at-centre', sterilised_on: ground.on(-30) }));
  await moveThings(db, 'pack', lying, { type: 'centre', id: institutionId }, new Date('2026-02-01T00:00:00Z'));
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const readings = Array.from({ length: many + 1 }, (_, n) => ({
    measuredAt: minutesAgo(20 * (n + 1)),
    temperatureC: 30,
    humidityPercent: 60,
  }));
  await act(nurseOf(institutionId), '/v1/climate-readings', { readings });
  const { rows } = await sql<{
    id: string;
  }>`select id from climate_breach where institution_id = ${institutionId} order by created_at desc limit 1`.execute(db);
  await act('headnurse', `/v1/climate-breaches/${rows[0]?.id}/review`, { accept: true, reason: 'short' });
}
