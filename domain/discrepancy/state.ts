/** The state of a discrepancy: what its obligations need. What is physically so stands in the tables. */
import type { Timer } from '../sterile-supply/timers.ts';
import type { DiscrepancyKind, DiscrepancyResolution, DiscrepancyStatus } from '../sterile-supply/vocabulary.ts';
import type { DiscrepancyBudgets } from './events.ts';
import type { OwnerRole } from './owner.ts';

export interface DiscrepancyState {
  /** It is null before the creation. The row knows first: an act may have resolved what the pathway has not heard of yet. */
  status: DiscrepancyStatus | null;
  resolution: DiscrepancyResolution | null;
  discrepancyId: string;
  kind: DiscrepancyKind | null;
  owner: { role: OwnerRole; institutionId: string };
  cssdInstitutionId: string;
  officeInstitutionId: string;
  openedAt: number;
  /** How often it was opened: what had resolved itself may not fit any more. */
  openings: number;
  budgets: DiscrepancyBudgets;
  timers: Timer[];
}

export const initialDiscrepancyState: DiscrepancyState = {
  status: null,
  resolution: null,
  discrepancyId: '',
  kind: null,
  owner: { role: 'headnurse', institutionId: '' },
  cssdInstitutionId: '',
  officeInstitutionId: '',
  openedAt: 0,
  openings: 1,
  budgets: { acknowledgeSeconds: 0, resolveSeconds: 0, escalateSeconds: 0 },
  timers: [],
};
