/** The vehicle breaks down: its load goes on in another one, seal by seal, or the rest of the round comes to nothing. */
import { sql } from 'kysely';
import { type Act, ActRefused, refuseField } from '../sterile-supply/act.ts';
import { resolveThing } from '../sterile-supply/find-things.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { markUsed, requireClean } from './cleanliness.ts';
import { startLeg } from './depart.ts';
import { markFailed } from './fail-stop.ts';
import { lockRoundFor, updateRound } from './lock-round.ts';
import { lockOpenStops } from './lock-stop.ts';
import { layRoundFacts } from './round-facts.ts';
import {
  brokenAmong,
  compromisePacks,
  listConsignments,
  noteSeals,
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
  const { trx, happenedAt } = act;
  const { vehicleId: former } = await lockRoundFor(trx, roundId, 'transfer');
  const vehicleId = await resolveThing(trx, 'vehicle', given, 'vehicleId');
  if (vehicleId === former) throw refuseField('vehicleId', { zh: '是发生故障的车辆', en: 'is the vehicle that broke down' });
  const consignments = await listConsignments(trx, roundId);
  requireAllListed(consignments, seen);
  await requireClean(trx, { vehicleId, boxIds: [] });
  await requireRoom(act, { roundId, vehicleId });
  const broken = brokenAmong(consignments, seen);
  await noteSeals(trx, seen, { broken });
  await compromisePacks(
    act,
    roundId,
    broken.filter(({ lane }) => lane === 'sterile'),
  );
  await openSealDiscrepancies(
    act,
    roundId,
    broken.filter(({ lane }) => lane === 'soiled'),
  );
  await startLeg(trx, { roundId, vehicleId, at: happenedAt });
  await markUsed(trx, { vehicleId: former, boxIds: [], at: happenedAt });
  await markUsed(trx, { vehicleId, boxIds: [], at: happenedAt });
  await updateRound(trx, roundId, { vehicle_id: vehicleId, broken_down: false });
  await appendLedger(act, [
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

/** Throws ActRefused `not-in-custody` for a vehicle that another round has, `over-capacity` for one that is too small. */
async function requireRoom({ trx }: Act, { roundId, vehicleId }: { roundId: string; vehicleId: string }): Promise<void> {
  const { rows } = await sql<{ elsewhere: boolean; fits: boolean }>`
    select exists (select from custody where thing_type = 'vehicle' and thing_id = vehicle.id and until is null and holder_type = 'round') as elsewhere,
      coalesce((select sum(volume_litres) from pack join set_type on set_type.id = pack.set_type_id join consignment on consignment.id = pack.consignment_id
        where consignment.round_id = ${roundId} and pack.status = 'on-vehicle'), 0) <= sterile_litres as fits
    from vehicle where id = ${vehicleId}`.execute(trx);
  if (rows[0]?.elsewhere) throw new ActRefused('not-in-custody', { vehicleId });
  if (!rows[0]?.fits) throw new ActRefused('over-capacity', { vehicleId });
}

/** The stops that nobody has signed for fail; what is sterile comes back. Throws ActRefused `transition-not-allowed`. */
export async function abortRound(act: Act, roundId: string, { reason }: { reason: string }): Promise<void> {
  const { vehicleId } = await lockRoundFor(act.trx, roundId, 'abort');
  const stops = await lockOpenStops(act.trx, roundId);
  const unserved = await markFailed(act, stops, { reason: 'inaccessible', cssdId: act.actor.institutionId });
  await updateRound(act.trx, roundId);
  await appendLedger(act, [{ thing: { type: 'vehicle', id: vehicleId }, event: 'aborted', roundId, details: { reason } }]);
  await layRoundFacts(act, [
    {
      roundId,
      type: 'round-aborted',
      input: { stops: stops.map(({ id, institutionId }) => ({ stopId: id, institutionId, unserved: unserved.includes(id) })) },
    },
  ]);
}
