/** Physical acts of sterile supply with everything that has to be there before them, so that each can be done once, whoever dies meanwhile. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import {
  biological,
  createLoadsGround,
  makeSteriliser,
  minutesAfter,
  passBowieDick,
  planLoad,
  readyPacks,
  runLoad,
  shanghaiTime,
  unloadLoad,
} from '../builders/loads.ts';
import { createRoundGround } from '../builders/supply-round.ts';
import { nurseOf } from '../builders/supply-round-day.ts';
import { moveThings } from '../builders/supply-things.ts';
import type { SupplyCourse } from '../oracles/supply-footprint.ts';
import type { Answer } from '../service/service.ts';
import type { Question } from './callers.ts';
import type { KillableService } from './killable-service.ts';

export const supplyActNames = ['load-start', 'failed-indicator', 'sterile-handed', 'return', 'hand-over'] as const;
export type SupplyActName = (typeof supplyActNames)[number];

export interface PreparedAct {
  name: SupplyActName;
  /** Always with the same key. */
  question: Question & { key: string };
  course: SupplyCourse;
}

export const supplyAccounts = [
  ...['headnurse', 'technician', 'checker', 'releaser', 'dispatcher', 'courier', 'driver', 'infection'],
  ...['inst-c04', 'inst-c05', 'inst-c06', 'inst-c07', 'inst-c08'].map(nurseOf),
];

/** @param started gives the service, which starts only after the test file is loaded */
export function supplyActsOn(started: () => KillableService) {
  let courses = 0;

  /** Answers as the service in one process does, and asks until somebody has answered. */
  const answering = () => {
    const { callers, processes } = started();
    return {
      db: processes.db,
      client: processes.client,
      post: async (account: string, path: string, body: unknown): Promise<Answer> => {
        const { status, body: answer } = await callers.insist({ account, path, body });
        return { status, body: answer, headers: new Headers() };
      },
      get: async (account: string, path: string): Promise<Answer> => {
        const answer = await callers.get(account, path);
        expect(answer, path).toBeDefined();
        return answer as Answer;
      },
    };
  };

  const actOf = (name: SupplyActName, course: SupplyCourse, question: Omit<Question, 'key'>): PreparedAct => ({
    name,
    course,
    question: { ...question, key: randomUUID() },
  });

  // --- loads ------------------------------------------------------------------------------

  async function plannedLoad() {
    const ground = createLoadsGround(answering());
    const steriliserId = await makeSteriliser(ground);
    await passBowieDick(ground, steriliserId, 1);
    const packIds = await readyPacks(ground, 4, { labelled: 1 });
    return { ground, load: { steriliserId, packIds, indicators: [biological(60)] } };
  }

  const courseOfLoad = async (loadId: string, { steriliserId, packIds }: { steriliserId: string; packIds: string[] }) => {
    const { db } = answering();
    const packs = await db.selectFrom('pack').select(['id', 'set_instance_id']).where('id', 'in', packIds).execute();
    const indicators = await db.selectFrom('load_indicator').select('id').where('load_id', '=', loadId).execute();
    const things: [string, string][] = [
      [loadId, 'load'],
      [steriliserId, 'steriliser'],
      ...indicators.map(({ id }): [string, string] => [id, 'indicator']),
      ...packIds.flatMap((id, n): [string, string][] => [
        [id, `pack-${n + 1}`],
        [packs.find((pack) => pack.id === id)?.set_instance_id ?? '', `set-${n + 1}`],
      ]),
    ];
    return { things: new Map(things), loadIds: [loadId], roundIds: [] };
  };

  async function prepareLoadStart(): Promise<PreparedAct> {
    const { ground, load } = await plannedLoad();
    const { id } = await planLoad(ground, load);
    return actOf('load-start', await courseOfLoad(id, load), {
      account: 'technician',
      path: `/v1/loads/${id}/start`,
      body: { happenedAt: shanghaiTime(1, '08:00') },
    });
  }

  /** A released load: of its packs one lies at each of two centres, one was used, one is in the store. Its indicator is about to be read. */
  async function prepareFailedIndicator(): Promise<PreparedAct> {
    const { ground, load } = await plannedLoad();
    const { db } = answering();
    const ended = await runLoad(ground, load, { days: 1, time: '08:00' });
    await unloadLoad(ground, ended);
    await ground.must('releaser', `/v1/loads/${ended.id}/release`, { happenedAt: minutesAfter(ended.endedAt, 40) });
    const course = await courseOfLoad(ended.id, load);
    const indicatorId = [...course.things].find(([, label]) => label === 'indicator')?.[0] ?? '';
    const incubating = await ground.must('releaser', `/v1/load-indicators/${indicatorId}/incubate`, {
      happenedAt: minutesAfter(ended.endedAt, 50),
    });
    const broughtAt = new Date(minutesAfter(ended.endedAt, 60));
    const [first = '', second = '', used = ''] = load.packIds;
    for (const [packId, centre] of [
      [first, 'inst-c07'],
      [second, 'inst-c08'],
      [used, 'inst-c07'],
    ] as const) {
      await moveThings(db, 'pack', [packId], { type: 'centre', id: centre }, broughtAt);
      await db.updateTable('pack').set({ status: 'at-centre', status_since: broughtAt }).where('id', '=', packId).execute();
    }
    await ground.must('nurse-c07', `/v1/packs/${used}/open`, { innerCi: 'pass', happenedAt: minutesAfter(ended.endedAt, 70) });
    return actOf('failed-indicator', course, {
      account: 'releaser',
      path: `/v1/load-indicators/${indicatorId}/read`,
      body: { growth: true, control: { lot: 'L1', growth: true }, happenedAt: incubating.dueAt },
    });
  }

  // --- rounds -----------------------------------------------------------------------------

  /** A round that has come so far at its one stop: hands are clean, and two packs are to be handed over. */
  async function arrivedRound(institutionId: string) {
    courses += 1;
    const ground = createRoundGround(answering(), { prefix: `kill${courses}` });
    const nurse = nurseOf(institutionId);
    const type = await ground.newType();
    const packs = await ground.storePacks(type, 2);
    const sets = await ground.usedSets(type, institutionId, 2);
    const vehicle = await ground.addVehicle();
    const [sterile, soiled, otherSoiled] = [await ground.addBox('sterile'), await ground.addBox('soiled'), await ground.addBox('soiled')];
    const round = await ground.planRound(vehicle, [{ institutionId, arrive: '09:00' }]);
    const [stop] = round.stops;
    const slip = await ground.post(nurse, '/v1/slips', {
      roundId: round.id,
      lines: [
        { direction: 'collect', setTypeId: type, quantity: 2, setInstanceIds: sets },
        { direction: 'deliver', setTypeId: type, quantity: 2 },
      ],
    });
    await ground.post('dispatcher', `/v1/rounds/${round.id}/confirm`);
    await ground.consign(round.id, stop.id, sterile, packs, ground.at(0, '08:10'));
    await ground.post('technician', `/v1/rounds/${round.id}/complete-loading`, { happenedAt: ground.at(0, '08:30') });
    await ground.post('driver', `/v1/rounds/${round.id}/depart`, { happenedAt: ground.at(0, '08:40') });
    await ground.step(stop.id, { step: 'arrived' }, ground.at(0, '09:00'));
    const consignments = [ground.soiledConsignment(soiled), ground.soiledConsignment(otherSoiled)];
    await ground.step(stop.id, { step: 'soiled-stowed', consignments }, ground.at(0, '09:02'));
    await ground.step(stop.id, { step: 'gloves-off' }, ground.at(0, '09:03'));
    await ground.step(stop.id, { step: 'hand-hygiene' }, ground.at(0, '09:04'));
    const things: [string, string][] = [
      [round.id, 'round'],
      [stop.id, 'stop'],
      [slip.id, 'slip'],
      [institutionId, 'centre'],
      [type, 'type'],
      [vehicle.id, 'vehicle'],
      [sterile.id, 'sterile-box'],
      [soiled.id, 'soiled-box-1'],
      [otherSoiled.id, 'soiled-box-2'],
      ...consignments.map(({ sealNumber }, n): [string, string] => [sealNumber, `seal-${n + 1}`]),
      ...packs.map(({ id }, n): [string, string] => [id, `pack-${n + 1}`]),
      ...sets.map((id, n): [string, string] => [id, `set-${n + 1}`]),
    ];
    const course: SupplyCourse = { things: new Map(things), loadIds: [], roundIds: [round.id] };
    const packIds = packs.map(({ id }) => id);
    return { ground, course, roundId: round.id as string, stopId: stop.id as string, nurse, packIds, consignments };
  }

  async function prepareSterileHanded(): Promise<PreparedAct> {
    const { ground, course, stopId, packIds } = await arrivedRound('inst-c04');
    return actOf('sterile-handed', course, {
      account: 'courier',
      path: `/v1/stops/${stopId}/steps`,
      body: { step: 'sterile-handed', packIds, happenedAt: ground.at(0, '09:05') },
    });
  }

  async function servedRound(institutionId: string) {
    const arrived = await arrivedRound(institutionId);
    const { ground, stopId, nurse, packIds } = arrived;
    await ground.step(stopId, { step: 'sterile-handed', packIds }, ground.at(0, '09:05'));
    await ground.step(stopId, { step: 'checked', accepted: packIds, rejected: [] }, ground.at(0, '09:07'), nurse);
    await ground.step(stopId, { step: 'signed', signatures: ground.signaturesOf(nurse) }, ground.at(0, '09:08'));
    await ground.step(stopId, { step: 'left' }, ground.at(0, '09:09'));
    return arrived;
  }

  async function prepareReturn(): Promise<PreparedAct> {
    const { ground, course, roundId } = await servedRound('inst-c05');
    return actOf('return', course, {
      account: 'driver',
      path: `/v1/rounds/${roundId}/return`,
      body: { happenedAt: ground.at(0, '11:00') },
    });
  }

  /** One of the two soiled consignments is missing: a discrepancy begins in the act. */
  async function prepareHandOver(): Promise<PreparedAct> {
    const { ground, course, roundId, consignments } = await servedRound('inst-c06');
    await ground.post('driver', `/v1/rounds/${roundId}/return`, { happenedAt: ground.at(0, '11:00') });
    const listed = (await ground.get('technician', `/v1/rounds/${roundId}`)).consignments;
    const sealNumber = consignments[0]?.sealNumber;
    const { id } = listed.find((one: { sealNumber: string }) => one.sealNumber === sealNumber);
    return actOf('hand-over', course, {
      account: 'technician',
      path: `/v1/rounds/${roundId}/hand-over`,
      body: { consignments: [{ consignmentId: id, sealNumber, intact: true }], happenedAt: ground.at(0, '11:10') },
    });
  }

  const preparations: Record<SupplyActName, () => Promise<PreparedAct>> = {
    'load-start': prepareLoadStart,
    'failed-indicator': prepareFailedIndicator,
    'sterile-handed': prepareSterileHanded,
    return: prepareReturn,
    'hand-over': prepareHandOver,
  };

  return {
    /** One of each, in the order of the names, ready to be done. */
    prepareActs: (names: readonly SupplyActName[] = supplyActNames): Promise<PreparedAct[]> =>
      Promise.all(names.map((name) => preparations[name]())),
  };
}
