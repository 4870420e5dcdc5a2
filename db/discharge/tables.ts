/** The table of episodes. */
import type { EndReason, EpisodeStatus, RiskLevel } from '../../domain/discharge/codes.ts';
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

export interface DischargeTables {
  episode: EpisodeTable;
}
