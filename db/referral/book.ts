/** The referral book of an institution: what it sent and received in a span of time, a page at a time. */
import { sql } from 'kysely';
import type { PastAppointment } from '../../domain/referral/state.ts';
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
  /** The latest appointment that is over; null before one is. */
  pastAppointment: PastAppointment | null;
  /** What the recipient has reported at the end; null before it has. */
  outcome: string | null;
  status: string | null;
  statusReason: string | null;
  /** Why this institution's part ended. */
  endReason: string | null;
  reviewedAt: Date | null;
  closedAt: Date | null;
}

export interface BookQuestion {
  /** Null: one book for the whole alliance, with one entry for each referral, at whoever sent it. */
  institutionId: string | null;
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
  // The book of the alliance is the office's, which sees every referral to its end.
  const isShown = institutionId === null ? sql`true` : sql`not page.former`;
  const { rows } = await sql<BookEntry>`
    with page as materialized (
      select *, case n when 0 then 'sent' else 'received' end as side from referral_part
      where ${institutionId === null ? sql`n = 0` : sql`institution_id = ${institutionId}`} and at >= ${from} and at < ${to}
        and ${after === undefined ? sql`true` : sql`(at, referral_id) > (${after.at}::timestamptz, ${after.referralId}::uuid)`}
      order by at, referral_id limit ${limit}
    ),
    -- Read once for all entries. Where none was asked for, the referral desk stands in.
    asked as materialized (
      select institution_id, id, name_zh from department union all select institution_id, null, name_zh from department where is_referral_desk
    )
    select page.side, (${isShown}) is false as former, page.referral_id as "referralId", page.at, page.direction, page.urgency, page.emergency,
      patient.id as "patientId", patient.name as "patientName", patient.birth_date as "birthDate", patient.sex, patient.phone,
      sender.name_zh as "fromInstitution", writer.name as "fromPerson", recipient.name_zh as "toInstitution", asked.name_zh as "toDepartment",
      page.answer, page.answered_at as "answeredAt", case when page.side = 'received' then page.end_reason end as "endReason",
      -- Whoever has no part in it any more does not learn what has become of it.
      case when ${isShown} then page.reason end as reason,
      case when ${isShown} then page.appointment_at end as "appointmentAt",
      case when ${isShown} then ending.past_appointment end as "pastAppointment",
      case when ${isShown} then ending.outcome end as outcome,
      case when ${isShown} then page.status end as status,
      case when ${isShown} then page.status_reason end as "statusReason",
      case when ${isShown} then page.reviewed_at end as "reviewedAt",
      case when ${isShown} then page.closed_at end as "closedAt"
    from page
    join patient on patient.id = page.patient_id
    join person as writer on writer.id = page.from_person_id
    join institution as sender on sender.id = page.from_institution_id
    join institution as recipient on recipient.id = page.to_institution_id
    left join referral_ending as ending on ending.referral_id = page.referral_id
    left join asked on asked.institution_id = page.to_institution_id and asked.id is not distinct from page.to_department_id
    order by page.at, page.referral_id`.execute(db);
  return rows;
}
