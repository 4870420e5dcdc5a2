/** The state of an exchange slip: what its obligations need. What is physically so stands in the tables. */
import type { Timer } from '../sterile-supply/timers.ts';

export interface ExchangeSlipState {
  /** It is null before the creation. */
  status: string | null;
  cssdInstitutionId: string;
  institutionId: string;
  timers: Timer[];
}

export const initialExchangeSlipState: ExchangeSlipState = { status: null, cssdInstitutionId: '', institutionId: '', timers: [] };
