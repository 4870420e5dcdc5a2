/** The tables of stays in hospital and of the messages about them. */
import type { ColumnType } from 'kysely';
import type { SentEntry } from '../../../domain/discharge/sent-orders.ts';
import type { AdmissionType, Disposition, LaterStay, VisitEvent, VisitStanding } from '../../../domain/discharge/standing.ts';
import type { ReportedResult } from '../../../domain/discharge/visit-facts.ts';
import type { Defaulted, Instant } from '../../kit/columns.ts';

/** What is known of the orders of a stay beside its messages. */
export interface StayOrders {
  /** The id of each order by its identifiers. */
  ids: Readonly<Record<string, string>>;
  /** In which message the word on each order stands that the episode has heard last. */
  told: Readonly<Record<string, string>>;
  /** Likewise of the plan. */
  toldPlan: string | null;
  /** How often the episode was told something. */
  number: number;
}

export interface VisitTable {
  id: string;
  hospital_id: string;
  visit_number: string;
  /** The record under which the first message came whose patient is known. */
  patient_id: string | null;
  standing: ColumnType<VisitStanding | null, string | null | undefined, string | null>;
  /** How often the standing has changed. */
  number: Defaulted<number>;
  /** The earliest instant at which anything was written of the stay. */
  first_recorded_at: Instant | null;
  episode_id: string | null;
  /** What the other pathways of the person have last been told; null for nothing, or that there was no stay. */
  told: 'admitted' | 'discharged' | null;
  /** The next stay of the same person, as the episode has last been told of it, and how often that has changed. */
  later: ColumnType<LaterStay | null, string | null | undefined, string | null>;
  later_number: Defaulted<number>;
  /** What its episode has been told of orders that came in messages; null for nothing. */
  orders: ColumnType<StayOrders | null, string | null | undefined, string | null>;
  created_at: Defaulted<Date>;
}

export interface VisitMessageTable {
  fact_id: string;
  visit_id: string;
  /** in-progress: an admission, or a discharge that is taken back where there was one. */
  event: VisitEvent | 'in-progress' | 'result';
  recorded_at: Instant;
  occurred_at: Instant | null;
  admitted_at: Instant | null;
  discharged_at: Instant | null;
  department_code: string | null;
  admission_type: AdmissionType | null;
  disposition: Disposition | null;
  is_inpatient: boolean;
  /** The record that the message means; null while nobody knows. */
  patient_id: string | null;
  result: ColumnType<ReportedResult | null, string | null, string | null>;
  /** What was read of orders beside the Encounter, by entry; null for a message of another kind. */
  orders: ColumnType<SentEntry[] | null, string | null | undefined, string | null>;
  /** What was answered, so that a repetition gets the same; null where no answer is kept. */
  answer: ColumnType<Record<string, unknown> | null, string | null | undefined, string | null>;
  /** When the result went to the episode. */
  told_at: Instant | null;
}

export interface VisitTables {
  visit: VisitTable;
  visit_message: VisitMessageTable;
}
