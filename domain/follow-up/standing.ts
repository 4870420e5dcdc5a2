/** This file says whether a message of a follow-up is still true when its turn comes. */
import type { MessageStanding } from '../kit/pathway.ts';
import { lastMinuteFor } from './invitations.ts';
import type { QueuedFollowUpMessage } from './messages.ts';
import { overdueAt } from './plan.ts';
import type { FollowUpState } from './state.ts';

export function standingOf(state: FollowUpState, message: QueuedFollowUpMessage): MessageStanding {
  const urgent = message.template === 'reading-episode';
  return {
    urgency: urgent ? 'urgent' : 'routine',
    emergency: urgent,
    usefulUntil: usefulUntilOf(state, message),
    outdated: outdatedOf(state, message),
  };
}

function usefulUntilOf({ plan }: FollowUpState, { template, parameters }: QueuedFollowUpMessage): number | null {
  if (template === 'follow-up-reminder') return typeof parameters.dueAt === 'number' ? parameters.dueAt : null;
  return asksForVisit(template) && plan ? overdueAt(plan) : null;
}

const asksForVisit = (template: QueuedFollowUpMessage['template']): boolean =>
  template === 'follow-up-open' || template === 'follow-up-open-at-home';

function outdatedOf(state: FollowUpState, { audience, template, parameters }: QueuedFollowUpMessage): MessageStanding['outdated'] {
  if (audience === 'patient' && state.deceasedAt !== null) return 'patient-died';
  switch (template) {
    case 'follow-up-open':
    case 'follow-up-open-at-home':
    case 'follow-up-overdue':
      // Another plan, or none, means that the visit was made or is asked for at another date by now.
      return state.plan && state.plan.stage !== 'planned' && state.plan.n === parameters.visit ? null : 'already-done';
    case 'follow-up-reminder':
      // Another date may have been agreed on since, which has a reminder of its own.
      return state.plan && lastMinuteFor(state.plan) === parameters.dueAt ? null : 'already-done';
    case 'follow-up-pause-review':
      return state.enrolments.some(({ pause }) => pause?.asked) ? null : 'already-done';
    case 'follow-up-search':
    case 'follow-up-search-overdue':
      return state.search?.clock.id === parameters.search ? null : 'already-done';
    case 'follow-up-measure':
      return state.endedAt === null ? null : 'already-done';
    case 'reading-episode':
    case 'follow-up-see':
      return state.episodes.some(({ id }) => id === parameters.episodeId) ? null : 'already-done';
    default:
      return null;
  }
}
