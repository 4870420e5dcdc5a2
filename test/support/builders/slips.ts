/** What tests of slips begin with where the round is not walked through: rounds as rows, and acts in a transaction of their own. */
import { v7 as uuid } from 'uuid';
import type { Trx } from '../../../db/kit/transaction.ts';
import type { Act } from '../../../db/sterile-supply/act.ts';
import type { Actor } from '../../../domain/kit/pathway.ts';
import type { Service } from '../service/service.ts';

export interface PlacedRound {
  roundId: string;
  /** The stop of each centre, in the order asked. */
  stopIds: string[];
}

export const HOUR_MS = 3_600_000;

const courier: Actor = { personId: 'person-courier', institutionId: 'inst-cssd', role: 'courier' };
export const technician: Actor = { personId: 'person-technician', institutionId: 'inst-cssd', role: 'technician' };

/** A round as its creation leaves it, with a stop every hour from `arriveAt` on. */
export async function placeRound(
  { db }: Pick<Service, 'db'>,
  institutionIds: readonly string[],
  { arriveAt = Date.now() + 72 * HOUR_MS, status = 'planned' }: { arriveAt?: number; status?: 'planned' | 'confirmed' } = {},
): Promise<PlacedRound> {
  const roundId = uuid();
  const stops = institutionIds.map((institutionId, index) => ({
    id: uuid(),
    round_id: roundId,
    institution_id: institutionId,
    arrive_at: new Date(arriveAt + index * HOUR_MS),
    status: 'scheduled' as const,
  }));
  const round = {
    vehicle_id: 'vehicle-1',
    driver_id: 'person-driver',
    courier_id: 'person-courier',
    mode: 'soiled-first' as const,
    status,
  };
  const onDate = new Date(arriveAt).toISOString().slice(0, 10);
  await db
    .insertInto('supply_round')
    .values({ id: roundId, on_date: onDate, depart_at: new Date(arriveAt - HOUR_MS), ...round })
    .execute();
  await db.insertInto('round_stop').values(stops).execute();
  return { roundId, stopIds: stops.map(({ id }) => id) };
}

/** Does an act that no operation of its own does here. */
export const performAct = <T>(
  { db }: Pick<Service, 'db'>,
  work: (act: Act) => Promise<T>,
  { actor = courier, happenedAt = new Date() }: { actor?: Actor; happenedAt?: Date } = {},
): Promise<T> =>
  db
    .transaction()
    .execute((trx: Trx) => work({ trx, actor, happenedAt, recordedAt: new Date(), late: false, requestId: uuid(), scanId: null }));

/** The stop is over, as its round leaves it. */
export const endStop = ({ db }: Pick<Service, 'db'>, stopId: string, status: 'left' | 'failed' = 'left') =>
  db.updateTable('round_stop').set({ status }).where('id', '=', stopId).execute();
