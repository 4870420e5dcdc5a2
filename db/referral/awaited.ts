/**
 * What referrals still have time for: patients who may yet arrive, and results that may yet be reviewed. The sums of the months cannot hold it, because a
 * referral falls out of it as its time passes; it is found through the referrals that are not over, which are few.
 */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import type { IndicatorQuestion } from '../kit/indicators.ts';
import { toShanghaiClock } from '../kit/shanghai.ts';

/** `arrivals`: not arrived, and the referral goes on there. `reviews`: completed and not reviewed, while the time to review runs. */
export interface Awaited {
  arrivals: number;
  reviews: number;
}

export interface AwaitedOfMonth extends Awaited {
  institutionId: string;
  /** YYYY-MM in Asia/Shanghai, by which the referral counts. */
  month: string;
  side: 'sent' | 'received';
}

/** Once the time has run out the result is owed, however late it comes. */
const isReviewLate = sql`exists (
  select from timeline
  where pathway_id = referral.id and event = 'rung-100' and because @> '[{"clause": "referral/review at 100 %"}]')`;

/** A part of whoever has a referral no longer waits for nothing: it has gone on. */
export async function loadAwaited(db: Database, { institutionId, from, to }: IndicatorQuestion): Promise<AwaitedOfMonth[]> {
  const { rows } = await sql<AwaitedOfMonth>`
    with open as materialized (
      select id, status, status = 'completed' and not ${isReviewLate} as reviewable from referral
      where status in ('received', 'accepted', 'in-progress') or (status = 'completed' and closed_at is null)
    )
    select institution_id as "institutionId", to_char(${toShanghaiClock(sql`at`)}, 'YYYY-MM') as month, case n when 0 then 'sent' else 'received' end as side,
      count(*) filter (where open.status <> 'completed' and not arrived)::int as arrivals, count(*) filter (where reviewable)::int as reviews
    from open join referral_part as part on part.referral_id = open.id
    where (n = 0 or not former) and at >= ${from} and at < ${to} and (${institutionId === undefined} or institution_id = ${institutionId ?? ''})
    group by 1, 2, 3`.execute(db);
  return rows;
}
