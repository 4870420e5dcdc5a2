/** The state of a round: what its obligations need. What is physically so stands in the tables. Instants are in milliseconds. */
import type { Timer } from '../sterile-supply/timers.ts';
import type { RoundStatus } from '../sterile-supply/vocabulary.ts';

/** Budgets in seconds, as the norm rules had them when the round was created. */
export interface RoundBudgets {
  releaseLead: number;
  stopLate: number;
  roundLate: number;
  handOver: number;
  reconcile: number;
  unserved: number;
  confirmSignature: number;
}

export interface AwaitedStop {
  stopId: string;
  institutionId: string;
  arriveAt: number;
}

export interface SupplyRoundState {
  /** It is null before the creation. */
  status: RoundStatus | null;
  cssdInstitutionId: string;
  departAt: number;
  returnDueAt: number;
  cutOffAt: number | null;
  budgets: RoundBudgets;
  /** The stops at which nobody has arrived yet and that have not failed. */
  stops: AwaitedStop[];
  /** The pathway has heard of the hand-over, and so of everything that was done before it. */
  handedOver: boolean;
  timers: Timer[];
}

export const initialSupplyRoundState: SupplyRoundState = {
  status: null,
  cssdInstitutionId: '',
  departAt: 0,
  returnDueAt: 0,
  cutOffAt: null,
  budgets: { releaseLead: 0, stopLate: 0, roundLate: 0, handOver: 0, reconcile: 0, unserved: 0, confirmSignature: 0 },
  stops: [],
  handedOver: false,
  timers: [],
};
