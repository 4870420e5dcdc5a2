/** The indicators of referrals counted anew from the referrals, their legs and their timelines: what the sums that are kept must come to. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../../db/kit/database.ts';
import type { IndicatorQuestion, IndicatorRow } from '../../../db/kit/indicators.ts';
import { toShanghaiClock } from '../../../db/kit/shanghai.ts';
import { cameEvents, type Outcomes, type Received } from '../../../db/referral/indicators.ts';

const monthOf = (instant: RawBuilder<unknown>) => sql`to_char(${toShanghaiClock(instant)}, 'YYYY-MM')`;

/** By who sent them first, and the month of the sending. After a patient has moved, the referral still counts for who sent it. */
export async function recountSentIndicators(
  db: Database,
  { institutionId, from, to }: IndicatorQuestion,
): Promise<IndicatorRow<Outcomes>[]> {
  const { rows } = await sql<IndicatorRow<Outcomes>>`
    with sent as (
      select coalesce(pathway.state #>> '{formerInitiators,0}', referral.initiator_institution_id) as institution_id,
        ${monthOf(sql`referral.sent_at`)} as month, referral.status, pathway.state ->> 'reviewedAt' is not null as reviewed, step.*
      from referral
      join pathway on pathway.id = referral.id
      cross join lateral (
        select coalesce(bool_or(event in ${cameEvents}), false) as arrived,
          coalesce(bool_or(event = 'report-no-show'), false) as missed,
          coalesce(bool_or(event = 'expire'), false) as expired
        from timeline where timeline.pathway_id = referral.id
      ) as step
      where referral.sent_at >= ${from} and referral.sent_at < ${to}
    )
    select institution_id as "institutionId", month, json_build_object(
      'referrals', count(*),
      'arrived', count(*) filter (where arrived),
      'completed', count(*) filter (where status = 'completed'),
      'closedLoops', count(*) filter (where status = 'completed' and reviewed),
      'noShows', count(*) filter (where missed),
      'cancelled', count(*) filter (where status = 'cancelled'),
      'expired', count(*) filter (where expired)
    ) as counts
    from sent
    where ${institutionId === undefined} or institution_id = ${institutionId ?? ''}
    group by institution_id, month`.execute(db);
  return rows;
}

/** Half a second is rounded up, as people do. Postgres' round() of such a number goes to the even one. */
const wholeSeconds = (share: number, urgency: string) =>
  sql`floor(percentile_cont(${share}) within group (order by answer_seconds) filter (where urgency = ${urgency}) + 0.5)`;

/** By who was asked, and the month in which the referral came there. A referral that went on counts for everybody who was asked, for each with its own part. */
export async function recountReceivedIndicators(
  db: Database,
  { institutionId, from, to }: IndicatorQuestion,
): Promise<IndicatorRow<Received>[]> {
  const times = (urgency: string) => sql`json_build_object(
      'count', count(*) filter (where urgency = ${urgency} and answered_at is not null),
      'medianSeconds', ${wholeSeconds(0.5, urgency)},
      'p90Seconds', ${wholeSeconds(0.9, urgency)})`;
  const { rows } = await sql<IndicatorRow<Received>>`
    with received as (
      select leg.institution_id, ${monthOf(sql`leg.from_at`)} as month, referral.urgency, step.*,
        extract(epoch from step.answered_at - leg.from_at) as answer_seconds,
        leg.end_reason = 'no-answer' or step.ran_out as expired,
        -- how a referral ended is the doing of whoever had it last
        case when not exists (select from referral_leg as later where later.referral_id = leg.referral_id and later.n > leg.n) then referral.status end as status,
        pathway.state ->> 'reviewedAt' is not null as reviewed
      from referral_leg as leg
      join referral on referral.id = leg.referral_id
      join pathway on pathway.id = leg.referral_id
      cross join lateral (
        select min(happened_at) filter (where answers) as answered_at,
          min(seq) filter (where answers) as answered_seq,
          min(seq) filter (where event = 'rung-100' and because @> '[{"clause": "referral/received at 100 %"}]') as late_seq,
          min(seq) filter (where event = 'send-outcome' and referral.direction = 'down') as followed_up_seq,
          min(seq) filter (where event = 'rung-100' and because @> '[{"clause": "referral/first-follow-up at 100 %"}]') as follow_up_late_seq,
          coalesce(bool_or(event in ${cameEvents}), false) as arrived,
          coalesce(bool_or(event = 'report-no-show'), false) as missed,
          coalesce(bool_or(event = 'expire'), false) as ran_out
        from (
          select *, from_status = 'received' and event in ('send-acceptance', 'send-decline', 'refer-onward') as answers
          from timeline
          -- What happens at the instant a leg begins has begun it: it is of the leg before, such as the rung that sent the referral on.
          where timeline.pathway_id = leg.referral_id and happened_at > leg.from_at and happened_at <= coalesce(leg.to_at, 'infinity')
        ) as entry
      ) as step
      where leg.from_at >= ${from} and leg.from_at < ${to} and (${institutionId === undefined} or leg.institution_id = ${institutionId ?? ''})
    )
    select institution_id as "institutionId", month, json_build_object(
      'referrals', count(*),
      'arrived', count(*) filter (where arrived),
      'completed', count(*) filter (where status = 'completed'),
      'closedLoops', count(*) filter (where status = 'completed' and reviewed),
      'noShows', count(*) filter (where missed),
      'cancelled', count(*) filter (where status = 'cancelled'),
      'expired', count(*) filter (where expired),
      'answers', json_build_object('urgent', ${times('urgent')}, 'same-day', ${times('same-day')}, 'routine', ${times('routine')}),
      'sla', json_build_object(
        'kept', count(*) filter (where answered_seq is not null and (late_seq is null or late_seq > answered_seq)),
        'decided', count(*) filter (where answered_seq is not null or late_seq is not null)),
      'firstFollowUps', json_build_object(
        'kept', count(*) filter (where followed_up_seq is not null and (follow_up_late_seq is null or follow_up_late_seq > followed_up_seq)),
        'decided', count(*) filter (where followed_up_seq is not null or follow_up_late_seq is not null))
    ) as counts
    from received
    group by institution_id, month`.execute(db);
  return rows;
}
