/** In every state a task stands open for each running clock, for whoever has to act before the clock runs out. */
import type { Role } from '../alliance/roles.ts';
import type { PathwayTask } from '../kit/pathway.ts';
import { type ClockField, clockFields } from './clocks.ts';
import { partyOf, type ReferralClock, type ReferralState, roleOf } from './state.ts';
import type { ReferralStatus } from './transitions.ts';

const stateTaskNames = {
  draft: 'send-referral',
  received: 'answer-referral',
  accepted: 'arrange-visit',
  'in-progress/5.1.1': 'record-visit',
  'in-progress/5.1.2': 'follow-up-no-show',
  'in-progress/5.1.3': 'rebook-visit',
  'in-progress/5.1.4': 'finish-referral',
  'in-progress/5.2': 'answer-cancellation',
  completed: 'review-result',
  rejected: 'review-result',
  cancelled: 'none',
} as const satisfies Record<ReferralStatus, string>;

const furtherTaskNames = {
  informationClock: 'answer-information',
  followUpClock: 'first-follow-up',
  checkClock: 'check-referral',
  consentClock: 'record-consent',
} as const satisfies Record<Exclude<ClockField, 'clock'>, string>;

/** Nobody has a task after a cancellation, so that it needs no title. */
export type ReferralTaskName = Exclude<
  (typeof stateTaskNames)[ReferralStatus] | (typeof furtherTaskNames)[keyof typeof furtherTaskNames],
  'none'
>;

/** The desk books for every department of its hospital. */
export const sharedTasks: Readonly<Partial<Record<ReferralTaskName, readonly Role[]>>> = {
  'arrange-visit': ['desk'],
  'rebook-visit': ['desk'],
};

const taskName = (state: ReferralState, field: ClockField) =>
  field === 'clock' ? stateTaskNames[state.status as ReferralStatus] : furtherTaskNames[field];

/** Returns the id, unique within the pathway, of the task of a running clock; undefined when the clock does not run. */
export const taskIdOf = (state: ReferralState, field: ClockField): string | undefined => {
  const clock = state[field];
  return clock ? `${clock.id}-${taskName(state, field)}` : undefined;
};

export function tasksOf(state: ReferralState): PathwayTask<ReferralTaskName>[] {
  if (state.over) return [];
  return clockFields.flatMap((field) => {
    const clock: ReferralClock | null = state[field];
    const name = taskName(state, field);
    if (!clock || name === 'none') return [];
    const { institutionId, departmentId } = partyOf(state, clock.side);
    const { urgency, emergency } = state;
    const id = taskIdOf(state, field) as string;
    return [{ id, name, role: roleOf(state, clock.side), institutionId, departmentId, urgency, emergency, clock }];
  });
}
