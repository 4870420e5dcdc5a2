/** The referral book of an institution: what it sent and received in a span of time, a page at a time. */
import { sql } from 'kysely';
import type { PatientTable } from '../directory/tables.ts';
import type { Database } from '../kit/database.ts';
import type { ReferralTable } from './tables.ts';

export interface BookEntry {
  side: 'sent' | 'received';
  /** The referral has gone on without this institution: the entry tells of its own part only. */
  former: boolean;
  referralId: string;
  /** The instant at which the referral was sent, or came to this institution. */
  at: Date;
  direction: ReferralTable['direction'];
  urgency: ReferralTable['urgency'];
  emergency: boolean;
  patientId: string;
  patientName: string;
  /** YYYY-MM-DD */
  birthDate: string;
  sex: PatientTable['sex'];
  phone: string | null;
  fromInstitution: string;
  fromPerson: string;
  toInstitution: string;
  /** The department that was asked, or the referral desk where none was named. */
  toDepartment: string | null;
  reason: string | null;
  /** The first answer: of this institution to what it received, of anybody to what it sent. */
  answer: string | null;
  answeredAt: Date | null;
  appointmentAt: Date | null;
  status: string | null;
  statusReason: string | null;
  /** Why this institution's part ended. */
  endReason: string | null;
  reviewedAt: Date | null;
  closedAt: Date | null;
}

export interface BookQuestion {
  institutionId: string;
  from: Date;
  /** exclusive */
  to: Date;
  limit: number;
  /** The last entry of the page before this one. */
  after?: { at: Date; referralId: string } | undefined;
}

/**
 * In the order of time. An institution has at most one entry of a referral: it sends or receives it, and receives it once.
 * After the patient has moved, the book of who sent it keeps its entry.
 */
export async function listBookEntries(db: Database, { institutionId, from, to, limit, after }: BookQuestion): Promise<BookEntry[]> {
  const { rows } = await sql<BookEntry>`
    with entry as (
      -- What an institution sent and still follows, and what it sent of patients who have moved since.
      select 'sent' as side, sent.id, sent.sent_at as at, false as former, null::int as n
      from referral as sent
      where sent.initiator_institution_id = ${institutionId} and sent.sent_at >= ${from} and sent.sent_at < ${to}
        and not exists (select from pathway where pathway.id = sent.id and state #>> '{formerInitiators,0}' is not null
          and state #>> '{formerInitiators,0}' <> ${institutionId})
      union all
      select 'sent', sent.id, sent.sent_at, true, 1
      from referral as sent join pathway on pathway.id = sent.id
      where pathway.state #>> '{formerInitiators,0}' = ${institutionId} and sent.initiator_institution_id <> ${institutionId}
        and sent.sent_at >= ${from} and sent.sent_at < ${to}
      union all
      select 'received', leg.referral_id, leg.from_at,
        exists (select from referral_leg as later where later.referral_id = leg.referral_id and later.n > leg.n), leg.n
      from referral_leg as leg
      where leg.institution_id = ${institutionId} and leg.from_at >= ${from} and leg.from_at < ${to}
    ), page as (
      select * from entry
      where ${after === undefined} or (at, id) > (${after?.at ?? from}::timestamptz, ${after?.referralId ?? null}::uuid)
      order by at, id limit ${limit}
    )
    select page.side, page.former, page.id as "referralId", page.at, referral.direction, referral.urgency, referral.emergency,
      patient.id as "patientId", patient.name as "patientName", patient.birth_date as "birthDate", patient.sex, patient.phone,
      sender.name_zh as "fromInstitution", writer.name as "fromPerson", recipient.name_zh as "toInstitution", department.name_zh as "toDepartment",
      case when not page.former then referral.reason end as reason,
      answer.event as answer, answer.happened_at as "answeredAt",
      case when not page.former then to_timestamp((pathway.state #>> '{appointment,startsAt}')::float8 / 1000) end as "appointmentAt",
      case when not page.former then referral.status end as status,
      case when not page.former then referral.status_reason end as "statusReason",
      case when page.side = 'received' then leg.end_reason end as "endReason",
      case when not page.former then to_timestamp((pathway.state ->> 'reviewedAt')::float8 / 1000) end as "reviewedAt",
      case when not page.former then referral.closed_at end as "closedAt"
    from page
    join referral on referral.id = page.id
    join pathway on pathway.id = page.id
    join patient on patient.id = referral.patient_id
    join person as writer on writer.id = referral.initiator_person_id
    join institution as sender on sender.id = coalesce(pathway.state #>> '{formerInitiators,0}', referral.initiator_institution_id)
    -- of what was sent: who has it now; whoever has no part in it any more knows whom it went to first
    join lateral (
      select * from referral_leg where referral_leg.referral_id = page.id and (page.n is null or referral_leg.n = page.n) order by n desc limit 1
    ) as leg on true
    join institution as recipient on recipient.id = leg.institution_id
    left join department on department.institution_id = leg.institution_id
      and (department.id = leg.department_id or (leg.department_id is null and department.is_referral_desk))
    left join lateral (
      select event, happened_at from timeline
      where timeline.pathway_id = page.id and timeline.event in ('send-acceptance', 'send-decline', 'refer-onward') and timeline.from_status = 'received'
        and (page.side = 'sent' or (timeline.happened_at > leg.from_at and timeline.happened_at <= coalesce(leg.to_at, 'infinity')))
      order by seq limit 1
    ) as answer on true
    order by page.at, page.id`.execute(db);
  return rows;
}
