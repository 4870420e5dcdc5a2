/** How soon referrals were answered over several institutions or months. Medians do not add up: they are found among the answers themselves. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import type { IndicatorQuestion } from '../kit/indicators.ts';
import { toShanghaiClock } from '../kit/shanghai.ts';
import type { AnswerTimes } from './indicators.ts';

export type AnswerTimesByUrgency = Readonly<Record<string, AnswerTimes>>;

export interface AnswerTimesOfSpan {
  /** Of everybody who was asked, by month (YYYY-MM), oldest first, then by urgency. */
  months: ReadonlyMap<string, AnswerTimesByUrgency>;
  /** Of the whole span. */
  span: AnswerTimesByUrgency;
}

interface Row {
  /** Null: of the whole span. */
  month: string | null;
  urgency: string;
  times: AnswerTimes;
}

/**
 * Exact at this moment: from the months that are kept in order, those of the alliance or of the institution that is asked about, and what still waits to be
 * added to them. The answers of a month are only opened for the span, and where something waits.
 */
export async function loadAnswerTimes(db: Database, { institutionId, from, to }: IndicatorQuestion): Promise<AnswerTimesOfSpan> {
  const dateOf = (instant: Date) => sql`${toShanghaiClock(sql`${instant}::timestamptz`)}::date`;
  const inSpan = sql`month >= ${dateOf(from)} and month < ${dateOf(to)}`;
  const ofInstitution = sql`side = 'received' and institution_id = ${institutionId ?? null}`;
  const kept =
    institutionId === undefined
      ? sql`referral_answers_of_alliance where ${inSpan}`
      : sql`referral_month where ${inSpan} and ${ofInstitution}`;
  const { rows } = await sql<Row>`
    with changed as (
      select month, urgency, array_agg(answer_ms) filter (where weight = 1) as added, array_agg(answer_ms) filter (where weight = -1) as removed
      from referral_part_change
      where ${inSpan} and side = 'received' and answered ${institutionId === undefined ? sql`` : sql`and institution_id = ${institutionId}`}
      group by month, urgency
    ),
    monthly as (
      select month, urgency, changed is null as unchanged, median_seconds, p90_seconds,
        case when changed is null then answers_ms else merge_answers(answers_ms, added, removed) end as answers_ms
      from (select month, urgency, answers_ms, median_seconds, p90_seconds from ${kept}) as folded
      full join changed using (month, urgency)
    ),
    spanned as (
      select urgency, array_agg(ms order by ms) as answers_ms from monthly cross join lateral unnest(answers_ms) as ms group by urgency
    )
    select to_char(month, 'YYYY-MM') as month, urgency, ${timesOf(
      sql`case when unchanged then median_seconds else answer_seconds_at(answers_ms, 0.5) end`,
      sql`case when unchanged then p90_seconds else answer_seconds_at(answers_ms, 0.9) end`,
    )} as times
    from monthly where cardinality(answers_ms) > 0
    union all
    select null, urgency, ${timesOf(sql`answer_seconds_at(answers_ms, 0.5)`, sql`answer_seconds_at(answers_ms, 0.9)`)} from spanned
    order by month, urgency`.execute(db);
  return { months: groupByMonth(rows), span: byUrgency(rows.filter(({ month }) => month === null)) };
}

const timesOf = (median: RawBuilder<unknown>, p90: RawBuilder<unknown>) =>
  sql`jsonb_build_object('count', cardinality(answers_ms), 'medianSeconds', ${median}, 'p90Seconds', ${p90})`;

const byUrgency = (rows: readonly Row[]): AnswerTimesByUrgency => Object.fromEntries(rows.map(({ urgency, times }) => [urgency, times]));

const groupByMonth = (rows: readonly Row[]): ReadonlyMap<string, AnswerTimesByUrgency> =>
  new Map(
    [...Map.groupBy(rows, ({ month }) => month)].flatMap(([month, own]) => (month === null ? [] : [[month, byUrgency(own)] as const])),
  );
