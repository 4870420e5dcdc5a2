/** Acts of sterile supply as people tell them to the API, for the recording of histories. Codes of one course are kept apart by its prefix. */
import { addDays, localDateOf } from '../../domain/time/local-date.ts';

/** What the recordings read of a resource. */
export interface Resource {
  id: string;
  code: string;
  status: string;
  indicatorIds: string[];
  recallIds: string[];
  stops: { id: string; institutionId: string }[];
  lines: { id: string; direction: 'collect' | 'deliver'; discrepancyIds: string[] }[];
  consignments: { id: string; lane: 'sterile' | 'soiled'; sealNumber: string }[];
  allocation: { institutionId: string } | null;
}

export interface Asking {
  /** Throws unless it is done. */
  post(account: string, path: string, body?: object): Promise<Resource>;
  get(account: string, path: string): Promise<Resource>;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const goodCycle = { exposureSeconds: 252, minTemperatureC: 134.2, maxTemperatureC: 135.6, minPressureKpa: 205, maxPressureKpa: 222 };
export const lot = 'L-2026-11';

export interface NewRound {
  days?: number;
  /** The centres, each an hour after the one before, from nine o'clock on. */
  centres: readonly string[];
}

/** Days are counted from D, a week ahead, so that no clock runs out before the course lets it. */
export function createSupplyCourse({ post, get }: Asking, prefix: string) {
  const D = localDateOf(Date.now() + 7 * DAY_MS);
  let seals = 0;

  const at = (days: number, time: string): string => new Date(`${addDays(D, days)}T${time}:00+08:00`).toISOString();
  const after = (instant: string, minutes: number): string => new Date(Date.parse(instant) + minutes * MINUTE_MS).toISOString();
  const nextSeal = (): string => `${prefix}-seal-${++seals}`;

  const addSetType = (code: string, over: object = {}) =>
    post('headnurse', '/v1/set-types', {
      code: `${prefix}-${code}`,
      name: { zh: '器械包', en: 'Instrument set' },
      countSheet: [{ itemCode: 'forceps', name: { zh: '镊子', en: 'Forceps' }, quantity: 2 }],
      packaging: 'pouch',
      programs: ['steam-134'],
      surgical: false,
      implant: false,
      lowUse: false,
      volumeLitres: 2,
      ...over,
    });

  /** `institutionId`: it lies there, used. */
  const addSet = (code: string, setTypeId: string, institutionId?: string) =>
    post('headnurse', '/v1/set-instances', {
      setTypeId,
      code: `${prefix}-${code}`,
      ownership: 'pool',
      ...(institutionId === undefined ? {} : { institutionId }),
    });

  const addSteriliser = (code: string) =>
    post('headnurse', '/v1/sterilisers', { code: `${prefix}-${code}`, kind: 'gravity', qualifiedAt: at(-5, '08:00') });

  const addVehicle = (code: string) =>
    post('headnurse', '/v1/vehicles', { code: `${prefix}-${code}`, sterileLitres: 300, soiledLitres: 300 });

  const addBox = (code: string, lane: 'sterile' | 'soiled') =>
    post('headnurse', '/v1/boxes', { code: `${prefix}-${code}`, lane, capacityLitres: 100 });

  /** Checked packs of new sets. */
  async function makePacks(setTypeId: string, count: number, begin: string, name: string): Promise<Resource[]> {
    const sets: Resource[] = [];
    for (let n = 1; n <= count; n++) sets.push(await addSet(`${name}-${n}`, setTypeId));
    const setInstanceIds = sets.map(({ id }) => id);
    await post('technician', '/v1/wash-batches', {
      washerId: 'washer-1',
      startedAt: begin,
      endedAt: after(begin, 50),
      temperatureC: 93,
      seconds: 150,
      setInstanceIds,
    });
    const items = setInstanceIds.map((setInstanceId) => ({ setInstanceId, result: 'pass' }));
    await post('technician', '/v1/inspections', { items, happenedAt: after(begin, 60) });
    const packs: Resource[] = [];
    for (const setInstanceId of setInstanceIds) {
      const pack = await post('technician', '/v1/packs', { setInstanceId, happenedAt: after(begin, 70) });
      await post('checker', `/v1/packs/${pack.id}/check`, { happenedAt: after(begin, 80) });
      packs.push(pack);
    }
    return packs;
  }

  // --- loads ----------------------------------------------------------------------------

  const biological = { kind: 'bi', product: '1292', lot, incubationMinutes: 60 };
  const chemical = { kind: 'pcd-ci', product: '41382', lot: 'C-2026-11', class: 5 };

  async function startLoad(steriliser: Resource, packs: readonly Resource[], startAt: string, indicators: readonly object[] = []) {
    const load = await post('technician', '/v1/loads', {
      steriliserId: steriliser.id,
      program: 'steam-134',
      packIds: packs.map(({ id }) => id),
      indicators,
      happenedAt: after(startAt, -20),
    });
    await post('technician', `/v1/loads/${load.id}/labels`, { format: 'zpl', happenedAt: after(startAt, -10) });
    await post('technician', `/v1/loads/${load.id}/start`, { happenedAt: startAt });
    return load;
  }

  const endLoad = (load: Resource, startAt: string, cycle: object = {}) =>
    post('technician', `/v1/loads/${load.id}/end`, { ...goodCycle, ...cycle, happenedAt: after(startAt, 40) });

  async function unloadLoad(load: Resource, packs: readonly Resource[], startAt: string, wet = 0): Promise<void> {
    await post('technician', `/v1/loads/${load.id}/unload`, {
      packs: packs.map(({ id }, n) => ({ packId: id, outerCi: 'pass', wet: n < wet })),
      happenedAt: after(startAt, 75),
    });
  }

  const releaseLoad = (load: Resource, startAt: string) =>
    post('releaser', `/v1/loads/${load.id}/release`, { happenedAt: after(startAt, 80) });

  /** A whole good load. */
  async function sterilise(steriliser: Resource, packs: readonly Resource[], startAt: string, indicators: readonly object[] = []) {
    const load = await startLoad(steriliser, packs, startAt, indicators);
    await endLoad(load, startAt);
    await unloadLoad(load, packs, startAt);
    await releaseLoad(load, startAt);
    return load;
  }

  const indicatorPath = ({ indicatorIds: [id] }: Resource): string => `/v1/load-indicators/${id}`;

  /** An hour in the incubator, from an hour and a half after the start on. */
  async function readBiological(load: Resource, startAt: string, growth: boolean, control: object | null = { lot, growth: true }) {
    await post('releaser', `${indicatorPath(load)}/incubate`, { happenedAt: after(startAt, 90) });
    return post('releaser', `${indicatorPath(load)}/read`, { growth, ...(control ? { control } : {}), happenedAt: after(startAt, 150) });
  }

  // --- rounds ---------------------------------------------------------------------------

  const planRound = (vehicle: Resource, { days = 0, centres }: NewRound) =>
    post('dispatcher', '/v1/rounds', {
      on: addDays(D, days),
      vehicleId: vehicle.id,
      driverId: 'person-driver',
      courierId: 'person-courier',
      departAt: at(days, '08:40'),
      stops: centres.map((institutionId, n) => ({ institutionId, arriveAt: after(at(days, '09:00'), 60 * n) })),
    });

  const confirm = ({ id }: Resource) => post('dispatcher', `/v1/rounds/${id}/confirm`);

  /** The packs that the confirmation has allocated to each centre. */
  async function packsFor(packs: readonly Resource[], centres: readonly string[]): Promise<Map<string, Resource[]>> {
    const allocated = await Promise.all(packs.map(({ id }) => get('technician', `/v1/packs/${id}`)));
    return new Map(centres.map((centre) => [centre, allocated.filter(({ allocation }) => allocation?.institutionId === centre)]));
  }

  const submitSlip = (nurse: string, setTypeId: string, { collect, deliver }: { collect: readonly Resource[]; deliver: number }) =>
    post(nurse, '/v1/slips', {
      lines: [
        ...(collect.length > 0
          ? [{ direction: 'collect', setTypeId, quantity: collect.length, setInstanceIds: collect.map(({ id }) => id) }]
          : []),
        ...(deliver > 0 ? [{ direction: 'deliver', setTypeId, quantity: deliver }] : []),
      ],
    });

  async function loadAndDepart(
    round: Resource,
    days: number,
    consignments: readonly { stopId: string | undefined; box: Resource; packs: readonly Resource[] }[],
  ): Promise<void> {
    for (const { stopId, box, packs } of consignments)
      await post('technician', `/v1/rounds/${round.id}/consignments`, {
        stopId,
        boxId: box.id,
        sealNumber: nextSeal(),
        packIds: packs.map(({ id }) => id),
        happenedAt: at(days, '08:10'),
      });
    await post('technician', `/v1/rounds/${round.id}/complete-loading`, { happenedAt: at(days, '08:30') });
    await post('driver', `/v1/rounds/${round.id}/depart`, { happenedAt: at(days, '08:40') });
  }

  const step = (stopId: string, name: string, instant: string, body: object = {}, account = 'courier') =>
    post(account, `/v1/stops/${stopId}/steps`, { step: name, ...body, happenedAt: instant });

  /** A stop, soiled first. Its centre signs on paper. */
  async function visitStop(
    stopId: string,
    nurse: string,
    arriveAt: string,
    { soiledBox, packs }: { soiledBox?: Resource; packs: readonly Resource[] },
  ): Promise<void> {
    const packIds = packs.map(({ id }) => id);
    const consignments = soiledBox ? [{ sealNumber: nextSeal(), boxId: soiledBox.id, intact: true }] : [];
    await step(stopId, 'arrived', arriveAt);
    await step(stopId, 'soiled-stowed', after(arriveAt, 2), { consignments });
    await step(stopId, 'gloves-off', after(arriveAt, 3));
    await step(stopId, 'hand-hygiene', after(arriveAt, 4));
    await step(stopId, 'sterile-handed', after(arriveAt, 5), { packIds });
    await step(stopId, 'checked', after(arriveAt, 7), { accepted: packIds, rejected: [] }, nurse);
    const signatures = [
      { personId: 'person-courier', method: 'session' },
      { personId: `person-${nurse}`, method: 'paper' },
    ];
    await step(stopId, 'signed', after(arriveAt, 8), { signatures });
    await step(stopId, 'left', after(arriveAt, 9));
  }

  async function returnAndHandOver(round: Resource, instant: string): Promise<void> {
    await post('driver', `/v1/rounds/${round.id}/return`, { happenedAt: instant });
    const { consignments } = await get('technician', `/v1/rounds/${round.id}`);
    await post('technician', `/v1/rounds/${round.id}/hand-over`, {
      consignments: consignments
        .filter(({ lane }) => lane === 'soiled')
        .map(({ id, sealNumber }) => ({ consignmentId: id, sealNumber, intact: true })),
      happenedAt: after(instant, 10),
    });
  }

  /** What came back of the slip's one collect line. */
  const countSlip = (slip: Resource, received: number, instant: string, over: object = {}) =>
    post('technician', `/v1/slips/${slip.id}/count`, {
      lines: [{ lineId: slip.lines.find(({ direction }) => direction === 'collect')?.id, received, ...over }],
      happenedAt: instant,
    });

  async function clean(vehicles: readonly Resource[], boxes: readonly Resource[], instant: string): Promise<void> {
    for (const [path, things] of [
      ['vehicles', vehicles],
      ['boxes', boxes],
    ] as const)
      for (const { id } of things) await post('courier', `/v1/${path}/${id}/clean`, { method: '500 mg/L chlorine', happenedAt: instant });
  }

  return {
    at,
    after,
    biological,
    chemical,
    addSetType,
    addSet,
    addSteriliser,
    addVehicle,
    addBox,
    makePacks,
    startLoad,
    endLoad,
    unloadLoad,
    releaseLoad,
    sterilise,
    indicatorPath,
    readBiological,
    planRound,
    confirm,
    packsFor,
    submitSlip,
    loadAndDepart,
    step,
    visitStop,
    returnAndHandOver,
    countSlip,
    clean,
  };
}

export type SupplyCourse = ReturnType<typeof createSupplyCourse>;
