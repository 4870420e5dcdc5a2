/** How follow-up goes, by institution, month and disease, counted from enrolments, visits and timelines. No personal data. */
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { cameEvents, type IndicatorQuestion, type IndicatorRow } from './indicators.ts';

/** kept of decided */
interface Part {
  kept: number;
  decided: number;
}

export interface FollowUpCounts {
  /** of the year, up to the end of the month */
  managed: number;
  perSpecification: Part;
  payment: Part;
  clinical: Part;
  /** of the month */
  enrolled: number;
  visits: number;
  faceToFace: number;
  /** by the month of their last day */
  inTime: number;
  late: number;
  expired: number;
  open: number;
  /** from visits of the month */
  referrals: number;
  sent: number;
  arrived: number;
  /** of the month, as enrolments stand now */
  lost: number;
  died: number;
  withdrawn: number;
}

export interface FollowUpIndicatorRow extends IndicatorRow<FollowUpCounts> {
  disease: string;
}

/** Everything counts for the centre that has the enrolment now; of a person's enrolments in one disease the latest that had begun. */
export async function followUpIndicators(db: Database, { institutionId, from, to }: IndicatorQuestion): Promise<FollowUpIndicatorRow[]> {
  const { rows } = await sql<FollowUpIndicatorRow>`
    with span as (
      select (${from}::timestamptz at time zone 'Asia/Shanghai')::date as from_on, (${to}::timestamptz at time zone 'Asia/Shanghai')::date as to_on,
        (date_trunc('year', ${from}::timestamptz at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai') as visits_from
    ),
    months as (
      select month::date as month, (month + interval '1 month - 1 day')::date as last_day, date_trunc('year', month)::date as year
      from span, generate_series(from_on::timestamp, to_on::timestamp - interval '1 day', interval '1 month') as month
    ),
    rule as materialized (
      select id, version, document ->> 'disease' as disease,
        (document #>> '{quota,faceToFacePerYear}')::integer as per_year,
        (document #>> '{quota,daysPerVisit}')::integer as days_per_visit,
        (document #>> '{quota,annualExamCounts}')::boolean as exam_counts,
        document ->> 'disease' in (select document ->> 'disease' from protocol where status = 'published' and document ->> 'indicator' is not null) as has_number
      from protocol
    ),
    enrolled as materialized (
      select enrolment.id, enrolment.pathway_id, institution_id, patient_id, started_on, end_reason, next_due_on, rule.disease, per_year, days_per_visit,
        exam_counts, has_number, (ended_at at time zone 'Asia/Shanghai')::date as ended_on,
        lead(started_on) over (partition by institution_id, rule.disease, patient_id order by started_on, enrolment.id) as followed_on
      from enrolment join rule on rule.id = protocol_id and rule.version = protocol_version
      where ${institutionId === undefined} or institution_id = ${institutionId ?? ''}
    ),
    visit as materialized (
      select *, extract(year from visited_on) as visit_year, counts_for_quota and mode <> 'phone' and coalesce(measured, false) as counts
      from (
        select follow_up_visit.id, enrolment_id, visited_at, mode, measured, payment_controlled, clinical_controlled, follow_up_visit.referral_id,
          (visited_at at time zone 'Asia/Shanghai')::date as visited_on,
          coalesce((form ->> 'annualExam')::boolean, false) as exam,
          exam_counts or not coalesce((form ->> 'annualExam')::boolean, false) as counts_for_quota
        from follow_up_visit join enrolled on enrolled.id = enrolment_id
        where visited_at >= (select visits_from from span) and visited_at < ${to}
      ) as made
    ),
    -- Each visit with what the quota had by then: days with a visit, and one health check a year. It stands until the next one.
    standing as (
      select enrolment_id, visit_year, visited_on, payment_controlled, clinical_controlled,
        count(*) filter (where counts and nth = 1) over so_far as kept,
        lead(visited_on) over so_far as until
      from (
        select *, row_number() over (
          partition by enrolment_id, visit_year, counts, exam, case when exam then null else visited_on end order by visited_at, id) as nth
        from visit
      ) as numbered
      window so_far as (partition by enrolment_id, visit_year order by visited_at, id)
    ),
    stock as (
      select institution_id, month, disease, count(*) as managed,
        count(*) filter (where per_year is not null) as quota_decided,
        count(*) filter (where coalesce(kept, 0) >= least(per_year,
          (least(coalesce(ended_on, last_day), last_day) - greatest(started_on, year) + 1) / days_per_visit)) as quota_kept,
        count(*) filter (where has_number) as number_decided,
        count(*) filter (where payment_controlled and not lost) as payment_kept,
        count(*) filter (where clinical_controlled and not lost) as clinical_kept
      from (
        select *, end_reason is not distinct from 'lost' and ended_on <= last_day as lost
        from enrolled join months on started_on <= last_day and (ended_on is null or ended_on >= year)
          and (followed_on is null or followed_on > last_day)
      ) as managed
      left join standing on enrolment_id = managed.id and visit_year = extract(year from year)
        and visited_on <= last_day and (until is null or until > last_day)
      group by institution_id, month, disease
    ),
    event as (
      select id as enrolment_id, started_on as happened_on, 'enrolled' as kind from enrolled
      union all select id, ended_on, end_reason from enrolled where ended_on is not null
      union all select id, next_due_on, 'open' from enrolled where next_due_on is not null
      union all select enrolment_id, visited_on, 'visit' from visit
      union all select enrolment_id, visited_on, 'face-to-face' from visit where mode <> 'phone'
      union all
      select enrolment_id, due_on, case when (visited_at at time zone 'Asia/Shanghai')::date <= due_on then 'in-time' else 'late' end
      from span, follow_up_visit where not entered_late and due_on >= from_on and due_on < to_on
      union all
      select enrolment_id::uuid, (because #>> '{0,evidence,dueOn}')::date, 'expired'
      from span, timeline, string_to_table(because #>> '{0,evidence,enrolmentIds}', ' ') as enrolment_id
      where event = 'expired' and (because #>> '{0,evidence,dueOn}') collate "C" >= from_on::text
        and (because #>> '{0,evidence,dueOn}') collate "C" < to_on::text
      union all select enrolment_id, visited_on, 'referral' from visit where referral_id is not null
      union all select enrolment_id, visited_on, 'sent' from visit join referral on referral.id = referral_id where sent_at is not null
      union all select enrolment_id, visited_on, 'arrived' from visit
        where exists (select from timeline where pathway_id = referral_id and event in ${cameEvents})
    ),
    flow as (
      select institution_id, date_trunc('month', happened_on)::date as month, disease,
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
      from span, event join enrolled on enrolled.id = enrolment_id
      where happened_on >= from_on and happened_on < to_on
      group by 1, 2, 3
    )
    select institution_id as "institutionId", to_char(month, 'YYYY-MM') as month, disease, json_build_object(
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
    from stock full join flow using (institution_id, month, disease)
    order by institution_id, month, disease`.execute(db);
  return rows;
}
