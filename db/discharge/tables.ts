/** The table of episodes. */
import type { EndReason, EpisodeStatus } from '../../domain/discharge/codes.ts';
import type { RiskLevel } from '../../domain/discharge/risk-model.ts';
import type { Json } from '../kit/columns.ts';

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

export interface DischargeTables {
  episode: EpisodeTable;
  episode_text: EpisodeTextTable;
}
