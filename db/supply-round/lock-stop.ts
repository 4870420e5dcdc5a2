/** A stop with its round and its steps, locked for an act. */
import { type RawBuilder, sql } from 'kysely';
import type { RoundStatus, StopStep } from '../../domain/sterile-supply/vocabulary.ts';
import type { FailReason, RoundMode, StopStatus } from '../../domain/supply-round/protocol.ts';
import type { Trx } from '../kit/transaction.ts';
import { ActRefused } from '../sterile-supply/act.ts';

export interface DoneStep {
  step: StopStep;
  details: StepDetails;
}

/** What a step leaves behind of its body: ids and codes only. */
export interface StepDetails {
  packIds?: string[];
  accepted?: string[];
  rejected?: { packId: string; reason: string }[];
  checkedBy?: string | null;
  consignmentIds?: string[];
}

export interface LockedStop {
  id: string;
  institutionId: string;
  status: StopStatus;
  failReason: FailReason | null;
  failedAt: Date | null;
  round: { id: string; status: RoundStatus; mode: RoundMode; driverId: string; courierId: string };
  /** In the order of their instants. */
  steps: DoneStep[];
  slipIds: string[];
}

interface StopRow extends Omit<LockedStop, 'round' | 'steps' | 'slipIds'> {
  roundId: string;
  roundStatus: RoundStatus;
  mode: RoundMode;
  driverId: string;
  courierId: string;
}

/**
 * Two statements: what stands beside a row that was waited for is as old as the waiting, so the steps are read once the stop is locked. Stops of one
 * round do not wait for each other. Throws ActRefused `not-found` for a stop that has gone to another round meanwhile.
 */
export async function lockStop(trx: Trx, stopId: string): Promise<LockedStop> {
  const [stop] = await lockStops(trx, sql`stop.id = ${stopId}`);
  if (!stop) throw new ActRefused('not-found');
  return stop;
}

/** The stops of a round that can still fail, in the order of their ids. */
export const lockOpenStops = (trx: Trx, roundId: string): Promise<LockedStop[]> =>
  lockStops(trx, sql`stop.round_id = ${roundId} and stop.status not in ('signed', 'left', 'failed')`);

/** The round first, as every act does that needs both. */
async function lockStops(trx: Trx, which: RawBuilder<unknown>): Promise<LockedStop[]> {
  const { rows } = await sql<StopRow>`
    select stop.id, stop.institution_id as "institutionId", stop.status, stop.fail_reason as "failReason", stop.failed_at as "failedAt",
      round.id as "roundId", round.status as "roundStatus", round.mode, round.driver_id as "driverId", round.courier_id as "courierId"
    from round_stop as stop join supply_round as round on round.id = stop.round_id
    where ${which} and stop.moved_to_round_id is null order by stop.id for share of round for update of stop`.execute(trx);
  const { rows: beside } = await sql<Pick<LockedStop, 'id' | 'steps' | 'slipIds'>>`
    select stop_id as id,
      (select coalesce(json_agg(json_build_object('step', step, 'details', details) order by happened_at, id), '[]')
        from stop_step where stop_step.stop_id = asked.stop_id) as steps,
      array(select id::text from exchange_slip where exchange_slip.stop_id = asked.stop_id order by id) as "slipIds"
    from unnest(${rows.map(({ id }) => id)}::uuid[]) as asked (stop_id)`.execute(trx);
  return rows.map(({ roundId, roundStatus, mode, driverId, courierId, ...stop }) => {
    const of = beside.find(({ id }) => id === stop.id);
    return {
      ...stop,
      round: { id: roundId, status: roundStatus, mode, driverId, courierId },
      steps: of?.steps ?? [],
      slipIds: of?.slipIds ?? [],
    };
  });
}

/** What was handed over at a stop, and what of it was rejected there. */
export function handedAt({ steps }: Pick<LockedStop, 'steps'>): { handed: string[]; rejected: string[] } {
  return {
    handed: [...new Set(steps.flatMap(({ step, details }) => (step === 'sterile-handed' ? (details.packIds ?? []) : [])))],
    rejected: steps.flatMap(({ step, details }) => (step === 'checked' ? (details.rejected ?? []).map(({ packId }) => packId) : [])),
  };
}
