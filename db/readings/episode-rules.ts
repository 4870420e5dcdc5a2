/**
 * The rules of episodes as SQL over a batch at once. Where they stand there are: `fresh`, the new readings; `person`, whom they are about, with all
 * records of each; `looked_at`, until when the episodes of a person and rule were looked at.
 */
import { type RawBuilder, sql } from 'kysely';
import { glucoseKinds } from '../../domain/readings/reading.ts';
import type { EpisodeCondition, EpisodeRule } from '../../domain/readings/reading-protocol.ts';
import { toShanghaiClock } from '../kit/shanghai.ts';

const isGlucose = sql`kind = any(${[...glucoseKinds]}::text[])`;
const localDate = sql`${toShanghaiClock(sql`measured_at`)}::date`;

/** One row a person at most: person_id, rule, reading_id, measured_at, evidence. */
export function findingsOf(rule: EpisodeRule, since: Date): RawBuilder<unknown> {
  const { when } = rule;
  switch (when.kind) {
    case 'blood-pressure-at-least':
      return crisisSql(rule.id, since, {
        holds: sql`kind = 'blood-pressure' and (systolic >= ${when.systolic} or diastolic >= ${when.diastolic})`,
        evidence: sql`'systolic', systolic, 'diastolic', diastolic`,
      });
    case 'glucose-at-least':
      return crisisSql(rule.id, since, { holds: sql`${isGlucose} and value >= ${when.mmolPerL}`, evidence: sql`'mmolPerL', value` });
    case 'glucose-at-most':
      return crisisSql(rule.id, since, { holds: sql`${isGlucose} and value <= ${when.mmolPerL}`, evidence: sql`'mmolPerL', value` });
    case 'glucose-above-on-days-in-a-row':
      return daysInARow(rule.id, since, when);
    case 'systolic-above-mean-by':
      return riseSql(rule.id, since, when);
  }
}

const notLookedAt = (rule: string) => sql`
  measured_at > coalesce((select until from looked_at where looked_at.person_id = of.person_id and looked_at.rule = ${rule}), '-infinity')`;

/** The latest new reading for which it holds. */
const crisisSql = (rule: string, since: Date, { holds, evidence }: { holds: RawBuilder<unknown>; evidence: RawBuilder<unknown> }) => sql`
  select distinct on (person_id) person_id, ${rule}::text as rule, id as reading_id, measured_at, jsonb_build_object(${evidence}) as evidence
  from (select patient_id as person_id, fresh.* from fresh where measured_at >= ${since} and ${holds}) as of
  where ${notLookedAt(rule)}
  order by person_id, measured_at desc, id desc`;

/** The latest date that ends such a row, if a new reading is in the row. */
function daysInARow(rule: string, since: Date, { mmolPerL, days }: EpisodeCondition & { kind: 'glucose-above-on-days-in-a-row' }) {
  const reach = sql`${days} * interval '1 day'`;
  return sql`
    select distinct on (person_id) person_id, ${rule}::text as rule, reading_id, measured_at,
      jsonb_build_object('from', local_date - ${days - 1}::int, 'to', local_date, 'days', ${days}::int, 'lowestDayMmolPerL', lowest, 'highestMmolPerL', highest)
        as evidence
    from (
      select *, count(*) over row_of_days as days, bool_or(is_new) over row_of_days as has_new,
        min(day_highest) over row_of_days as lowest, max(day_highest) over row_of_days as highest
      from (
        select person_id, ${localDate} as local_date, max(value) as day_highest, bool_or(id in (select id from fresh)) as is_new,
          max(measured_at) as measured_at, (array_agg(id order by measured_at desc, id desc))[1] as reading_id
        from (
          select person_id, record_ids, min(measured_at) as first_at, max(measured_at) as last_at
          from fresh join person on person_id = patient_id where ${isGlucose} and value > ${mmolPerL} group by person_id, record_ids
        ) as of
        cross join lateral (
          select id, measured_at, value from reading
          where patient_id = any(record_ids) and status = 'recorded' and ${isGlucose} and value > ${mmolPerL}
            and measured_at between greatest(first_at, ${since}) - ${reach} and last_at + ${reach}
        ) as high
        where ${localDate} > coalesce(
          (select ${toShanghaiClock(sql`until`)}::date from looked_at where looked_at.person_id = of.person_id and looked_at.rule = ${rule}), '-infinity')
        group by person_id, local_date
      ) as day
      window row_of_days as (partition by person_id order by local_date range between ${days - 1} * interval '1 day' preceding and current row)
    ) as ended
    where days = ${days} and has_new and measured_at >= ${since}
    order by person_id, local_date desc`;
}

/** The latest reading that stands out from those before it, if it or one of those is new. Nothing is divided: sums are compared. */
const riseSql = (rule: string, since: Date, { mmHg, readings, withinDays }: EpisodeCondition & { kind: 'systolic-above-mean-by' }) => sql`
  select distinct on (person_id) person_id, ${rule}::text as rule, id as reading_id, measured_at,
    jsonb_build_object('systolic', systolic, 'meanOfLast', round(total / ${readings}::int, 1), 'readings', ${readings}::int, 'withinDays', ${withinDays}::int) as evidence
  from (
    select person_id, record_ids, later.* from (
      select person_id, record_ids, min(measured_at) as first_at from fresh join person on person_id = patient_id
      where kind = 'blood-pressure' group by person_id, record_ids
    ) as since_new
    cross join lateral (
      select id, measured_at, systolic from reading
      where patient_id = any(record_ids) and status = 'recorded' and kind = 'blood-pressure' and measured_at >= greatest(first_at, ${since})
    ) as later
  ) as of
  cross join lateral (
    select count(*) as n, sum(systolic) as total, bool_or(id in (select id from fresh)) as has_new from (
      select of_record.* from unnest(record_ids) as record(record_id)
        -- one walk along the index each, however many readings the days hold
        cross join lateral (
          select id, measured_at, systolic from reading
          where patient_id = record_id and status = 'recorded' and kind = 'blood-pressure'
            and measured_at < of.measured_at and measured_at >= of.measured_at - ${withinDays} * interval '1 day'
          order by measured_at desc, systolic desc, id desc limit ${readings}
        ) as of_record
      order by measured_at desc, systolic desc, id desc limit ${readings}
    ) as last
  ) as before
  where n = ${readings} and systolic * ${readings} - total >= ${mmHg * readings} and (has_new or id in (select id from fresh)) and ${notLookedAt(rule)}
  order by person_id, measured_at desc, id desc`;
