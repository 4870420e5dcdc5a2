/** The state of a load: what its obligations need. What is physically so stands in the tables. */
import type { SupplyTimers } from '../sterile-supply/norm-rules.ts';
import type { Timer } from '../sterile-supply/timers.ts';
import type { LoadStatus } from '../sterile-supply/vocabulary.ts';

export const loadTimers = [
  'end-overdue',
  'unload-overdue',
  'review-overdue',
  'incubate-overdue',
  'read-overdue',
  'recall-decision',
] as const satisfies readonly (keyof SupplyTimers)[];
export type LoadTimer = (typeof loadTimers)[number];

/** Budgets in seconds, of the norms under which the load began. */
export type LoadTimers = Pick<SupplyTimers, LoadTimer>;

export interface SteriliserLoadState {
  /** As the load's row has it. It is null before the creation. */
  status: LoadStatus | null;
  loadId: string;
  /** It is no load but a question about one that was over already. */
  isInquiry: boolean;
  institutionId: string;
  infectionInstitutionId: string;
  purpose: 'packs' | 'requalification';
  budgets: LoadTimers;
  /** Its biological indicators that nobody has read yet. */
  unread: string[];
  timers: Timer[];
}

export const initialSteriliserLoadState: SteriliserLoadState = {
  status: null,
  loadId: '',
  isInquiry: false,
  institutionId: '',
  infectionInstitutionId: '',
  purpose: 'packs',
  budgets: {
    'end-overdue': 0,
    'unload-overdue': 0,
    'review-overdue': 0,
    'incubate-overdue': 0,
    'read-overdue': 0,
    'recall-decision': 0,
  },
  unread: [],
  timers: [],
};
