/** The tables of referrals and of the slots that they book. */
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { PastAppointment } from '../../domain/referral/state.ts';
import type { Instant } from '../kit/columns.ts';

export interface ReferralTable {
  id: string;
  patient_id: string;
  direction: 'up' | 'down';
  urgency: 'urgent' | 'same-day' | 'routine';
  emergency: boolean;
  status: string;
  business_status: string | null;
  status_reason: string | null;
  initiator_institution_id: string;
  initiator_person_id: string;
  institution_id: string;
  department_id: string | null;
  reason: string;
  summary: string | null;
  /** The diseases and medicines of a summary that a visit has made; its text stands in `summary`. */
  summary_data: ColumnType<unknown, string | null | undefined, string | null>;
  consent: ColumnType<unknown, string | null, string | null>;
  management_plan: ColumnType<unknown, string | null, string | null>;
  replaces_id: string | null;
  override_reason: string | null;
  information_question: string | null;
  sent_at: Instant | null;
  closed_at: Instant | null;
  due_at: Instant | null;
}

export interface ReferralLegTable {
  referral_id: string;
  n: number;
  institution_id: string;
  department_id: string | null;
  from_at: Instant;
  to_at: Instant | null;
  end_reason: string | null;
}

export interface SlotTable {
  id: string;
  institution_id: string;
  department_id: string;
  starts_at: Instant;
  ends_at: Instant;
  reserved: boolean;
  release_at: Instant | null;
  created_at: Generated<Date>;
  withdrawn_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
  withdrawn_because: ColumnType<string | null, string | null | undefined, string | null>;
}

export interface SlotBookingTable {
  slot_id: string;
  referral_id: string;
  booked_at: Instant;
}

/** What a part of a referral may count. */
export type ReferralFigure =
  | 'arrived'
  | 'completed'
  | 'closed_loop'
  | 'no_show'
  | 'cancelled'
  | 'expired'
  | 'answered'
  | 'sla_kept'
  | 'sla_decided'
  | 'first_follow_up_kept'
  | 'first_follow_up_decided';

/** What a referral counts and shows at one institution. A trigger keeps it equal to the referral, its legs and its timeline. */
export interface ReferralPartTable extends Record<ReferralFigure, boolean> {
  referral_id: string;
  /** 0: of whoever sent it first; from 1 on: of the leg. */
  n: number;
  institution_id: string;
  /** When it was sent, or came to the institution. */
  at: Instant;
  patient_id: string;
  direction: ReferralTable['direction'];
  urgency: ReferralTable['urgency'];
  emergency: boolean;
  from_institution_id: string;
  from_person_id: string;
  reason: string;
  to_institution_id: string | null;
  to_department_id: string | null;
  /** The referral has gone on without this institution. */
  former: boolean;
  /** The first answer, of the institution to what it received, of anybody to what it sent. */
  answer: string | null;
  answered_at: Instant | null;
  appointment_at: Instant | null;
  status: string;
  status_reason: string | null;
  end_reason: string | null;
  reviewed_at: Instant | null;
  closed_at: Instant | null;
  /** From coming here to the first answer. */
  answer_ms: string | null;
}

/** How a referral ended, as far as it has. */
export interface ReferralEndingTable {
  referral_id: string;
  /** The latest appointment that is over; null before one is. */
  past_appointment: ColumnType<PastAppointment | null, string | null, string | null>;
  /** What the recipient has reported at the end. */
  outcome: string | null;
}

/** What parts count no longer, and what they count now, until it is added to the sums of the months. */
export interface ReferralPartChangeTable extends Record<ReferralFigure, boolean> {
  id: Generated<string>;
  /** -1 or 1 */
  weight: number;
  side: 'sent' | 'received';
  institution_id: string;
  /** The first day of the month in Asia/Shanghai. */
  month: string;
  urgency: string;
  answer_ms: string | null;
}

export interface ReferralMonthTable extends Record<ReferralFigure, number> {
  month: string;
  institution_id: string;
  side: 'sent' | 'received';
  urgency: string;
  referrals: number;
  /** In order. */
  answers_ms: string[];
  median_seconds: GeneratedAlways<string | null>;
  p90_seconds: GeneratedAlways<string | null>;
}

/** The answers of a month's row of all institutions. A trigger orders them anew whenever one of these rows is written. */
interface ReferralAnswersOfAllianceTable {
  month: string;
  urgency: string;
  /** In order. */
  answers_ms: string[];
  median_seconds: GeneratedAlways<string | null>;
  p90_seconds: GeneratedAlways<string | null>;
}

export interface ReferralTables {
  referral_part: ReferralPartTable;
  referral_part_change: ReferralPartChangeTable;
  referral_ending: ReferralEndingTable;
  referral_month: ReferralMonthTable;
  referral_answers_of_alliance: ReferralAnswersOfAllianceTable;

  referral: ReferralTable;
  referral_leg: ReferralLegTable;
  slot: SlotTable;
  slot_booking: SlotBookingTable;
}
