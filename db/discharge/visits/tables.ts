/** The tables of stays in hospital and of the messages about them. */
import type { ColumnType } from 'kysely';
import type { AdmissionType, Disposition, LaterStay, VisitEvent, VisitStanding } from '../../../domain/discharge/standing.ts';
import type { ReportedResult } from '../../../domain/discharge/visit-facts.ts';
import type { Defaulted, Instant } from '../../kit/columns.ts';

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
  /** When the result went to the episode. */
  told_at: Instant | null;
}

export interface VisitTables {
  visit: VisitTable;
  visit_message: VisitMessageTable;
}
