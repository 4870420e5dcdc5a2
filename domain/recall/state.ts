/** The state of a recall: what its obligations need. What is physically so stands in the tables. */
import type { Timer } from '../sterile-supply/timers.ts';
import type { PartHolder } from './holders.ts';

/** The part of one holder: it is told to stop, acknowledges, and gives the packs back. */
export interface RecallPart {
  holder: PartHolder;
  /** How many lines of the holder are open. */
  open: number;
  acknowledged: boolean;
}

export interface RecallBudgets {
  stopUseSeconds: number;
  retrieveSeconds: number;
  reportSeconds: number;
}

export interface RecallState {
  /** It is null before the creation. */
  status: 'open' | 'closed' | null;
  cssdInstitutionId: string;
  institutionId: string;
  budgets: RecallBudgets;
  parts: RecallPart[];
  /** The roles that have signed, each with its person. */
  signedBy: { role: 'headnurse' | 'infection'; personId: string }[];
  timers: Timer[];
}

export const initialRecallState: RecallState = {
  status: null,
  cssdInstitutionId: '',
  institutionId: '',
  budgets: { stopUseSeconds: 3_600, retrieveSeconds: 86_400, reportSeconds: 604_800 },
  parts: [],
  signedBy: [],
  timers: [],
};
