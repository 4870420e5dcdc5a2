/** The state of a round: what its obligations need. What is physically so stands in the tables. */
import type { Timer } from '../sterile-supply/timers.ts';

export interface SupplyRoundState {
  /** It is null before the creation. */
  status: string | null;
  cssdInstitutionId: string;
  institutionId: string;
  timers: Timer[];
}

export const initialSupplyRoundState: SupplyRoundState = { status: null, cssdInstitutionId: '', institutionId: '', timers: [] };
