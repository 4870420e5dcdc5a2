/** The way out of the department and back to it: loading completed, departed, returned. */
import { sql } from 'kysely';
import type { Trx } from '../kit/transaction.ts';
import type { Act } from '../sterile-supply/act.ts';
import { requireDispensable } from '../sterile-supply/dispensable.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { markBoxesUsed, markVehiclesUsed, requireClean } from './cleanliness.ts';
import { lockRoundFor, updateRound } from './lock-round.ts';
import { layRoundFacts } from './round-facts.ts';

/** Throws ActRefused `transition-not-allowed`. */
export async function completeLoading(act: Act, roundId: string): Promise<void> {
  const round = await lockRoundFor(act.trx, roundId, 'complete-loading');
  await updateRound(act.trx, roundId, { status: 'loaded', loaded_at: act.happenedAt });
  await appendLedger(act, [{ thing: { type: 'vehicle', id: round.vehicleId }, event: 'loading-completed', roundId }]);
  await layRoundFacts(act, [{ roundId, type: 'round-loaded', input: {} }]);
}

/** Throws ActRefused: transition-not-allowed, not-cleaned, pack-not-dispensable. */
export async function depart(act: Act, roundId: string): Promise<void> {
  const { trx } = act;
  const { vehicleId } = await lockRoundFor(trx, roundId, 'depart');
  const { boxIds, loadedBoxIds, packs } = await findLoad(trx, roundId, vehicleId);
  await requireClean(trx, { vehicleIds: [vehicleId], boxIds });
  await requireDispensable(
    act,
    packs.map(({ id, institutionId }) => ({ id, for: institutionId })),
    { for: null },
  );
  await updateRound(trx, roundId, { status: 'departed', departed_at: act.happenedAt });
  // A box that travels empty stays clean until something is put into it.
  await startLeg(act, { roundId, vehicleId, usedVehicleIds: [vehicleId], usedBoxIds: loadedBoxIds });
  const holder = { type: 'round' as const, id: roundId };
  await appendLedger(act, [
    { thing: { type: 'vehicle', id: vehicleId }, event: 'departed', roundId, holder },
    ...boxIds.map((id) => ({ thing: { type: 'transport-box' as const, id }, event: 'departed', roundId, holder })),
  ]);
  await layRoundFacts(act, [{ roundId, type: 'round-departed', input: {} }]);
}

interface Load {
  /** What is loaded, and the empty boxes that belong to the vehicle. */
  boxIds: string[];
  loadedBoxIds: string[];
  packs: { id: string; institutionId: string }[];
}

async function findLoad(trx: Trx, roundId: string, vehicleId: string): Promise<Load> {
  const { rows } = await sql<Load>`
    select
      array(select box_id from consignment where round_id = ${roundId} union select id from transport_box where vehicle_id = ${vehicleId}) as "boxIds",
      array(select distinct box_id from consignment where round_id = ${roundId}) as "loadedBoxIds",
      (select coalesce(json_agg(json_build_object('id', pack.id, 'institutionId', round_stop.institution_id) order by pack.id), '[]')
        from pack join consignment on consignment.id = pack.consignment_id join round_stop on round_stop.id = consignment.stop_id
        where consignment.round_id = ${roundId}) as packs`.execute(trx);
  const [load] = rows;
  if (!load) throw new Error('A select without a from has one row.');
  return load;
}

/** The leg before it, if there is one, ends where this one begins. Vehicles and boxes are used from then on. One statement. */
export async function startLeg(
  { trx, happenedAt: at }: Act,
  {
    roundId,
    vehicleId,
    usedVehicleIds,
    usedBoxIds,
  }: { roundId: string; vehicleId: string; usedVehicleIds: readonly string[]; usedBoxIds: readonly string[] },
): Promise<void> {
  await sql`
    with ended as (update round_leg set to_at = ${at} where round_id = ${roundId} and to_at is null),
      vehicles as (${markVehiclesUsed(usedVehicleIds, at)}),
      boxes as (${markBoxesUsed(usedBoxIds, at)})
    insert into round_leg (round_id, n, vehicle_id, from_at)
    select ${roundId}, coalesce(max(n), 0) + 1, ${vehicleId}, ${at}::timestamptz from round_leg where round_id = ${roundId}`.execute(trx);
}

/** Throws ActRefused `transition-not-allowed`. */
export async function returnToDepartment(act: Act, roundId: string): Promise<void> {
  const { trx } = act;
  const { vehicleId } = await lockRoundFor(trx, roundId, 'return');
  await updateRound(trx, roundId, { status: 'returned', returned_at: act.happenedAt });
  await sql`
    with used as (${markVehiclesUsed([vehicleId], act.happenedAt)})
    update round_leg set to_at = ${act.happenedAt} where round_id = ${roundId} and to_at is null`.execute(trx);
  await appendLedger(act, [
    { thing: { type: 'vehicle', id: vehicleId }, event: 'returned', roundId, holder: { type: 'cssd', id: act.actor.institutionId } },
  ]);
  await layRoundFacts(act, [{ roundId, type: 'round-returned', input: {} }]);
}
