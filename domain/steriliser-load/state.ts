/** The state of a load: what its obligations need. What is physically so stands in the tables. */
import type { Timer } from '../sterile-supply/timers.ts';

export interface SteriliserLoadState {
  /** It is null before the creation. */
  status: string | null;
  cssdInstitutionId: string;
  institutionId: string;
  timers: Timer[];
}

export const initialSteriliserLoadState: SteriliserLoadState = { status: null, cssdInstitutionId: '', institutionId: '', timers: [] };
