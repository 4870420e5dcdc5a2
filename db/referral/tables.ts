/** The tables of referrals and of the slots that they book. */
import type { ColumnType, Generated } from 'kysely';
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
}

export interface SlotBookingTable {
  slot_id: string;
  referral_id: string;
  booked_at: Instant;
}

export interface ReferralTables {
  referral: ReferralTable;
  referral_leg: ReferralLegTable;
  slot: SlotTable;
  slot_booking: SlotBookingTable;
}
