/** Acts of sterile supply at their worst, for what they cost: of packs that stand in an open recall, with everything wrong that can be wrong. */
import { sql } from 'kysely';
import { type Course, centreOf, confirmRound, idsOf, nurseOf, type Walk } from './every-act.ts';
import { moveThings } from './supply-things.ts';

const longAgo = new Date('2026-02-01T00:00:00Z');

/** Uses the second five of the walk's centres. It comes after `walkEveryAct`, whose first count has missed a set. */
export async function walkWorstActs(walk: Walk): Promise<void> {
  await walkMovedRecalled(walk);
  // One set is missing, one incomplete and one damaged: that takes three.
  await walkRecalledRound({ ...walk, many: walk.many + 1 });
}

/** A recall of the load that these packs of one load are from. A drill blocks nothing, so that its packs are handed over and opened all the same. */
async function recallPacks({ ground }: Walk, packIds: readonly string[], drill = false): Promise<void> {
  const { db } = ground.service;
  const { load_id: loadId } = await db
    .selectFrom('pack')
    .select('load_id')
    .where('id', '=', packIds[0] ?? '')
    .executeTakeFirstOrThrow();
  await ground.post('headnurse', '/v1/recalls', { loadId, reason: 'doubt', drill });
}

/** Packs of one load that lie at a centre. */
async function packsAt({ ground, many }: Walk, type: string, institutionId: string): Promise<string[]> {
  const ids = idsOf(await ground.storePacks(type, many, { status: 'at-centre' }));
  await moveThings(ground.service.db, 'pack', ids, { type: 'centre', id: institutionId }, longAgo);
  return ids;
}

/** A stop whose packs are loaded and in a recall goes to another round. */
async function walkMovedRecalled(walk: Walk): Promise<void> {
  const { act, ground, many } = walk;
  const [institutionId, other] = [centreOf(walk, 5), centreOf(walk, 6)];
  const type = await ground.newType();
  await ground.storePacks(type, many);
  const from = await confirmRound(walk, [institutionId], type);
  await ground.storePacks(type, many);
  const to = await confirmRound(walk, [other], type);
  const packIds = await from.packsFor(institutionId);
  await consign(walk, from, 0, packIds);
  await recallPacks(walk, packIds);
  await act('dispatcher', `/v1/rounds/${from.id}/move-stop`, { stopId: from.stops[0], toRoundId: to.id, reason: 'full' }, 'in a recall');
}

const consign = ({ ground }: Walk, course: Course, stop: number, packIds: readonly string[]) =>
  ground.post('technician', `/v1/rounds/${course.id}/consignments`, {
    stopId: course.stops[stop],
    boxId: course.sterile.id,
    sealNumber: ground.nextSeal(),
    packIds,
    happenedAt: ground.at(0, '08:10'),
  });

/** A round of three centres: at the first everything is wrong, at the second something was stowed, to the third it never comes. */
async function walkRecalledRound(walk: Walk): Promise<void> {
  const { act, ground, many } = walk;
  const [first = '', second = '', third = ''] = [7, 8, 9].map((n) => centreOf(walk, n));
  const type = await ground.newType();
  await ground.storePacks(type, 2 * many);
  const course = await confirmRound(walk, [first, second, third], type, { special: first });
  const round = `/v1/rounds/${course.id}`;
  const at = (time: string) => ({ happenedAt: ground.at(0, time) });
  const packIds = await course.packsFor(first);
  const unserved = await course.packsFor(second);
  await consign(walk, course, 0, packIds);
  await consign(walk, course, 1, unserved);
  await recallPacks(walk, packIds, true);
  await act('technician', `${round}/take-off`, { packIds: unserved.slice(1), reason: 'wrong box', ...at('08:12') }, 'in a recall');
  await ground.post('technician', `${round}/complete-loading`, at('08:30'));
  await ground.post('driver', `${round}/depart`, at('08:40'));
  const returned = await walkWrongStop(walk, course, { institutionId: first, packIds, type });
  const soiled = await ground.addBox('soiled');
  await ground.post('courier', `/v1/stops/${course.stops[1]}/steps`, { step: 'arrived', ...at('10:00') });
  await ground.post('courier', `/v1/stops/${course.stops[1]}/steps`, {
    step: 'soiled-stowed',
    consignments: [ground.soiledConsignment(soiled)],
    ...at('10:05'),
  });
  await ground.post('driver', `${round}/break-down`, { note: 'tyre', ...at('10:10') });
  const spare = await ground.addVehicle({ sterile_litres: 1_000 });
  await act(
    'courier',
    `${round}/transfer`,
    { vehicleId: spare.id, consignments: (await wrongSeals(walk, course)).map(withoutLane), ...at('10:20') },
    'all seals wrong',
  );
  await ground.post('driver', `${round}/break-down`, { note: 'brakes', ...at('10:30') });
  await act('dispatcher', `${round}/abort`, { reason: 'no vehicle', ...at('11:00') }, 'after one stop was stowed');
  await ground.post('driver', `${round}/return`, at('12:00'));
  // The last is missing; what was sent back lies in the first.
  const consignments = (await wrongSeals(walk, course))
    .filter(({ lane }) => lane === 'soiled')
    .slice(0, -1)
    .map(withoutLane);
  await act('technician', `${round}/hand-over`, { consignments, ...at('12:10') }, 'seals wrong and absent, in a recall');
  await act('technician', `/v1/packs/${returned[0]}/break-out`, at('12:20'), 'in a recall');
  await walkWrongCount(walk, { institutionId: first, type });
}

interface SeenSeal {
  consignmentId: string;
  sealNumber: string;
  intact: boolean;
  lane: 'sterile' | 'soiled';
}

const withoutLane = ({ lane: _, ...seen }: SeenSeal) => seen;

/** Every consignment of the round, its seal broken. */
async function wrongSeals({ ground }: Walk, course: Course): Promise<SeenSeal[]> {
  const { consignments } = await ground.get('technician', `/v1/rounds/${course.id}`);
  return consignments.map(({ id, sealNumber, lane }: { id: string; sealNumber: string; lane: SeenSeal['lane'] }) => ({
    consignmentId: id,
    sealNumber,
    intact: false,
    lane,
  }));
}

/** What is handed over stands in a drill, what is sent back in a recall, and no seal is whole. Gives the packs that were sent back. */
async function walkWrongStop(
  walk: Walk,
  course: Course,
  { institutionId, packIds, type }: { institutionId: string; packIds: readonly string[]; type: string },
): Promise<string[]> {
  const { act, ground } = walk;
  const nurse = nurseOf(institutionId);
  const returned = await packsAt(walk, type, institutionId);
  await recallPacks(walk, returned);
  const special = await ground.addBox('soiled');
  let minute = 0;
  const step = (name: string, body: Record<string, unknown> = {}) => {
    minute += 1;
    const happenedAt = ground.at(0, `09:${String(minute).padStart(2, '0')}`);
    return act('courier', `/v1/stops/${course.stops[0]}/steps`, { step: name, ...body, happenedAt }, `${name}, in a recall`);
  };
  await step('arrived');
  await step('soiled-stowed', {
    consignments: [
      { ...ground.soiledConsignment(course.soiled, { intact: false }), packIds: returned },
      ground.soiledConsignment(special, { intact: false, special: 'prion' }),
    ],
  });
  await step('gloves-off');
  await step('hand-hygiene');
  await step('sterile-handed', { packIds });
  const [opened = '', ...others] = packIds;
  const rejected = others.map((packId) => ({ packId, reason: 'damaged' }));
  await step('checked', { accepted: [opened], rejected, checkedBy: `person-${nurse}` });
  await step('signed', { signatures: ground.signaturesOf(nurse) });
  await step('left');
  const opening = { innerCi: 'fail', patientReference: 'p-1', happenedAt: ground.at(0, '09:30') };
  await act(nurse, `/v1/packs/${opened}/open`, opening, 'in a recall');
  return returned;
}

/**
 * A set is missing, one is incomplete, one damaged, some are special, others nobody declared, of which one was missed in an earlier count, and packs of a
 * recall come back; then somebody else counts everything as it was declared.
 */
async function walkWrongCount(walk: Walk, { institutionId, type }: { institutionId: string; type: string }): Promise<void> {
  const { act, ground, many } = walk;
  const { db } = ground.service;
  const slip = await db
    .selectFrom('exchange_slip')
    .select('id')
    .where('institution_id', '=', institutionId)
    .where('picked_up_at', 'is not', null)
    .executeTakeFirstOrThrow();
  const lines = await db
    .selectFrom('slip_line')
    .select(['id', 'set_instance_ids as sets', 'special'])
    .where('slip_id', '=', slip.id)
    .where('direction', '=', 'collect')
    .orderBy('position')
    .execute();
  const packIds = await packsAt(walk, type, institutionId);
  await recallPacks(walk, packIds);
  const { rows: missed } = await sql<{ id: string; type: string }>`
    select set_instance.id, set_type_id as type
    from discrepancy, jsonb_array_elements_text(evidence -> 'missingSetInstanceIds') as missing
      join set_instance on set_instance.id = missing
    where kind = 'count' and institution_id = ${centreOf(walk, 0)}
    limit 1`.execute(db);
  const [found] = missed;
  if (!found) throw new Error('The first count of the walk has missed a set.');
  const undeclared = await ground.newType();
  const strangers = await ground.usedSets(undeclared, institutionId, many);
  const wrong = lines.map(({ id, sets, special }) => {
    if (special !== null) return { lineId: id, received: sets.length, setInstanceIds: sets };
    const came = sets.slice(1);
    return {
      lineId: id,
      received: came.length,
      setInstanceIds: came,
      damaged: 1,
      incomplete: [{ setInstanceId: came[0], missingItems: [{ itemCode: 'forceps', quantity: 1 }] }],
    };
  });
  const extras = [
    { setTypeId: undeclared, quantity: many, setInstanceIds: strangers },
    { setTypeId: found.type, quantity: 1, setInstanceIds: [found.id] },
  ];
  const count = `/v1/slips/${slip.id}/count`;
  await act('technician', count, { lines: wrong, extras, packIds, happenedAt: ground.at(0, '13:00') }, 'everything wrong');
  const right = lines.map(({ id, sets }) => ({ lineId: id, received: sets.length, setInstanceIds: sets }));
  await act('headnurse', count, { lines: right, reason: 'found in the machine', happenedAt: ground.at(0, '14:00') }, 'again');
}
