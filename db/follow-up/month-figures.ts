/** What enrolments count by centre, disease and month: sums that are kept, and what has changed since they were last added to. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import { type IndicatorQuestion, MOST_CHANGES_WAITING } from '../kit/indicators.ts';
import { toShanghaiClock } from '../kit/shanghai.ts';
import { inTransaction } from '../kit/transaction.ts';
import type { FollowUpIndicatorRow } from './indicator-counts.ts';

/** The number of each figure within its month, in the order of migration 0028. */
const numberOf = {
  managed: 1,
  quotaDecided: 2,
  quotaKept: 3,
  paymentKept: 4,
  clinicalKept: 5,
  enrolled: 6,
  visits: 7,
  faceToFace: 8,
  inTime: 9,
  late: 10,
  expired: 11,
  open: 12,
  referrals: 13,
  sent: 14,
  arrived: 15,
  lost: 16,
  died: 17,
  withdrawn: 18,
};

/** A relation for a `from`: each figure of the changes by its month and its number, with the change's weight. */
const changedFigures = (from: RawBuilder<unknown>): RawBuilder<unknown> => sql`(
  select make_date(year, figure / 20, 1) as month, institution_id, disease, figure % 20 as number, weight
  from ${from} as change cross join lateral unnest(figures) as figure
)`;

/** Up to the end of this year the sums hold whatever is known. */
export async function findFilledYear(db: Database): Promise<number> {
  const { filled_year } = await db.selectFrom('follow_up_horizon').select('filled_year').executeTakeFirstOrThrow();
  return filled_year;
}

/** Exact at this moment, for months up to the end of the filled year. By institution, month and disease. */
export async function loadSummedIndicators(db: Database, { institutionId, from, to }: IndicatorQuestion): Promise<FollowUpIndicatorRow[]> {
  const dateOf = (instant: Date) => sql`${toShanghaiClock(sql`${instant}::timestamptz`)}::date`;
  const asked = sql`month >= ${dateOf(from)} and month < ${dateOf(to)} ${institutionId === undefined ? sql`` : sql`and institution_id = ${institutionId}`}`;
  const count = (figure: keyof typeof numberOf): RawBuilder<unknown> =>
    sql`coalesce(sum(count) filter (where number = ${numberOf[figure]}), 0)`;
  const single = [
    'enrolled',
    'visits',
    'faceToFace',
    'inTime',
    'late',
    'expired',
    'open',
    'referrals',
    'sent',
    'arrived',
    'lost',
    'died',
    'withdrawn',
  ] as const;
  const { rows } = await sql<FollowUpIndicatorRow>`
    with counted as (
      select month, institution_id, disease, number, count
      from follow_up_month cross join lateral unnest(counts) with ordinality as figure (count, number) where ${asked}
      union all
      select month, institution_id, disease, number, weight from ${changedFigures(sql`follow_up_part_change`)} as changed where ${asked}
    ),
    monthly as (
      select institution_id, month, disease, number, sum(count)::integer as count from counted group by 1, 2, 3, 4 having sum(count) <> 0
    ),
    numbered as (select distinct document ->> 'disease' as disease from protocol where status = 'published' and document ->> 'indicator' is not null)
    select institution_id as "institutionId", to_char(month, 'YYYY-MM') as month, disease, json_build_object(
      'managed', ${count('managed')},
      'perSpecification', json_build_object('kept', ${count('quotaKept')}, 'decided', ${count('quotaDecided')}),
      'payment', json_build_object('kept', ${count('paymentKept')}, 'decided', case when has_number then ${count('managed')} else 0 end),
      'clinical', json_build_object('kept', ${count('clinicalKept')}, 'decided', case when has_number then ${count('managed')} else 0 end),
      ${sql.join(single.map((figure) => sql`${figure}::text, ${count(figure)}`))}
    ) as counts
    from monthly cross join lateral (select disease in (select disease from numbered) as has_number) as number_of_disease
    group by institution_id, monthly.month, disease, has_number
    order by institution_id, monthly.month, disease`.execute(db);
  return rows;
}

/** Adds the oldest changes to their months. Resolves with how many there were. Anybody may do so at any time, also several at once. */
export async function foldFollowUpChanges(db: Database): Promise<number> {
  return inTransaction(db, { system: true, part: 'indicators' }, async (trx) => {
    // Who folds beside this one waits, and reads the months as this one has left them. Readers wait for nobody.
    await sql`lock table follow_up_month in exclusive mode`.execute(trx);
    const { rows } = await sql<{ changes: number }>`
      with taken as (
        delete from follow_up_part_change where id in (select id from follow_up_part_change order by id limit ${MOST_CHANGES_WAITING}) returning *
      ),
      summed as (
        select month, institution_id, disease, number, sum(weight)::integer as more from ${changedFigures(sql`taken`)} as changed group by 1, 2, 3, 4
      ),
      written as (
        insert into follow_up_month (month, institution_id, disease, counts)
        select month, institution_id, disease, array_agg(coalesce(folded.counts[number], 0) + coalesce(more, 0) order by number)
        from (select distinct month, institution_id, disease from summed) as changed
        cross join generate_series(1, ${Object.keys(numberOf).length}) as number
        left join summed using (month, institution_id, disease, number)
        left join follow_up_month as folded using (month, institution_id, disease)
        group by month, institution_id, disease
        on conflict (month, institution_id, disease) do update set counts = excluded.counts
      )
      select count(*)::int as changes from taken`.execute(trx);
    return rows[0]?.changes ?? 0;
  });
}
