/** The tables of what a second look has to answer about residents: reported deaths, mergers, and taking either back. */
import type { ColumnType, Generated } from 'kysely';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

export interface MergerTable {
  id: string;
  patient_id: string;
  into_id: string;
  institution_id: string;
  state: 'proposed' | 'merged' | 'rejected' | 'retracting' | 'retracted';
  reason: string;
  /** {personId, institutionId, role} */
  proposed_by: Json<unknown>;
  proposed_at: Generated<Date>;
  /** The fact that has merged the records; null until then. */
  fact_id: string | null;
  merged_at: Instant | null;
  /** Where the two records lived when they became one. */
  home_before: Defaulted<string | null>;
  into_home_before: Defaulted<string | null>;
}

export interface IdentityCheckTable {
  /** It is also the id of the pathway that keeps the time. */
  id: string;
  kind: 'death' | 'death-retraction' | 'merger' | 'merger-retraction' | 'move';
  patient_id: string;
  merger_id: string | null;
  /** The record about which somebody has asked, where `patient_id` is the record that goes on instead. */
  named_patient_id: Defaulted<string | null>;
  institution_id: string;
  status: ColumnType<'open' | 'confirmed' | 'rejected', 'open' | undefined, 'open' | 'confirmed' | 'rejected'>;
  opened_by: Json<unknown>;
  opened_at: Generated<Date>;
  /** Of a death: the date as it was told; null where nobody knew it. */
  stated_on: string | null;
  reason: string;
  decided_by: ColumnType<unknown, string | null | undefined, string | null>;
  decided_at: Instant | null;
  /** { diedOn, cause, evidence } of a confirmed death, { reason } of a refutation. */
  decision: ColumnType<unknown, string | null | undefined, string | null>;
}

/** Something that asked for somebody after their death: a defect. */
export interface AskedAfterDeathTable {
  id: Generated<string>;
  what: 'message' | 'task' | 'enrolment';
  subject_id: string;
  patient_id: string;
  found_at: Generated<Date>;
}

export interface IdentityCheckTables {
  asked_after_death: AskedAfterDeathTable;
  merger: MergerTable;
  identity_check: IdentityCheckTable;
}
