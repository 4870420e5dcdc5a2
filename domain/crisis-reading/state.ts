/** The state of a crisis reading: the values that somebody has to confirm, and who has been called. It is plain JSON; instants are in milliseconds. */
import type { SlaClock } from '../time/sla-clock.ts';
import type { CrisisAction, CrisisValue, KeptPlan } from './events.ts';

/** `withdrawn`: every value was entered in error. `joined`: the pathway of the person's other record goes on. */
export const crisisReadingStatuses = ['open', 'confirmed', 'refuted', 'withdrawn', 'joined', 'died'] as const;
export type CrisisReadingStatus = (typeof crisisReadingStatuses)[number];

export interface CrisisReadingState {
  /** It is null before the creation. */
  status: CrisisReadingStatus | null;
  patientId: string;
  /** The institution whose staff have the task. */
  centreId: string;
  /** In the order of their arrival. */
  values: CrisisValue[];
  plan: KeptPlan;
  raisedAt: number;
  /** How many of the plan's calls have been made. */
  calls: number;
  /** How often everybody has been called again. */
  repeatedCalls: number;
  /** How often it was opened again after its end: what is called anew has ids of its own. */
  reopenings: number;
  /** It runs from the storing of the first value until the task must be done; null when nobody has to do anything any more. */
  clock: SlaClock | null;
  action: CrisisAction | null;
  /** The referral that the confirmation has started; null when it has started none. */
  referralId: string | null;
}

export const initialCrisisReadingState: CrisisReadingState = {
  status: null,
  patientId: '',
  centreId: '',
  values: [],
  plan: { protocol: '', dueWithinSeconds: 0, calls: [], repeatSeconds: 0 },
  raisedAt: 0,
  calls: 0,
  repeatedCalls: 0,
  reopenings: 0,
  clock: null,
  action: null,
  referralId: null,
};

/** Returns the worst of the values, of equally bad ones the one that came last; undefined when there is none. */
export const worstOf = (values: readonly CrisisValue[]): CrisisValue | undefined =>
  values.reduce<CrisisValue | undefined>((worst, value) => (worst && worst.severity > value.severity ? worst : value), undefined);

/** Returns the roles that have been called, in order. */
export const calledRolesOf = ({ plan, calls }: Pick<CrisisReadingState, 'plan' | 'calls'>): string[] =>
  plan.calls.slice(0, calls).map(({ role }) => role);
