/** The rows of a new round, as its creating command has them. */
import type { CreateSupplyRound, PlannedStop } from '../../domain/supply-round/events.ts';
import type { Trx } from '../kit/transaction.ts';

export async function insertRound(trx: Trx, id: string, round: CreateSupplyRound): Promise<void> {
  await trx
    .insertInto('supply_round')
    .values({
      id,
      on_date: round.onDate,
      vehicle_id: round.vehicleId,
      driver_id: round.driverId,
      courier_id: round.courierId,
      depart_at: new Date(round.departAt),
      mode: round.mode,
      status: 'planned',
      cut_off_at: round.cutOffAt === null ? null : new Date(round.cutOffAt),
      confirmed_at: null,
      loaded_at: null,
      departed_at: null,
      returned_at: null,
      handed_over_at: null,
      closed_at: null,
    })
    .execute();
  await insertStops(trx, id, round.stops);
}

async function insertStops(trx: Trx, roundId: string, stops: readonly PlannedStop[]): Promise<void> {
  if (stops.length === 0) return;
  await trx
    .insertInto('round_stop')
    .values(
      stops.map(({ stopId, institutionId, arriveAt }) => ({
        id: stopId,
        round_id: roundId,
        institution_id: institutionId,
        arrive_at: new Date(arriveAt),
        status: 'scheduled' as const,
        fail_reason: null,
        failed_at: null,
        moved_to_round_id: null,
      })),
    )
    .execute();
}
