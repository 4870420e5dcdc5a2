/** The tables of follow-up, and of the protocols, calendars and risk models that it goes by. */
import type { ColumnType, Generated } from 'kysely';
import type { Protocol } from '../../domain/follow-up/protocol.ts';
import type { RiskModel } from '../../domain/follow-up/risk-tier.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { CalendarYear } from '../../domain/time/calendar.ts';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

export interface EnrolmentTable {
  id: string;
  pathway_id: string;
  patient_id: string;
  institution_id: string;
  protocol_id: string;
  protocol_version: number;
  /** Local dates are read and written as YYYY-MM-DD. */
  started_on: string;
  package: 'basic' | 'personalised';
  status: 'active' | 'paused' | 'ended';
  pause_reason: string | null;
  end_reason: string | null;
  ended_at: Instant | null;
  next_opens_on: string | null;
  next_due_on: string | null;
  missed: Defaulted<number>;
  last_class: number | null;
  /** Whether the person was controlled at the last visit that was measured; null when none was. */
  controlled: Defaulted<boolean | null>;
  tier: Defaulted<string | null>;
  /** The enrolment in which the visits of this one count, after two records have turned out to be one person. */
  merged_into_id: Defaulted<string | null>;
}

export interface FollowUpVisitTable {
  id: string;
  enrolment_id: string;
  visited_at: Instant;
  recorded_at: Generated<Date>;
  recorded_by: Json<unknown>;
  mode: 'clinic' | 'home' | 'phone';
  /** The form as it was filled in. */
  form: Json<unknown>;
  /** True for a visit that lies before one that was recorded already. It has decided nothing. */
  entered_late: boolean;
  class: number | null;
  class_override: number | null;
  override_reason: string | null;
  /** Shape: Evaluation of domain/follow-up/evaluation.ts */
  evaluation: ColumnType<unknown, string | null, string | null>;
  /** The window that the visit was asked for; null for one that was entered late. */
  opens_on: string | null;
  due_on: string | null;
  /** Whether a value was measured that the protocol classifies by; null for visits from before this was recorded. */
  measured: boolean | null;
  /** Shape: BothIndicators of domain/follow-up/indicators.ts */
  indicators: ColumnType<unknown, string | null, string | null>;
  /** Postgres computes it from the form. */
  annual_exam: ColumnType<boolean, never, never>;
  /** Postgres computes it from `indicators`. */
  payment_controlled: ColumnType<boolean | null, never, never>;
  clinical_controlled: ColumnType<boolean | null, never, never>;
  referral_id: string | null;
  /** The visit that the record is a part of; null in what older code has written. */
  visit_id: Defaulted<string | null>;
}

export interface VisitMark {
  at: string;
  by: Actor;
  reason: string;
  undone: {
    referral: { id: string; becomes: 'withdrawn' | 'told' } | null;
    episodes: { id: string; rule: string }[];
    tasks: { id: string; kind: string }[];
  };
}

export interface PatientVisitTable {
  id: string;
  patient_id: string;
  institution_id: string;
  visited_at: Instant;
  mode: 'clinic' | 'home' | 'phone';
  recorded_at: Generated<Date>;
  recorded_by: Json<unknown>;
  /** The form of somebody in no follow-up; otherwise each part has it. */
  form: ColumnType<unknown, string | null | undefined, string | null>;
  /** Who took the visit back, when and why, and what that has undone. */
  entered_in_error: ColumnType<VisitMark | null, string | null | undefined, string | null>;
}

export interface ProtocolTable {
  id: string;
  version: number;
  status: Defaulted<'draft' | 'published' | 'retired'>;
  /** Shape: Protocol of domain/follow-up/protocol.ts */
  document: Json<Protocol>;
  created_at: Generated<Date>;
  created_by: ColumnType<Actor | null, string | null | undefined, string | null>;
  published_at: Instant | null;
  retired_at: Instant | null;
}

export interface CalendarYearTable {
  year: number;
  version: number;
  document: Json<CalendarYear>;
  recorded_at: Generated<Date>;
}

export interface RiskModelTable {
  version: number;
  document: Json<RiskModel>;
  recorded_at: Generated<Date>;
}

/** Up to the end of which year the parts of everybody reach, and up to which those reach that are counted today. */
export interface FollowUpHorizonTable {
  only_one: Generated<boolean>;
  filled_year: number;
  target_year: number;
}

/** What an enrolment counts in a year, for the centre that has it now. Triggers keep it equal to the enrolment, its visits and their referrals. */
export interface FollowUpPartTable {
  enrolment_id: string;
  year: number;
  institution_id: string;
  disease: string;
  /** Twenty times the month, and the number of the figure; as often as it counts. */
  figures: number[];
}

/** What enrolments count no longer, and what they count now, until it is added to the sums. */
export interface FollowUpPartChangeTable {
  id: Generated<string>;
  /** -1 or 1 */
  weight: number;
  year: number;
  institution_id: string;
  disease: string;
  figures: number[];
}

export interface FollowUpMonthTable {
  /** The first day of the month in Asia/Shanghai. */
  month: string;
  institution_id: string;
  disease: string;
  /** By the number of the figure, from 1 on. */
  counts: number[];
}

/** Which version of a lesson somebody was given. */
export interface LessonHandoutTable {
  enrolment_id: string;
  code: string;
  handed_out_at: Instant;
  version: number;
}

export interface FollowUpTables {
  lesson_handout: LessonHandoutTable;
  follow_up_horizon: FollowUpHorizonTable;
  follow_up_part: FollowUpPartTable;
  follow_up_part_change: FollowUpPartChangeTable;
  follow_up_month: FollowUpMonthTable;

  enrolment: EnrolmentTable;
  follow_up_visit: FollowUpVisitTable;
  patient_visit: PatientVisitTable;
  protocol: ProtocolTable;
  calendar_year: CalendarYearTable;
  risk_model: RiskModelTable;
}
