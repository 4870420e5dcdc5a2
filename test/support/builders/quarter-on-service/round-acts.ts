/** Acts of the simulated quarter on slips, rounds and stops. */
import type { SupplyAct } from '../../../../domain/supply-quarter/acts.ts';
import { packsAboard } from '../../../../domain/supply-quarter/rounds.ts';
import { pick, type SimulatedWorld } from '../../../../domain/supply-quarter/world.ts';
import { type ActOf, MINUTE_MS, nurseOf, type QuarterNames, toInstant } from './names.ts';

export async function submitSlipOnService(
  { post, name }: QuarterNames,
  { slipId, institutionId, collect, asked }: ActOf<SupplyAct, 'submit-slip'>,
  world: SimulatedWorld,
): Promise<void> {
  const told = collect.map(({ setTypeId, setIds, special }) => ({
    direction: 'collect',
    setTypeId,
    quantity: setIds.length,
    setInstanceIds: setIds,
    ...(special === null ? {} : { special }),
  }));
  const lines = [...told, ...asked.map((line) => ({ direction: 'deliver', ...line }))];
  const slip = await post(nurseOf(institutionId), '/v1/slips', { lines });
  name(slipId, slip.id);
  const unnamed = [...slip.lines];
  for (const { id, direction, setTypeId, declared } of pick(world.slips, slipId).lines) {
    const isSame = (line: (typeof unnamed)[number]): boolean =>
      line.direction === direction && line.setTypeId === setTypeId && line.declared === declared;
    const index = unnamed.findIndex(isSame);
    if (index >= 0) name(id, unnamed.splice(index, 1)[0].id);
  }
}

const DEPARTS_BEFORE_FIRST_STOP_MS = 30 * MINUTE_MS;

export async function createRoundOnService(
  { post, name }: QuarterNames,
  { roundId, on, vehicleId, stops }: ActOf<SupplyAct, 'create-round'>,
): Promise<void> {
  const round = await post('dispatcher', '/v1/rounds', {
    on,
    vehicleId,
    driverId: 'person-driver',
    courierId: 'person-courier',
    departAt: toInstant(Math.min(...stops.map(({ arriveAt }) => arriveAt)) - DEPARTS_BEFORE_FIRST_STOP_MS),
    stops: stops.map(({ institutionId, arriveAt }) => ({ institutionId, arriveAt: toInstant(arriveAt) })),
  });
  name(roundId, round.id);
  for (const { stopId, institutionId } of stops)
    name(stopId, round.stops.find((one: { institutionId: string }) => one.institutionId === institutionId).id);
}

export async function doStepOnService(
  { post, idOf }: QuarterNames,
  { roundId, stopId, step, at, consignments = [], packIds = [] }: ActOf<SupplyAct, 'step'>,
  world: SimulatedWorld,
): Promise<void> {
  const round = pick(world.rounds, roundId);
  const nurse = nurseOf(round.stops.find(({ id }) => id === stopId)?.institutionId ?? '');
  const handed = round.deliveredPackIds.filter((id) => pick(world.packs, id).consignedTo?.stopId === stopId);
  const bodies: Partial<Record<typeof step, object>> = {
    'soiled-stowed': {
      consignments: consignments.map(({ packIds: taken, special, ...one }) => ({
        ...one,
        ...(special === null ? {} : { special }),
        intact: true,
        packIds: taken.map(idOf),
      })),
    },
    'sterile-handed': { packIds: packIds.map(idOf) },
    checked: { accepted: handed.map(idOf), rejected: [] },
    signed: {
      signatures: [
        { personId: 'person-courier', method: 'session' },
        { personId: `person-${nurse}`, method: 'paper' },
      ],
    },
  };
  await post('courier', `/v1/stops/${idOf(stopId)}/steps`, { step, ...bodies[step], happenedAt: toInstant(at) });
}

interface SeenConsignment {
  consignmentId: string;
  sealNumber: string;
  intact: boolean;
}

/** What the round has by its seals: everything soiled, and what is sterile as far as one of these packs lies in it. */
async function listAboard({ get, idOf }: QuarterNames, roundId: string, sterilePackIds: readonly string[]): Promise<SeenConsignment[]> {
  const { consignments } = await get('dispatcher', `/v1/rounds/${idOf(roundId)}`);
  return consignments
    .filter(
      ({ lane, packIds }: { lane: string; packIds: string[] }) => lane === 'soiled' || packIds.some((id) => sterilePackIds.includes(id)),
    )
    .map(({ id, sealNumber }: { id: string; sealNumber: string }) => ({ consignmentId: id, sealNumber, intact: true }));
}

export async function transferOnService(
  names: QuarterNames,
  { roundId, vehicleId, at }: ActOf<SupplyAct, 'transfer'>,
  world: SimulatedWorld,
): Promise<void> {
  const aboard = packsAboard(world, pick(world.rounds, roundId)).map(({ id }) => names.idOf(id));
  const consignments = await listAboard(names, roundId, aboard);
  await names.post('dispatcher', `/v1/rounds/${names.idOf(roundId)}/transfer`, { vehicleId, consignments, happenedAt: toInstant(at) });
}

export async function handOverOnService(names: QuarterNames, { roundId, at }: { roundId: string; at: number }): Promise<void> {
  const consignments = await listAboard(names, roundId, []);
  await names.post('technician', `/v1/rounds/${names.idOf(roundId)}/hand-over`, { consignments, happenedAt: toInstant(at) });
}

/** The vehicle with its boxes. */
export async function cleanOnService({ post }: QuarterNames, { vehicleId, boxIds, at }: ActOf<SupplyAct, 'clean'>): Promise<void> {
  const things = [`vehicles/${vehicleId}`, ...boxIds.map((id) => `boxes/${id}`)];
  for (const thing of things) await post('driver', `/v1/${thing}/clean`, { method: 'wiped with chlorine', happenedAt: toInstant(at) });
}

export async function countOnService(
  { post, idOf }: QuarterNames,
  { slipId, received, packIds, at }: ActOf<SupplyAct, 'count'>,
): Promise<void> {
  await post('technician', `/v1/slips/${idOf(slipId)}/count`, {
    lines: received.map(({ lineId, setIds }) => ({ lineId: idOf(lineId), received: setIds.length, setInstanceIds: setIds })),
    packIds: packIds.map(idOf),
    happenedAt: toInstant(at),
  });
}
