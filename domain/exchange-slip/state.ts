/** The state of an exchange slip: what its obligations need. What is physically so stands in the tables. */
import type { Timer } from '../sterile-supply/timers.ts';
import type { SlipStatus } from '../sterile-supply/vocabulary.ts';
import type { SlipBudgets } from './events.ts';

export interface ExchangeSlipState {
  /** It is null before the creation. The row knows first: the pathway hears of acts after they have happened. */
  status: Exclude<SlipStatus, 'draft'> | null;
  slipId: string;
  cssdInstitutionId: string;
  institutionId: string;
  budgets: SlipBudgets;
  timers: Timer[];
}

export const initialExchangeSlipState: ExchangeSlipState = {
  status: null,
  slipId: '',
  cssdInstitutionId: '',
  institutionId: '',
  budgets: { dwellSeconds: 0, dwellThenSeconds: 0, countDueSeconds: 0 },
  timers: [],
};
