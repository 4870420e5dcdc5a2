/** The state of a recall: what its obligations need. What is physically so stands in the tables. */
import type { Timer } from '../sterile-supply/timers.ts';

export interface RecallState {
  /** It is null before the creation. */
  status: string | null;
  cssdInstitutionId: string;
  institutionId: string;
  timers: Timer[];
}

export const initialRecallState: RecallState = { status: null, cssdInstitutionId: '', institutionId: '', timers: [] };
