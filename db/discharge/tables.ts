/** The tables of episodes and of the documents that they go by. */
import type { ColumnType, Generated } from 'kysely';
import type { EndReason, EpisodeStatus } from '../../domain/discharge/codes.ts';
import type { DischargeDocument } from '../../domain/discharge/documents.ts';
import type { RiskLevel } from '../../domain/discharge/risk-model.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';
import type { LinkTables } from './link-tables.ts';

export interface EpisodeTable {
  id: string;
  patient_id: string;
  hospital_id: string;
  centre_id: string;
  visit_number: string;
  status: EpisodeStatus;
  end_reason: EndReason | null;
  risk: RiskLevel;
  /** The day of the discharge in Asia/Shanghai. */
  discharged_on: string | null;
  /** Something is owed that was due before. */
  overdue: boolean;
  /** The plan as it was written, with its texts; null without one. */
  plan: Json<Record<string, unknown>> | null;
}

/** Words that people have written, which the pathway itself does not know. */
export interface EpisodeTextTable {
  pathway_id: string;
  /** `order:<id>`, `evidence:<order id>:<its place>` */
  of: string;
  body: Json<Record<string, unknown>>;
}

/** What has become of a discharge: see outcomes.ts. Of what stands in other tables the functions of the database keep it up to date. */
export interface EpisodeOutcomeTable {
  episode_id: string;
  hospital_id: string;
  centre_id: string;
  /** Null while no discharge stands. */
  discharged_on: string | null;
  admitted_on: string | null;
  noticed_on: string;
  left_dead: boolean;
  transferred: boolean;
  contact_due_on: string | null;
  contact_reached_on: string | null;
  contact_lost: boolean;
  ended: boolean;
  visited_on: string[];
  reached_on: string[];
  reconciled_on: string | null;
  information_complete_on: string | null;
  orders_done: number;
  orders_decided: number;
  orders_open: number;
  readmission_days: number;
  reconciliation_days: number;
  engagement_days: number;
  notification_days: number;
  information_days: number;
  birth_date: string | null;
  died_on: string | null;
  readmitted_on: string | null;
  readmission_planned: Defaulted<boolean>;
  clock_offset_ms: Defaulted<string>;
}

export interface DischargeDocumentTable {
  id: DischargeDocument['id'];
  version: number;
  status: Defaulted<'draft' | 'published' | 'retired'>;
  document: Json<DischargeDocument>;
  created_at: Generated<Date>;
  created_by: ColumnType<Actor | null, string | null | undefined, string | null>;
  published_at: Instant | null;
  retired_at: Instant | null;
}

export interface DischargeTables extends LinkTables {
  discharge_document: DischargeDocumentTable;
  episode: EpisodeTable;
  episode_text: EpisodeTextTable;
  episode_outcome: EpisodeOutcomeTable;
}
