/** A day of sterile supply over the API: things, loads, rounds and stops, each act told with the instant at which it happened. */
import { expect } from 'vitest';
import { addDays, type LocalDate, localDateOf } from '../../../domain/time/local-date.ts';
import type { Answer, Service } from '../service/service.ts';

export interface Named {
  id: string;
  code: string;
}

export interface MadePack extends Named {
  setInstanceId: string;
  setTypeId: string;
}

export interface NewSet {
  /** The set's code. */
  code: string;
  type: Named;
  ownerInstitutionId?: string;
}

export interface StopPlan {
  institutionId: string;
  /** `09:00` on the day of the round. */
  arrive: string;
}

/** What the machine printed of a good cycle of 134 °C. */
const goodCycle = { exposureSeconds: 252, minTemperatureC: 134.2, maxTemperatureC: 135.6, minPressureKpa: 205, maxPressureKpa: 222 };

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Whoever answers as the service does: the service itself, or callers who insist on the answers of killed processes. */
export type Answering = Pick<Service, 'get' | 'post'>;

/** Days are counted from D, the day of the round. `prefix` keeps the codes of one course apart from those of another. */
export function createSupply<Answerer extends Answering>(
  service: Answerer,
  { prefix, daysAhead = 8 }: { prefix: string; daysAhead?: number },
) {
  const D = localDateOf(Date.now() + daysAhead * DAY_MS);
  let seal = 0;

  const on = (days: number): LocalDate => addDays(D, days);
  /** An instant of local time: `at(-1, '16:00')` is the afternoon before D. */
  const at = (days: number, time: string): string => new Date(`${on(days)}T${time}:00+08:00`).toISOString();
  const minutesAfter = (instant: string, minutes: number): string => new Date(Date.parse(instant) + minutes * MINUTE_MS).toISOString();

  /** Posts what must be done, and gives the resource. */
  async function post(account: string, path: string, body: unknown = {}): Promise<Answer['body']> {
    const answer = await service.post(account, path, body);
    expect([200, 201], `${account} POST ${path}: ${JSON.stringify(answer.body)}`).toContain(answer.status);
    return answer.body;
  }

  async function get(account: string, path: string): Promise<Answer['body']> {
    const answer = await service.get(account, path);
    expect(answer.status, `${account} GET ${path}: ${JSON.stringify(answer.body)}`).toBe(200);
    return answer.body;
  }

  /** Posts what must be refused, and gives the code of the refusal. */
  async function refusal(account: string, path: string, body: unknown = {}): Promise<Answer['body']> {
    const answer = await service.post(account, path, body);
    expect(answer.status, `${account} POST ${path}: ${JSON.stringify(answer.body)}`).toBeGreaterThanOrEqual(400);
    return answer.body;
  }

  /** The reasons against a pack, by their codes; none: it may be dispensed. */
  async function reasonsAgainst(pack: Named, forInstitutionId?: string, instant?: string): Promise<string[]> {
    const query = new URLSearchParams({ ...(forInstitutionId ? { for: forInstitutionId } : {}), ...(instant ? { at: instant } : {}) });
    const { dispensable, reasons } = await get('technician', `/v1/packs/${pack.id}/dispensable?${query}`);
    expect(dispensable).toBe(reasons.length === 0);
    return reasons.map(({ code }: { code: string }) => code);
  }

  // --- things ---------------------------------------------------------------------------

  const createSetType = (code: string, over: Record<string, unknown> = {}): Promise<Named> =>
    post('headnurse', '/v1/set-types', {
      code: `${prefix}-${code}`,
      name: { zh: '器械包', en: 'Instrument set' },
      countSheet: [
        { itemCode: 'forceps', name: { zh: '镊子', en: 'Forceps' }, quantity: 2 },
        { itemCode: 'bowl', name: { zh: '弯盘', en: 'Kidney dish' }, quantity: 1 },
      ],
      packaging: 'pouch',
      programs: ['steam-134'],
      surgical: false,
      implant: false,
      lowUse: false,
      volumeLitres: 2,
      ...over,
    });

  const createSteriliser = (code: string, over: Record<string, unknown> = {}): Promise<Named> =>
    post('headnurse', '/v1/sterilisers', { code: `${prefix}-${code}`, kind: 'prevacuum', qualifiedAt: at(-5, '08:00'), ...over });

  const createVehicle = (code: string): Promise<Named> =>
    post('headnurse', '/v1/vehicles', { code: `${prefix}-${code}`, sterileLitres: 300, soiledLitres: 300 });

  const createBox = (code: string, lane: 'sterile' | 'soiled'): Promise<Named> =>
    post('headnurse', '/v1/boxes', { code: `${prefix}-${code}`, lane, capacityLitres: 100 });

  /** A set that lies used at a centre. */
  const createUsedSet = (code: string, type: Named, institutionId: string, owned = false): Promise<Named> =>
    post('headnurse', '/v1/set-instances', {
      setTypeId: type.id,
      code: `${prefix}-${code}`,
      ownership: owned ? 'centre-owned' : 'pool',
      ...(owned ? { ownerInstitutionId: institutionId } : {}),
      institutionId,
    });

  const createSet = ({ code, type, ownerInstitutionId }: NewSet): Promise<Named> =>
    post('headnurse', '/v1/set-instances', {
      setTypeId: type.id,
      code: `${prefix}-${code}`,
      ownership: ownerInstitutionId === undefined ? 'pool' : 'centre-owned',
      ...(ownerInstitutionId === undefined ? {} : { ownerInstitutionId }),
    });

  /** Washes, inspects, packs and checks sets that lie in the department. The acts take an hour and a half from `begin`. */
  async function processSets(sets: readonly Named[], begin: string): Promise<MadePack[]> {
    const setInstanceIds = sets.map(({ id }) => id);
    const wash = await post('technician', '/v1/wash-batches', {
      washerId: 'washer-1',
      startedAt: begin,
      endedAt: minutesAfter(begin, 50),
      temperatureC: 93,
      seconds: 150,
      setInstanceIds,
    });
    expect(wash).toMatchObject({ result: 'pass' });
    await post('technician', '/v1/inspections', {
      items: setInstanceIds.map((setInstanceId) => ({ setInstanceId, result: 'pass' })),
      happenedAt: minutesAfter(begin, 60),
    });
    const packs: MadePack[] = [];
    for (const setInstanceId of setInstanceIds) {
      const pack = await post('technician', '/v1/packs', { setInstanceId, happenedAt: minutesAfter(begin, 70) });
      await post('checker', `/v1/packs/${pack.id}/check`, { happenedAt: minutesAfter(begin, 80) });
      packs.push(pack);
    }
    return packs;
  }

  const makePacks = async (sets: readonly NewSet[], begin: string): Promise<MadePack[]> => {
    const created: Named[] = [];
    for (const set of sets) created.push(await createSet(set));
    return processSets(created, begin);
  };

  // --- loads ----------------------------------------------------------------------------

  const testBowieDick = (steriliser: Named, days: number, result: 'pass' | 'fail' = 'pass') =>
    post('technician', '/v1/bowie-dick-tests', {
      steriliserId: steriliser.id,
      startedAt: at(days, '07:10'),
      endedAt: at(days, '07:30'),
      result,
    });

  const indicator = (kind: 'bi' | 'pcd-ci', over: Record<string, unknown> = {}) =>
    kind === 'bi'
      ? { kind, product: '1292', lot: 'L-2026-11', incubationMinutes: 2_880, ...over }
      : { kind, product: '41382', lot: 'C-2026-11', class: 5, ...over };

  /** Plans a load and prints the labels of its packs on the day on which it is to start. */
  async function planLoad(
    steriliser: Named,
    packs: readonly Named[],
    startAt: string,
    {
      indicators = [],
      purpose = 'packs',
      reprint,
    }: { indicators?: unknown[]; purpose?: 'packs' | 'requalification' /** Why the packs are labelled again. */; reprint?: string } = {},
  ): Promise<Answer['body']> {
    const load = await post('technician', '/v1/loads', {
      steriliserId: steriliser.id,
      program: 'steam-134',
      purpose,
      packIds: packs.map(({ id }) => id),
      indicators,
      happenedAt: minutesAfter(startAt, -20),
    });
    if (packs.length > 0)
      await post('technician', `/v1/loads/${load.id}/labels`, {
        format: 'zpl',
        ...(reprint === undefined ? {} : { reason: reprint }),
        happenedAt: minutesAfter(startAt, -10),
      });
    return load;
  }

  /** Starts a planned load and ends it 40 minutes later. */
  async function runLoad(load: Named, startAt: string, { operator = 'technician', cycle = goodCycle } = {}): Promise<Answer['body']> {
    await post(operator, `/v1/loads/${load.id}/start`, { happenedAt: startAt });
    return post(operator, `/v1/loads/${load.id}/end`, { ...cycle, happenedAt: minutesAfter(startAt, 40) });
  }

  const goodUnload = (packs: readonly Named[]) => packs.map(({ id }) => ({ packId: id, outerCi: 'pass', wet: false }));

  /** Takes the packs out 75 minutes after the start and releases the load. */
  async function unloadAndRelease(load: Named, packs: readonly Named[], startAt: string): Promise<Answer['body']> {
    await post('technician', `/v1/loads/${load.id}/unload`, { packs: goodUnload(packs), happenedAt: minutesAfter(startAt, 75) });
    return post('releaser', `/v1/loads/${load.id}/release`, { happenedAt: minutesAfter(startAt, 80) });
  }

  /** A whole good load. */
  async function sterilise(steriliser: Named, packs: readonly Named[], startAt: string, options: { indicators?: unknown[] } = {}) {
    const load = await planLoad(steriliser, packs, startAt, options);
    await runLoad(load, startAt);
    return unloadAndRelease(load, packs, startAt);
  }

  const incubate = (indicatorId: string, instant: string) =>
    post('technician', `/v1/load-indicators/${indicatorId}/incubate`, { happenedAt: instant });

  const readBi = (indicatorId: string, growth: boolean, instant: string, lot = 'L-2026-11') =>
    post('releaser', `/v1/load-indicators/${indicatorId}/read`, { growth, control: { lot, growth: true }, happenedAt: instant });

  // --- rounds ---------------------------------------------------------------------------

  const planRound = (vehicle: Named, stops: readonly StopPlan[], { days = 0, depart = '08:40', mode = 'soiled-first' } = {}) =>
    post('dispatcher', '/v1/rounds', {
      on: on(days),
      vehicleId: vehicle.id,
      driverId: 'person-driver',
      courierId: 'person-courier',
      departAt: at(days, depart),
      mode,
      stops: stops.map(({ institutionId, arrive }) => ({ institutionId, arriveAt: at(days, arrive) })),
    });

  const nextSeal = (): string => {
    seal += 1;
    return `${prefix}-seal-${String(seal).padStart(4, '0')}`;
  };

  const consign = (roundId: string, stopId: string, box: Named, packs: readonly Named[], instant: string) =>
    post('technician', `/v1/rounds/${roundId}/consignments`, {
      stopId,
      boxId: box.id,
      sealNumber: nextSeal(),
      packIds: packs.map(({ id }) => id),
      happenedAt: instant,
    });

  const step = (stopId: string, body: { step: string } & Record<string, unknown>, instant: string, account = 'courier') =>
    post(account, `/v1/stops/${stopId}/steps`, { ...body, happenedAt: instant });

  /** A stop in the order soiled first: everything that was brought is accepted. Returns the stop. */
  async function visit(
    stopId: string,
    nurse: string,
    arriveAt: string,
    { soiled = [], sterile = [] }: { soiled?: readonly Record<string, unknown>[]; sterile?: readonly Named[] },
  ): Promise<Answer['body']> {
    const packIds = sterile.map(({ id }) => id);
    const after = (minutes: number) => minutesAfter(arriveAt, minutes);
    await step(stopId, { step: 'arrived' }, arriveAt);
    await step(stopId, { step: 'soiled-stowed', consignments: soiled }, after(2));
    await step(stopId, { step: 'gloves-off' }, after(3));
    await step(stopId, { step: 'hand-hygiene' }, after(4));
    await step(stopId, { step: 'sterile-handed', packIds }, after(5));
    await step(stopId, { step: 'checked', accepted: packIds, rejected: [] }, after(7), nurse);
    await step(stopId, { step: 'signed', signatures: signaturesOf(nurse) }, after(8));
    return step(stopId, { step: 'left' }, after(9));
  }

  const signaturesOf = (nurse: string) => [
    { personId: 'person-courier', method: 'session' },
    { personId: `person-${nurse}`, method: 'paper' },
  ];

  const clean = (kind: 'vehicles' | 'boxes', thing: Named, instant: string) =>
    post('courier', `/v1/${kind}/${thing.id}/clean`, { method: '500 mg/L chlorine', happenedAt: instant });

  const soiledConsignment = (box: Named, over: Record<string, unknown> = {}) => ({
    sealNumber: nextSeal(),
    boxId: box.id,
    intact: true,
    ...over,
  });

  /** Returns the vehicle and lists every soiled consignment as handed over intact. */
  async function returnAndHandOver(roundId: string, instant: string): Promise<Answer['body']> {
    await post('driver', `/v1/rounds/${roundId}/return`, { happenedAt: instant });
    const { consignments } = await get('technician', `/v1/rounds/${roundId}`);
    return post('technician', `/v1/rounds/${roundId}/hand-over`, {
      consignments: consignments
        .filter(({ lane }: { lane: string }) => lane === 'soiled')
        .map(({ id, sealNumber }: { id: string; sealNumber: string }) => ({ consignmentId: id, sealNumber, intact: true })),
      happenedAt: minutesAfter(instant, 10),
    });
  }

  return {
    service,
    D,
    on,
    at,
    minutesAfter,
    post,
    get,
    refusal,
    reasonsAgainst,
    createSetType,
    createSteriliser,
    createVehicle,
    createBox,
    createSet,
    createUsedSet,
    processSets,
    makePacks,
    testBowieDick,
    indicator,
    planLoad,
    runLoad,
    goodUnload,
    unloadAndRelease,
    sterilise,
    incubate,
    readBi,
    planRound,
    nextSeal,
    consign,
    step,
    visit,
    signaturesOf,
    clean,
    soiledConsignment,
    returnAndHandOver,
  };
}

export type Supply = ReturnType<typeof createSupply<Service>>;
