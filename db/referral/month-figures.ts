/** What the parts of referrals count, by institution and month: sums that are kept, and what has changed since they were last added to. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import { MOST_CHANGES_WAITING } from '../kit/indicators.ts';
import { inTransaction } from '../kit/transaction.ts';
import type { ReferralFigure } from './tables.ts';

/** Each is yes or no in a part, -1 or 1 of it in a change, a number in a month. */
const figures = [
  'arrived',
  'completed',
  'closed_loop',
  'no_show',
  'cancelled',
  'expired',
  'answered',
  'sla_kept',
  'sla_decided',
  'first_follow_up_kept',
  'first_follow_up_decided',
] as const satisfies readonly ReferralFigure[];

const columns = (write: (figure: RawBuilder<unknown>) => RawBuilder<unknown>) => sql.join(figures.map((figure) => write(sql.ref(figure))));

/** What a number of changes comes to, by the key of a month's row. `from`: the changes. */
const sumOfChanges = (from: RawBuilder<unknown>) => sql`
  select month, institution_id, side, urgency, sum(weight)::int as referrals, ${columns((figure) => sql`sum(weight * ${figure}::int)::int as ${figure}`)},
    array_agg(answer_ms) filter (where weight = 1 and answered) as added, array_agg(answer_ms) filter (where weight = -1 and answered) as removed
  from ${from} group by month, institution_id, side, urgency`;

/** A month's row as it is with the changes in it. `folded` and `changed` are the row and the sum of its changes; either may be missing. */
const sumsWithChanges = sql`
  coalesce(folded.referrals, 0) + coalesce(changed.referrals, 0) as referrals,
  ${columns((figure) => sql`coalesce(folded.${figure}, 0) + coalesce(changed.${figure}, 0) as ${figure}`)}`;
const answersWithChanges = sql`merge_answers(folded.answers_ms, changed.added, changed.removed)`;

/**
 * A relation for a `from`: the figures of each institution, month, side and urgency that the conditions pick, exact at this moment. The answers of a
 * month are only looked at where they have changed since the month was last added to.
 */
export const monthFigures = (conditions: RawBuilder<unknown>): RawBuilder<unknown> => sql`(
  select month, institution_id, side, urgency, ${sumsWithChanges},
    case when unchanged then folded.median_seconds else answer_seconds_at(answers, 0.5) end as median_seconds,
    case when unchanged then folded.p90_seconds else answer_seconds_at(answers, 0.9) end as p90_seconds
  from (select * from referral_month where ${conditions}) as folded
  full join (${sumOfChanges(sql`referral_part_change where ${conditions}`)}) as changed using (month, institution_id, side, urgency)
  cross join lateral (select changed.added is null and changed.removed is null as unchanged) as state
  cross join lateral (select case when not unchanged then ${answersWithChanges} end as answers) as merged
)`;

/**
 * Adds the oldest changes to their months: at most `MOST_CHANGES_WAITING`, so that no step is long. Resolves with how many there were. Anybody may do so
 * at any time, also several at once: figures are the same before and after.
 */
export async function foldReferralChanges(db: Database): Promise<number> {
  return inTransaction(db, { system: true, part: 'indicators' }, async (trx) => {
    // Who folds beside this one waits, and reads the months as this one has left them. Readers wait for nobody.
    await sql`lock table referral_month in exclusive mode`.execute(trx);
    const { rows } = await sql<{ changes: number }>`
      with taken as (
        delete from referral_part_change
        where id in (select id from referral_part_change order by id limit ${MOST_CHANGES_WAITING}) returning *
      ),
      changed as (${sumOfChanges(sql`taken`)}),
      written as (
        insert into referral_month (month, institution_id, side, urgency, referrals, ${columns((figure) => figure)}, answers_ms)
        select month, institution_id, side, urgency, ${sumsWithChanges}, ${answersWithChanges}
        from changed left join referral_month as folded using (month, institution_id, side, urgency)
        on conflict (month, institution_id, side, urgency) do update set referrals = excluded.referrals, answers_ms = excluded.answers_ms,
          ${columns((figure) => sql`${figure} = excluded.${figure}`)}
      )
      select count(*)::int as changes from taken`.execute(trx);
    return rows[0]?.changes ?? 0;
  });
}
