/** The row of a round, locked for an act: it is the truth of what the round allows. */
import { sql } from 'kysely';
import type { RoundStatus } from '../../domain/sterile-supply/vocabulary.ts';
import { allowedRoundActs, mayActOnRound, type RoundAct } from '../../domain/supply-round/acts.ts';
import type { RoundMode, StopStatus } from '../../domain/supply-round/protocol.ts';
import type { Trx } from '../kit/transaction.ts';
import { refuseTransition } from '../sterile-supply/act.ts';

export interface LockedRound {
  id: string;
  onDate: string;
  vehicleId: string;
  driverId: string;
  courierId: string;
  departAt: Date;
  mode: RoundMode;
  status: RoundStatus;
  brokenDown: boolean;
}

/** Resolves with undefined for a round that there is not. */
export const lockRound = async (trx: Trx, id: string): Promise<LockedRound | undefined> => (await lockRounds(trx, [id]))[0];

/** In the order of their ids. */
export async function lockRounds(trx: Trx, ids: readonly string[]): Promise<LockedRound[]> {
  return trx
    .selectFrom('supply_round')
    .select([
      'id',
      'on_date as onDate',
      'vehicle_id as vehicleId',
      'driver_id as driverId',
      'courier_id as courierId',
      'depart_at as departAt',
      'mode',
      'status',
      'broken_down as brokenDown',
    ])
    .where('id', 'in', [...ids])
    .orderBy('id')
    .forUpdate()
    .execute();
}

/** Locks the round for an act. Throws ActRefused when its state does not allow the act. */
export const lockRoundFor = async (trx: Trx, id: string, act: RoundAct): Promise<LockedRound> =>
  requireActOnRound(await lockRound(trx, id), act);

/** Throws ActRefused when the state of the round does not allow the act. */
export function requireActOnRound(round: LockedRound | undefined, act: RoundAct): LockedRound {
  if (!round) throw new Error('An act is done on a round that there is.');
  if (!mayActOnRound(round, act)) throw refuseTransition(round.status, allowedRoundActs(round));
  return round;
}

interface RoundChanges {
  status?: RoundStatus;
  broken_down?: boolean;
  vehicle_id?: string;
  confirmed_at?: Date;
  loaded_at?: Date;
  departed_at?: Date;
  returned_at?: Date;
  handed_over_at?: Date;
  closed_at?: Date;
}

/** Without changes the version rises all the same: something that the round shows has changed. */
export async function updateRound(trx: Trx, id: string, changes: RoundChanges = {}): Promise<void> {
  await trx
    .updateTable('supply_round')
    .set({ ...changes, version: sql`version` })
    .where('id', '=', id)
    .execute();
}

export interface RoundStop {
  id: string;
  institutionId: string;
  arriveAt: Date;
  status: StopStatus;
}

/** The stops of a round in the order of their arrival, locked. Those that went to another round are not among them. */
export async function lockStopsOfRound(trx: Trx, roundId: string): Promise<RoundStop[]> {
  return trx
    .selectFrom('round_stop')
    .select(['id', 'institution_id as institutionId', 'arrive_at as arriveAt', 'status'])
    .where('round_id', '=', roundId)
    .where('moved_to_round_id', 'is', null)
    .orderBy('arrive_at')
    .orderBy('id')
    .forUpdate()
    .execute();
}
