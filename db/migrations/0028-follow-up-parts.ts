/** What an enrolment counts in a year stands in a row of its own, and the months of the centres add themselves up from what changes in these rows. */
import { type Kysely, sql } from 'kysely';

/** A figure in a part is a number: twenty times the month, and which figure it is. */
const inTheMonth = { managed: 1, quotaDecided: 2, quotaKept: 3, paymentKept: 4, clinicalKept: 5 };
const kinds = [
  'enrolled',
  'visit',
  'face-to-face',
  'in-time',
  'late',
  'expired',
  'open',
  'referral',
  'sent',
  'arrived',
  'lost',
  'died',
  'withdrawn',
];
const firstKind = 6;

const onDate = (instant: string) => `(${instant} at time zone 'Asia/Shanghai')::date`;
const cameEvents = `('send-interim-note', 'send-outcome')`;

/** By enrolment and year, up to the year that is asked for. The definitions are those of the indicators: see api/follow-up/indicators.ts. */
const partsOf = `create function follow_up_parts_of(patients text[], last_year integer) returns setof follow_up_part language sql stable as $$
  with enrolled as materialized (
    select enrolment.id, pathway_id, institution_id, started_on, end_reason, next_due_on, ${onDate('ended_at')} as ended_on, disease,
      per_year, days_per_visit, exam_counts,
      lead(started_on) over (partition by institution_id, disease, patient_id order by started_on, enrolment.id) as followed_on
    from enrolment
    cross join lateral (
      select document ->> 'disease' as disease, (document #>> '{quota,faceToFacePerYear}')::integer as per_year,
        (document #>> '{quota,daysPerVisit}')::integer as days_per_visit, (document #>> '{quota,annualExamCounts}')::boolean as exam_counts
      from protocol where protocol.id = protocol_id and protocol.version = protocol_version
    ) as rule
    where patient_id = any (patients)
  ),
  visit as materialized (
    select visit.id, enrolment_id, visited_at, visited_on, extract(year from visited_on)::integer as year, mode, annual_exam,
      payment_controlled, clinical_controlled, referral_id, case when entered_late then null else due_on end as due_on,
      mode <> 'phone' and coalesce(measured, false) and (exam_counts or not annual_exam) as counts
    from enrolled cross join lateral (
      select *, ${onDate('visited_at')} as visited_on from follow_up_visit where enrolment_id = enrolled.id offset 0
    ) as visit
  ),
  -- Each visit with what the quota had by then: days with a visit, and one health check a year. It stands until the next one.
  standing as materialized (
    select enrolment_id, year, visited_on, payment_controlled, clinical_controlled,
      count(*) filter (where counts and nth = 1) over so_far as kept, lead(visited_on) over so_far as until
    from (
      select *, row_number() over (
        partition by enrolment_id, year, counts, annual_exam, case when annual_exam then null else visited_on end order by visited_at, id) as nth
      from visit
    ) as numbered
    window so_far as (partition by enrolment_id, year order by visited_at, id)
  ),
  stock as (
    select managed.id as enrolment_id, month, which
    from (
      select *, end_reason is not distinct from 'lost' and ended_on <= last_day as lost
      from enrolled
      cross join lateral (
        select month::date as month, (month + interval '1 month - 1 day')::date as last_day, date_trunc('year', month)::date as year_from,
          extract(year from month)::integer as year
        from generate_series(date_trunc('month', started_on::timestamp), make_timestamp(
          least(last_year, coalesce(extract(year from ended_on)::integer, last_year)), 12, 1, 0, 0, 0), interval '1 month') as month
      ) as months
      where (ended_on is null or ended_on >= year_from) and (followed_on is null or followed_on > last_day)
    ) as managed
    left join standing on enrolment_id = managed.id and standing.year = managed.year
      and visited_on <= last_day and (until is null or until > last_day)
    cross join lateral (values
      (${inTheMonth.managed}, true),
      (${inTheMonth.quotaDecided}, per_year is not null),
      (${inTheMonth.quotaKept}, coalesce(kept, 0) >= least(per_year,
        (least(coalesce(ended_on, last_day), last_day) - greatest(started_on, year_from) + 1) / days_per_visit)),
      (${inTheMonth.paymentKept}, payment_controlled and not lost),
      (${inTheMonth.clinicalKept}, clinical_controlled and not lost)
    ) as figure (which, counts)
    where figure.counts
  ),
  event as (
    select id as enrolment_id, started_on as happened_on, 'enrolled' as kind from enrolled
    union all select id, ended_on, end_reason from enrolled
    union all select id, next_due_on, 'open' from enrolled
    union all select enrolment_id, visited_on, 'visit' from visit
    union all select enrolment_id, visited_on, 'face-to-face' from visit where mode <> 'phone'
    union all select enrolment_id, due_on, case when visited_on <= due_on then 'in-time' else 'late' end from visit
    union all select enrolled.id, (because #>> '{0,evidence,dueOn}')::date, 'expired'
      from enrolled join timeline on timeline.pathway_id = enrolled.pathway_id and event = 'expired'
        and enrolled.id::text = any (string_to_array(because #>> '{0,evidence,enrolmentIds}', ' '))
    union all select enrolment_id, visited_on, 'referral' from visit where referral_id is not null
    union all select enrolment_id, visited_on, 'sent' from visit join referral on referral.id = referral_id where sent_at is not null
    union all select enrolment_id, visited_on, 'arrived' from visit
      where referral_id is not null and exists (select from timeline where pathway_id = referral_id and event in ${cameEvents})
  ),
  figure as (
    select enrolment_id, month, which from stock
    union all
    select enrolment_id, happened_on, ${firstKind - 1} + array_position(array['${kinds.join("', '")}'], kind) from event
    where kind in ('${kinds.join("', '")}') and extract(year from happened_on) <= last_year
  )
  select enrolled.id, extract(year from month)::smallint, institution_id, disease,
    array_agg((extract(month from month) * 20 + which)::smallint order by month, which)
  from figure join enrolled on enrolled.id = enrolment_id
  group by enrolled.id, institution_id, disease, extract(year from month)
$$`;

/**
 * Whatever is different about the parts of these residents is stored, and told to the months as less of the old and more of the new. Two transactions that
 * count one resident do so one after the other.
 */
const count = `create function count_follow_ups(patients text[]) returns void language plpgsql
  set plan_cache_mode = force_generic_plan as $$ begin
  perform pg_advisory_xact_lock(hashtextextended('follow-up of ' || patient, 0)) from (select distinct unnest(patients) as patient order by 1) as counted;
  with found as materialized (select * from follow_up_parts_of(patients, (select target_year from follow_up_horizon))),
  before as materialized (
    select * from follow_up_part where enrolment_id in (select id from enrolment where patient_id = any (patients))
  ),
  stored as (
    insert into follow_up_part select * from found
    on conflict (enrolment_id, year) do update set institution_id = excluded.institution_id, disease = excluded.disease, figures = excluded.figures
      where (follow_up_part.institution_id, follow_up_part.disease, follow_up_part.figures)
        is distinct from (excluded.institution_id, excluded.disease, excluded.figures)
  ),
  removed as (
    delete from follow_up_part using before where follow_up_part.enrolment_id = before.enrolment_id and follow_up_part.year = before.year
      and not exists (select from found where found.enrolment_id = before.enrolment_id and found.year = before.year)
  )
  insert into follow_up_part_change (weight, year, institution_id, disease, figures)
  select -1, year, institution_id, disease, figures from (select * from before except select * from found) as gone
  union all
  select 1, year, institution_id, disease, figures from (select * from found except select * from before) as come;
end $$`;

const statements = [
  `alter table fill alter column after type text`,
  // Up to the end of which year the parts of everybody reach, and to which those are made that are counted today.
  `create table follow_up_horizon (
    filled_year integer not null,
    target_year integer not null,
    only_one boolean primary key default true check (only_one)
  )`,
  `insert into follow_up_horizon (filled_year, target_year) values (0, extract(year from now())::integer + 1)`,
  `create table follow_up_part (
    enrolment_id uuid not null references enrolment,
    year smallint not null,
    institution_id text not null,
    disease text not null,
    figures smallint[] not null,
    primary key (enrolment_id, year)
  ) with (fillfactor = 85)`,
  `create table follow_up_part_change (
    id bigint generated always as identity primary key,
    weight smallint not null check (weight in (-1, 1)),
    year smallint not null,
    institution_id text not null,
    disease text not null,
    figures smallint[] not null
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,
  // counts: by the number of the figure. Half of a page is left for the next version of its rows, so that they stay where they are.
  `create table follow_up_month (
    month date not null,
    institution_id text not null,
    disease text not null,
    counts integer[] not null check (cardinality(counts) = ${firstKind - 1 + kinds.length}),
    primary key (month, institution_id, disease)
  ) with (fillfactor = 50)`,
  partsOf,
  count,

  // At the end of a transaction each resident is counted once, however many of their rows it has written.
  `create function count_follow_ups_once(patient text) returns void language plpgsql as $$
    declare counted text := coalesce(current_setting('carepath.counted_follow_ups', true), '');
    begin
      if strpos(counted, '|' || patient || '|') = 0 then
        perform count_follow_ups(array[patient]);
        perform set_config('carepath.counted_follow_ups', counted || '|' || patient || '|', true);
      end if;
    end $$`,
  `create function count_enrolment() returns trigger language plpgsql as $$ begin
    perform count_follow_ups_once(new.patient_id);
    if tg_op = 'UPDATE' and old.patient_id <> new.patient_id then perform count_follow_ups_once(old.patient_id); end if;
    return null;
  end $$`,
  `create function count_visit() returns trigger language plpgsql as $$ begin
    perform count_follow_ups_once(patient_id) from enrolment where id = new.enrolment_id;
    return null;
  end $$`,
  // A referral that a visit has started counts in the month of the visit.
  `create index follow_up_visit_of_referral on follow_up_visit (referral_id) where referral_id is not null`,
  `create function count_referral_of_visit() returns trigger language plpgsql as $$ begin
    perform count_follow_ups_once(patient_id) from follow_up_visit join enrolment on enrolment.id = enrolment_id where referral_id = new.id;
    return null;
  end $$`,
  ...(
    [
      ['enrolment', 'insert or update', 'count_enrolment'],
      ['follow_up_visit', 'insert', 'count_visit'],
      ['referral', 'insert or update', 'count_referral_of_visit'],
    ] as const
  ).map(
    ([table, writes, count]) =>
      `create constraint trigger ${table}_counts_in_follow_up after ${writes} on ${table} deferrable initially deferred for each row execute function ${count}()`,
  ),
  `insert into fill (name) values ('follow-up-parts')`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
