/** The vehicle breaks down: its load goes on in another one, seal by seal, or the rest of the round comes to nothing. */
import { sql } from 'kysely';
import { type Act, ActRefused, refuseField } from '../sterile-supply/act.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { isUnclean } from './cleanliness.ts';
import { startLeg } from './depart.ts';
import { markFailed } from './fail-stop.ts';
import { lockRoundFor, updateRound } from './lock-round.ts';
import { lockOpenStops } from './lock-stop.ts';
import { layRoundFacts } from './round-facts.ts';
import {
  brokenAmong,
  listConsignments,
  noteSealsAndCompromise,
  openSealDiscrepancies,
  type RoundConsignment,
  type SeenConsignment,
} from './seals.ts';

/** Throws ActRefused `transition-not-allowed`. */
export async function breakDown(act: Act, roundId: string, { note }: { note: string }): Promise<void> {
  const { vehicleId } = await lockRoundFor(act.trx, roundId, 'break-down');
  await updateRound(act.trx, roundId, { broken_down: true });
  await appendLedger(act, [{ thing: { type: 'vehicle', id: vehicleId }, event: 'broken-down', roundId, details: { note } }]);
  await layRoundFacts(act, [{ roundId, type: 'round-broke-down', input: {} }]);
}

export interface Transfer {
  vehicleId: string;
  consignments: readonly SeenConsignment[];
}

/**
 * Everything aboard is listed. A wrong seal compromises what is sterile; of what is soiled it is a discrepancy. Throws ActRefused:
 * transition-not-allowed, invalid-request, not-in-custody, not-cleaned, over-capacity.
 */
export async function transferRound(act: Act, roundId: string, { vehicleId: given, consignments: seen }: Transfer): Promise<void> {
  const { trx } = act;
  const { vehicleId: former } = await lockRoundFor(trx, roundId, 'transfer');
  const vehicle = await lockNextVehicle(act, roundId, given);
  const vehicleId = vehicle.id;
  if (vehicleId === former) throw refuseField('vehicleId', { zh: '是发生故障的车辆', en: 'is the vehicle that broke down' });
  const consignments = await listConsignments(trx, roundId);
  requireAllListed(consignments, seen);
  requireReady(vehicle);
  const broken = brokenAmong(consignments, seen);
  const compromised = await noteSealsAndCompromise(act, seen, broken);
  await openSealDiscrepancies(
    act,
    roundId,
    broken.filter(({ lane }) => lane === 'soiled'),
  );
  await startLeg(act, { roundId, vehicleId, usedVehicleIds: [former, vehicleId], usedBoxIds: [] });
  await updateRound(trx, roundId, { vehicle_id: vehicleId, broken_down: false });
  await appendLedger(act, [
    ...compromised.map((id) => ({
      thing: { type: 'pack' as const, id },
      event: 'compromised',
      from: 'on-vehicle',
      to: 'rejected',
      roundId,
    })),
    {
      thing: { type: 'vehicle', id: vehicleId },
      event: 'transferred',
      roundId,
      holder: { type: 'round', id: roundId },
      details: { former },
    },
    {
      thing: { type: 'vehicle', id: former },
      event: 'transferred',
      roundId,
      holder: { type: 'cssd', id: act.actor.institutionId },
      details: { consignmentIds: seen.map(({ consignmentId }) => consignmentId) },
    },
  ]);
  await layRoundFacts(act, [{ roundId, type: 'round-transferred', input: { vehicleId } }]);
}

/** Throws ActRefused 422: each consignment that has something aboard is listed once, and nothing that this round does not have. */
function requireAllListed(consignments: readonly RoundConsignment[], seen: readonly SeenConsignment[]): void {
  const ids = seen.map(({ consignmentId }) => consignmentId);
  ids.forEach((id, index) => {
    if (!consignments.some((one) => one.id === id))
      throw refuseField(`consignments.${index}.consignmentId`, { zh: '不是本次下收下送的封签件', en: 'no consignment of this round' });
    if (ids.indexOf(id) < index) throw refuseField(`consignments.${index}.consignmentId`, { zh: '重复', en: 'stands in the list twice' });
  });
  const missing = consignments.filter(({ aboard, id }) => aboard && !ids.includes(id));
  if (missing.length > 0)
    throw refuseField('consignments', {
      zh: `缺少车上的封签件：${missing.map(({ sealNumber }) => sealNumber).join('、')}`,
      en: `misses what is aboard: ${missing.map(({ sealNumber }) => sealNumber).join(', ')}`,
    });
}

interface NextVehicle {
  id: string;
  unclean: boolean;
  /** Another round has it. */
  elsewhere: boolean;
  /** What is sterile and aboard has room in it. */
  fits: boolean;
}

/** By its id or code, locked. Throws ActRefused 422. */
async function lockNextVehicle({ trx }: Act, roundId: string, idOrCode: string): Promise<NextVehicle> {
  const { rows } = await sql<NextVehicle>`
    select id, ${isUnclean} as unclean,
      exists (select from custody where thing_type = 'vehicle' and thing_id = vehicle.id and until is null and holder_type = 'round') as elsewhere,
      coalesce((select sum(volume_litres) from pack join set_type on set_type.id = pack.set_type_id join consignment on consignment.id = pack.consignment_id
        where consignment.round_id = ${roundId} and pack.status = 'on-vehicle'), 0) <= sterile_litres as fits
    from vehicle where id = ${idOrCode} or code = ${idOrCode} order by id <> ${idOrCode} limit 1 for update`.execute(trx);
  const [vehicle] = rows;
  if (!vehicle) throw refuseField('vehicleId', { zh: '没有此编号', en: 'names nothing that there is' });
  return vehicle;
}

/** Throws ActRefused `not-cleaned`, `not-in-custody`, `over-capacity`. */
function requireReady({ id: vehicleId, unclean, elsewhere, fits }: NextVehicle): void {
  if (unclean) throw new ActRefused('not-cleaned', { vehicleIds: [vehicleId], boxIds: [] });
  if (elsewhere) throw new ActRefused('not-in-custody', { vehicleId });
  if (!fits) throw new ActRefused('over-capacity', { vehicleId });
}

/** The stops that nobody has signed for fail; what is sterile comes back. Throws ActRefused `transition-not-allowed`. */
export async function abortRound(act: Act, roundId: string, { reason }: { reason: string }): Promise<void> {
  const { vehicleId } = await lockRoundFor(act.trx, roundId, 'abort');
  const stops = await lockOpenStops(act.trx, roundId);
  const aborted = { thing: { type: 'vehicle' as const, id: vehicleId }, event: 'aborted', roundId, details: { reason } };
  // The version of the round rises: it shows its stops.
  const changed = sql`changed as (update supply_round set version = version where id = ${roundId})`;
  const ofAll = { roundId, reason: 'inaccessible' as const, cssdId: act.actor.institutionId };
  const unserved = await markFailed(act, stops, { ...ofAll, entries: [aborted], writes: [changed] });
  await layRoundFacts(act, [
    {
      roundId,
      type: 'round-aborted',
      input: { stops: stops.map(({ id, institutionId }) => ({ stopId: id, institutionId, unserved: unserved.includes(id) })) },
    },
  ]);
}
