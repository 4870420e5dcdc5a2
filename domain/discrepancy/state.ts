/** The state of a discrepancy: what its obligations need. What is physically so stands in the tables. */
import type { Timer } from '../sterile-supply/timers.ts';

export interface DiscrepancyState {
  /** It is null before the creation. */
  status: string | null;
  cssdInstitutionId: string;
  institutionId: string;
  timers: Timer[];
}

export const initialDiscrepancyState: DiscrepancyState = { status: null, cssdInstitutionId: '', institutionId: '', timers: [] };
