/** What is known of a round when another stop joins it. */
import { type RawBuilder, sql } from 'kysely';
import type { StopStatus } from '../../domain/supply-round/protocol.ts';
import { returnDueAtOf } from '../../domain/supply-round/return-due.ts';
import type { Position } from '../../domain/supply-round/travel.ts';
import type { Trx } from '../kit/transaction.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import type { LockedRound } from './lock-round.ts';

export interface JoiningGround {
  /** The institution is a centre. */
  isCentre: boolean;
  /** A stop of the round at this centre that is not over. */
  openStopId: string | null;
  centre: Position | null;
  depot: Position | null;
  /** The stops that the round has already. */
  stops: { arriveAt: number; position: Position | null }[];
}

/** One statement. The round is locked. */
export const loadJoiningGround = (trx: Trx, joining: { roundId: string; institutionId: string }): Promise<JoiningGround> =>
  selectJoiningGround(trx, joining.roundId, sql`${joining.institutionId}::text`, sql`true as joins`);

interface StopToMove {
  institutionId: string;
  arriveAt: number;
  status: StopStatus;
}

/** The same for a stop of another round, which is locked too; `stop` is null where that round has no such stop. One statement. */
export async function loadMovingGround(
  trx: Trx,
  { stopId, fromRoundId, toRoundId }: { stopId: string; fromRoundId: string; toRoundId: string },
): Promise<JoiningGround & { stop: StopToMove | null }> {
  const stop = sql`
    (select jsonb_build_object('institutionId', institution_id, 'arriveAt', (extract(epoch from arrive_at) * 1000)::float8, 'status', status)
      from round_stop where id = ${stopId} and round_id = ${fromRoundId} and moved_to_round_id is null) as stop`;
  return selectJoiningGround<{ stop: StopToMove | null }>(
    trx,
    toRoundId,
    sql`(select institution_id from round_stop where id = ${stopId})`,
    stop,
  );
}

/** The department lies in the middle of all centres as long as nobody has entered its place. `beside`: further columns. */
async function selectJoiningGround<Beside>(
  trx: Trx,
  roundId: string,
  institutionId: RawBuilder<unknown>,
  beside: RawBuilder<unknown>,
): Promise<JoiningGround & Beside> {
  const { rows } = await sql<JoiningGround & Beside>`
    with place as (
      select institution_id, jsonb_build_object('latitude', latitude, 'longitude', longitude) as position from supply_centre
    )
    select
      exists (select from institution where id = ${institutionId} and kind = 'community-health-centre') as "isCentre",
      (select id from round_stop where round_id = ${roundId} and institution_id = ${institutionId} and status not in ('left', 'failed')
        and moved_to_round_id is null limit 1) as "openStopId",
      (select position from place where institution_id = ${institutionId}) as centre,
      coalesce(
        (select position from place join institution on institution.id = place.institution_id where kind = 'sterile-supply-department'
          order by institution.id limit 1),
        (select case when count(*) > 0 then jsonb_build_object('latitude', avg(latitude), 'longitude', avg(longitude)) end from supply_centre)) as depot,
      coalesce((select jsonb_agg(jsonb_build_object('arriveAt', (extract(epoch from arrive_at) * 1000)::float8, 'position', place.position)
          order by arrive_at, round_stop.id)
        from round_stop left join place on place.institution_id = round_stop.institution_id
        where round_id = ${roundId} and moved_to_round_id is null), '[]') as stops,
      ${beside}`.execute(trx);
  const [ground] = rows;
  if (!ground) throw new Error('A statement without a table gives a row.');
  return ground;
}

/** When the round is expected back with the further stop. */
export const returnDueAtWith = ({ onDate, departAt }: LockedRound, { centre, depot, stops }: JoiningGround, arriveAt: number): number =>
  returnDueAtOf(
    {
      departAt: departAt.getTime(),
      depot,
      stops: [...stops, { arriveAt, position: centre }],
    },
    loadNormRules(onDate).planning,
  );
