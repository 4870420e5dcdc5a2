/** In every state a task stands open for each running clock, for whoever has to act before the clock runs out. */
import type { PathwayTask } from '../kit/pathway.ts';
import { type ClockField, clockFields } from './clocks.ts';
import { partyOf, type ReferralClock, type ReferralState, roleOf } from './state.ts';
import type { ReferralStatus } from './transitions.ts';

const stateTaskNames: Record<ReferralStatus, string> = {
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
};

function taskName(state: ReferralState, field: ClockField): string {
  switch (field) {
    case 'clock':
      return stateTaskNames[state.status as ReferralStatus];
    case 'informationClock':
      return 'answer-information';
    case 'followUpClock':
      return 'first-follow-up';
    case 'checkClock':
      return 'check-referral';
    case 'consentClock':
      return 'record-consent';
  }
}

/** Returns the id, unique within the pathway, of the task of a running clock; undefined when the clock does not run. */
export const taskIdOf = (state: ReferralState, field: ClockField): string | undefined => {
  const clock = state[field];
  return clock ? `${clock.id}-${taskName(state, field)}` : undefined;
};

export function tasksOf(state: ReferralState): PathwayTask[] {
  if (state.over) return [];
  return clockFields.flatMap((field) => {
    const clock: ReferralClock | null = state[field];
    if (!clock) return [];
    const { institutionId, departmentId } = partyOf(state, clock.side);
    const { urgency, emergency } = state;
    const id = taskIdOf(state, field) as string;
    return [{ id, name: taskName(state, field), role: roleOf(state, clock.side), institutionId, departmentId, urgency, emergency, clock }];
  });
}
