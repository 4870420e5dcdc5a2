/** What is known of a round when another stop joins it. */
import { sql } from 'kysely';
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

/** One statement. The round is locked. The department lies in the middle of all centres as long as nobody has entered its place. */
export async function loadJoiningGround(
  trx: Trx,
  { roundId, institutionId }: { roundId: string; institutionId: string },
): Promise<JoiningGround> {
  const { rows } = await sql<JoiningGround>`
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
        where round_id = ${roundId} and moved_to_round_id is null), '[]') as stops`.execute(trx);
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
