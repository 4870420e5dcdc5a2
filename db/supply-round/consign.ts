/** A consignment: the sealed unit for one stop, in a box of its lane. All its packs may be handed over there, or none is loaded. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { type Act, ActRefused, refuseField } from '../sterile-supply/act.ts';
import { requireDispensable } from '../sterile-supply/dispensable.ts';
import { lockAskedPacks, type PackRow, resolveThing } from '../sterile-supply/find-things.ts';
import { appendLedger, type LedgerEntry } from '../sterile-supply/ledger.ts';
import { lockRoundFor, updateRound } from './lock-round.ts';

export interface NewConsignment {
  stopId: string;
  /** Its id or its code, as with the packs. */
  boxId: string;
  sealNumber: string;
  packIds: readonly string[];
}

interface ConsignedPack {
  id: string;
  from: string;
  lineId: string | null;
}

/** Throws ActRefused: transition-not-allowed, invalid-request, wrong-lane, over-capacity, not-in-custody, pack-not-dispensable, already-exists. */
export async function consignPacks(act: Act, roundId: string, { stopId, boxId, sealNumber, packIds }: NewConsignment): Promise<void> {
  const { trx } = act;
  const round = await lockRoundFor(trx, roundId, 'consignments');
  const stop = await findStopToLoadFor(act, roundId, stopId);
  const box = await resolveThing(trx, 'transport_box', boxId, 'boxId');
  const packs = await lockAskedPacks(trx, packIds, 'packIds');
  const ids = packs.map(({ id }) => id);
  await requireRoom(act, { roundId, vehicleId: round.vehicleId, boxId: box, packIds: ids });
  await requireDispensable(act, packs, { for: stop.institutionId });
  requireInStore(packs);
  const consignmentId = uuid();
  await trx
    .insertInto('consignment')
    .values({
      id: consignmentId,
      round_id: roundId,
      stop_id: stopId,
      lane: 'sterile',
      box_id: box,
      seal_number: sealNumber,
      intact: null,
      special: null,
      pack_ids: ids,
      handed_over_at: null,
    })
    .execute();
  const consigned = await loadPacks(act, { consignmentId, stopId, institutionId: stop.institutionId, packIds: ids });
  await updateRound(trx, roundId);
  const aboard = { roundId, stopId, holder: { type: 'round' as const, id: roundId }, details: { consignmentId, sealNumber, boxId: box } };
  await appendLedger(act, [
    { thing: { type: 'transport-box', id: box }, event: 'consigned', ...aboard },
    ...consigned.map(
      ({ id, from, lineId }): LedgerEntry => ({
        thing: { type: 'pack', id },
        event: 'consigned',
        from,
        to: 'on-vehicle',
        ...aboard,
        details: { ...aboard.details, lineId },
      }),
    ),
  ]);
}

async function findStopToLoadFor({ trx }: Act, roundId: string, stopId: string): Promise<{ institutionId: string }> {
  const stop = await trx
    .selectFrom('round_stop')
    .select(['institution_id as institutionId', 'status'])
    .where('id', '=', stopId)
    .where('round_id', '=', roundId)
    .where('moved_to_round_id', 'is', null)
    .executeTakeFirst();
  if (stop?.status !== 'scheduled')
    throw refuseField('stopId', { zh: '本次下收下送没有这个待停站点', en: 'no stop of this round that is still to come' });
  return stop;
}

/** Throws ActRefused `wrong-lane` for a soiled box, `not-in-custody` for one that is elsewhere, `over-capacity` for what does not fit box or vehicle. */
async function requireRoom(
  { trx }: Act,
  { roundId, vehicleId, boxId, packIds }: { roundId: string; vehicleId: string; boxId: string; packIds: readonly string[] },
): Promise<void> {
  const { rows } = await sql<{ lane: string; elsewhere: boolean; boxFits: boolean; vehicleFits: boolean }>`
    with volume as (
      select pack.id, volume_litres as litres, consignment.box_id
      from pack join set_type on set_type.id = pack.set_type_id left join consignment on consignment.id = pack.consignment_id and consignment.round_id = ${roundId}
      where consignment.id is not null and pack.status = 'on-vehicle' or pack.id = any(${packIds}::text[])
    )
    select box.lane,
      exists (select from custody where thing_type = 'transport-box' and thing_id = box.id and until is null
        and (holder_type = 'centre' or holder_type = 'round' and holder_id <> ${roundId}::text)) as elsewhere,
      coalesce((select sum(litres) from volume where box_id = box.id or id = any(${packIds}::text[])), 0) <= box.capacity_litres as "boxFits",
      coalesce((select sum(litres) from volume), 0) <= (select sterile_litres from vehicle where id = ${vehicleId}) as "vehicleFits"
    from transport_box as box where id = ${boxId}`.execute(trx);
  const [box] = rows;
  if (box?.lane !== 'sterile') throw new ActRefused('wrong-lane', { boxId });
  if (box.elsewhere) throw new ActRefused('not-in-custody', { boxId });
  if (!box.boxFits || !box.vehicleFits) throw new ActRefused('over-capacity', box.boxFits ? { vehicleId } : { boxId });
}

/** Only what lies released in the store can be loaded. Throws ActRefused `not-in-custody`. */
function requireInStore(packs: readonly PackRow[]): void {
  const others = packs.filter(({ status }) => status !== 'released' && status !== 'allocated');
  if (others.length > 0) throw new ActRefused('not-in-custody', { packIds: others.map(({ id }) => id) });
}

/** A pack that no line had yet goes to one of the stop that is still short of its type. */
async function loadPacks(
  { trx, happenedAt }: Act,
  {
    consignmentId,
    stopId,
    institutionId,
    packIds,
  }: { consignmentId: string; stopId: string; institutionId: string; packIds: readonly string[] },
): Promise<ConsignedPack[]> {
  const { rows } = await sql<ConsignedPack>`
    with given as (
      select id, status, set_type_id, slip_line_id, row_number() over (partition by set_type_id, slip_line_id is null order by expires_on, id) as place
      from pack where id = any(${packIds}::text[])
    ), room as (
      select line_id, set_type_id, row_number() over (partition by set_type_id order by position, line_id) as place
      from (
        select slip_line.id as line_id, slip_line.set_type_id, position, generate_series(1, declared - (select count(*)::int from pack
          where slip_line_id = slip_line.id and status in ('allocated', 'on-vehicle', 'at-centre', 'opened')))
        from slip_line join exchange_slip on exchange_slip.id = slip_id
        where exchange_slip.stop_id = ${stopId} and exchange_slip.status = 'frozen' and direction = 'deliver'
      ) as places
    )
    update pack set status = 'on-vehicle', status_since = ${happenedAt}, consignment_id = ${consignmentId}, allocated_institution_id = ${institutionId},
      slip_line_id = coalesce(given.slip_line_id, room.line_id)
    from given left join room on room.set_type_id = given.set_type_id and room.place = given.place and given.slip_line_id is null
    where pack.id = given.id
    returning pack.id, given.status as "from", pack.slip_line_id as "lineId"`.execute(trx);
  return rows;
}
