/** How follow-up goes, by institution, month and disease, from enrolments, visits and timelines. No personal data. */
import { type RawBuilder, sql } from 'kysely';
import { startOfMonth } from '../../domain/time/shanghai.ts';
import type { Database } from '../kit/database.ts';
import type { IndicatorQuestion } from '../kit/indicators.ts';
import { toShanghaiClock } from '../kit/shanghai.ts';
import { cameEvents } from '../referral/indicators.ts';
import type { FollowUpIndicatorRow } from './indicator-counts.ts';
import { findFilledYear, loadSummedIndicators } from './month-figures.ts';

/** From the sums that are kept, as far as they reach; what lies behind next year is counted. By institution, month and disease. */
export async function loadFollowUpIndicators(db: Database, question: IndicatorQuestion): Promise<FollowUpIndicatorRow[]> {
  const end = startOfMonth(`${(await findFilledYear(db)) + 1}-01`);
  if (question.to <= end) return loadSummedIndicators(db, question);
  if (question.from >= end) return countFollowUpIndicators(db, question);
  const summed = await loadSummedIndicators(db, { ...question, to: end });
  const counted = await countFollowUpIndicators(db, { ...question, from: end });
  const key = ({ institutionId, month, disease }: FollowUpIndicatorRow): string => `${institutionId} ${month} ${disease}`;
  return [...summed, ...counted].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Counted from enrolments, visits and timelines. Centre by centre: each statement stays as short as one centre is small. */
export async function countFollowUpIndicators(
  db: Database,
  { institutionId, from, to }: IndicatorQuestion,
): Promise<FollowUpIndicatorRow[]> {
  const rows: FollowUpIndicatorRow[] = [];
  for (const centre of institutionId === undefined ? await listCentres(db) : [institutionId])
    rows.push(...(await loadCentreIndicators(db, centre, from, to)));
  return rows;
}

async function listCentres(db: Database): Promise<string[]> {
  const rows = await db
    .selectFrom('institution')
    .select('id')
    .where(({ exists, selectFrom }) =>
      exists(selectFrom('enrolment').select('enrolment.id').whereRef('institution_id', '=', 'institution.id')),
    )
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}

const dateOf = (instant: RawBuilder<unknown>) => sql`${toShanghaiClock(instant)}::date`;

/** Everything counts for the centre that has the enrolment now; of a person's enrolments in one disease the latest that had begun. */
async function loadCentreIndicators(db: Database, institutionId: string, from: Date, to: Date): Promise<FollowUpIndicatorRow[]> {
  const fromOn = dateOf(sql`${from}::timestamptz`);
  const toOn = dateOf(sql`${to}::timestamptz`);
  // A stock of a month needs the visits of its year.
  const newYear = toShanghaiClock(sql`date_trunc('year', ${toShanghaiClock(sql`${from}::timestamptz`)})`);
  const { rows } = await sql<FollowUpIndicatorRow>`
    with months as materialized (
      select month::date as month, (month + interval '1 month - 1 day')::date as last_day, date_trunc('year', month)::date as year_from,
        extract(year from month) as year
      from generate_series(${fromOn}::timestamp, ${toOn}::timestamp - interval '1 day', interval '1 month') as month
    ),
    rule as materialized (
      select id, version, document ->> 'disease' as disease,
        (document #>> '{quota,faceToFacePerYear}')::integer as per_year,
        (document #>> '{quota,daysPerVisit}')::integer as days_per_visit,
        (document #>> '{quota,annualExamCounts}')::boolean as exam_counts,
        document ->> 'disease' in (
          select document ->> 'disease' from protocol where status = 'published' and document ->> 'indicator' is not null) as has_number
      from protocol
    ),
    enrolled as materialized (
      select enrolment.id, pathway_id, started_on, end_reason, next_due_on, disease, per_year, days_per_visit, exam_counts, has_number,
        ${dateOf(sql`ended_at`)} as ended_on,
        lead(started_on) over (partition by disease, patient_id order by started_on, enrolment.id) as followed_on
      from enrolment join rule on rule.id = protocol_id and rule.version = protocol_version
      where institution_id = ${institutionId}
    ),
    visit as materialized (
      select visit.id, enrolment_id, disease, visited_at, visited_on, extract(year from visited_on) as year, mode, annual_exam,
        payment_controlled, clinical_controlled, referral_id, case when entered_late then null else due_on end as due_on,
        visited_at >= ${newYear} and visited_at < ${to} as made_in_span,
        mode <> 'phone' and coalesce(measured, false) and (exam_counts or not annual_exam) as counts
      -- offset 0: along the index of each enrolment, where the planner would rather read the visits of all centres
      from enrolled cross join lateral (
        select *, ${dateOf(sql`visited_at`)} as visited_on from follow_up_visit
        where enrolment_id = enrolled.id and (visited_at >= ${newYear} and visited_at < ${to} or due_on >= ${fromOn} and due_on < ${toOn})
          and not exists (
            select from patient_visit where patient_visit.id = coalesce(visit_id, follow_up_visit.id) and entered_in_error is not null)
        offset 0
      ) as visit
    ),
    -- Each visit with what the quota had by then: days with a visit, and one health check a year. It stands until the next one.
    standing as materialized (
      select enrolment_id, year, visited_on, payment_controlled, clinical_controlled,
        count(*) filter (where counts and nth = 1) over so_far as kept,
        lead(visited_on) over so_far as until
      from (
        select *, row_number() over (
          partition by enrolment_id, year, counts, annual_exam, case when annual_exam then null else visited_on end order by visited_at, id) as nth
        from visit where made_in_span
      ) as numbered
      window so_far as (partition by enrolment_id, year order by visited_at, id)
    ),
    stock as (
      select month, disease, count(*) as managed,
        count(*) filter (where owed >= 1) as quota_decided,
        count(*) filter (where owed >= 1 and coalesce(kept, 0) >= owed) as quota_kept,
        count(*) filter (where has_number) as number_decided,
        count(*) filter (where payment_controlled and not lost) as payment_kept,
        count(*) filter (where clinical_controlled and not lost) as clinical_kept
      from (
        select *, end_reason is not distinct from 'lost' and ended_on <= last_day as lost,
          least(per_year, (least(coalesce(ended_on, last_day), last_day) - greatest(started_on, year_from) + 1) / days_per_visit) as owed
        from enrolled join months on started_on <= last_day and (ended_on is null or ended_on >= year_from)
          and (followed_on is null or followed_on > last_day)
      ) as managed
      left join standing on enrolment_id = managed.id and standing.year = managed.year
        and visited_on <= last_day and (until is null or until > last_day)
      group by month, disease
    ),
    event as (
      select disease, started_on as happened_on, 'enrolled' as kind from enrolled
      union all select disease, ended_on, end_reason from enrolled
      union all select disease, next_due_on, 'open' from enrolled
      union all select disease, visited_on, 'visit' from visit
      union all select disease, visited_on, 'face-to-face' from visit where mode <> 'phone'
      union all select disease, due_on, case when visited_on <= due_on then 'in-time' else 'late' end from visit
      union all select disease, (because #>> '{0,evidence,dueOn}')::date, 'expired'
        from enrolled join timeline on timeline.pathway_id = enrolled.pathway_id and event = 'expired'
          and enrolled.id::text = any (string_to_array(because #>> '{0,evidence,enrolmentIds}', ' '))
      union all select disease, visited_on, 'referral' from visit where referral_id is not null
      union all select disease, visited_on, 'sent' from visit join referral on referral.id = referral_id where sent_at is not null
      union all select disease, visited_on, 'arrived' from visit
        where referral_id is not null and exists (select from timeline where pathway_id = referral_id and event in ${cameEvents})
    ),
    flow as (
      select date_trunc('month', happened_on::timestamp)::date as month, disease,
        count(*) filter (where kind = 'enrolled') as enrolled,
        count(*) filter (where kind = 'visit') as visits,
        count(*) filter (where kind = 'face-to-face') as face_to_face,
        count(*) filter (where kind = 'in-time') as in_time,
        count(*) filter (where kind = 'late') as late,
        count(*) filter (where kind = 'expired') as expired,
        count(*) filter (where kind = 'open') as open,
        count(*) filter (where kind = 'referral') as referrals,
        count(*) filter (where kind = 'sent') as sent,
        count(*) filter (where kind = 'arrived') as arrived,
        count(*) filter (where kind = 'lost') as lost,
        count(*) filter (where kind = 'died') as died,
        count(*) filter (where kind = 'withdrawn') as withdrawn
      from event
      where happened_on >= ${fromOn} and happened_on < ${toOn}
      group by 1, 2
    )
    select ${institutionId}::text as "institutionId", to_char(month, 'YYYY-MM') as month, disease, json_build_object(
      'managed', coalesce(managed, 0),
      'perSpecification', json_build_object('kept', coalesce(quota_kept, 0), 'decided', coalesce(quota_decided, 0)),
      'payment', json_build_object('kept', coalesce(payment_kept, 0), 'decided', coalesce(number_decided, 0)),
      'clinical', json_build_object('kept', coalesce(clinical_kept, 0), 'decided', coalesce(number_decided, 0)),
      'enrolled', coalesce(enrolled, 0),
      'visits', coalesce(visits, 0),
      'faceToFace', coalesce(face_to_face, 0),
      'inTime', coalesce(in_time, 0),
      'late', coalesce(late, 0),
      'expired', coalesce(expired, 0),
      'open', coalesce(open, 0),
      'referrals', coalesce(referrals, 0),
      'sent', coalesce(sent, 0),
      'arrived', coalesce(arrived, 0),
      'lost', coalesce(lost, 0),
      'died', coalesce(died, 0),
      'withdrawn', coalesce(withdrawn, 0)
    ) as counts
    from stock full join flow using (month, disease)
    order by month, disease`.execute(db);
  return rows;
}
