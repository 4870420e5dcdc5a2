/** Whether what a message says is still so: hours of an outage or of a night may lie between the decision that wrote it and its turn. */

import type { MessageStanding, QueuedMessage } from '../kit/pathway.ts';
import type { MessageTemplate } from '../messages/templates.ts';
import { runningClocks } from './clocks.ts';
import type { ReferralState } from './state.ts';
import { isEnded, type ReferralStatus } from './transitions.ts';

type Outdated = MessageStanding['outdated'];

export function standingOf(state: ReferralState, message: QueuedMessage): MessageStanding {
  const { urgency, emergency } = state;
  const outdated = message.audience === 'patient' ? outdatedForPatient(state, message) : outdatedForStaff(state, message);
  return { urgency, emergency, usefulUntil: message.audience === 'patient' ? usefulUntil(message) : null, outdated };
}

/** After its beginning nobody comes to an appointment, and nobody comes in vain to one that is lost. */
function usefulUntil({ template, parameters }: QueuedMessage): number | null {
  const at = template === 'appointment-cancelled' ? parameters.lostStartsAt : parameters.startsAt;
  return typeof at === 'number' ? at : null;
}

const ended = ({ status }: ReferralState): boolean => isEnded(status as ReferralStatus);
const whenEnded = (state: ReferralState): Outdated => (ended(state) ? 'referral-ended' : null);
const unless = (holds: boolean, reason: Outdated): Outdated => (holds ? null : reason);

/** The state that each of them tells of. */
const stateTold: Partial<Record<MessageTemplate, ReferralStatus>> = {
  'referral-received': 'received',
  'referral-accepted': 'accepted',
  'no-show': 'in-progress/5.1.2',
};

function outdatedForPatient(state: ReferralState, { template, parameters }: QueuedMessage): Outdated {
  if (state.deceasedAt !== null) return 'patient-died';
  // Also of a referral that has ended: that is when somebody would come in vain.
  if (template === 'appointment-cancelled') return unless(state.appointment === null, 'appointment-changed');
  if (ended(state)) return 'referral-ended';
  if (template === 'visit-scheduled' || template === 'visit-rescheduled')
    return unless(state.appointment?.startsAt === parameters.startsAt, 'appointment-changed');
  const told = stateTold[template];
  return unless(told === undefined || state.status === told, 'already-done');
}

function outdatedForStaff(state: ReferralState, { template, parameters }: QueuedMessage): Outdated {
  switch (template) {
    case 'visit-scheduled':
    case 'visit-rescheduled':
      return whenEnded(state) ?? unless(state.appointment?.startsAt === parameters.startsAt, 'appointment-changed');
    case 'information-requested':
      return unless(state.informationAskedAt !== null, 'already-done');
    // The end itself: untrue only after a reopening, needless once somebody has reviewed it.
    case 'referral-declined':
    case 'referral-withdrawn':
    case 'referral-cancelled':
    case 'referral-expired':
    case 'cancellation-confirmed':
    case 'outcome-sent':
      return unless(ended(state) && state.reviewedAt === null, 'already-done');
    case 'referral-accepted':
    case 'referral-rerouted':
    case 'referred-onward':
    case 'information-answered':
    case 'interim-note':
      return whenEnded(state);
    case 'referral-received':
      // Of a routine referral the clock runs on after its acceptance.
      return unless(state.status === 'received', 'already-done') ?? workDone(state, parameters.clockId);
    case 'referral-reopened':
    case 'no-show':
    case 'appointment-cancelled':
    case 'cancellation-requested':
    case 'call-repeat':
    case 'check-due':
    case 'consent-missing':
      return workDone(state, parameters.clockId);
    default:
      // From 100 % on it tells the office and the other party what has happened, and that stays so.
      return Number(template.slice('rung-'.length)) < 100 ? workDone(state, parameters.clockId) : unless(!state.over, 'referral-ended');
  }
}

/** What asks for work until a clock runs out is needless once that clock has ended. A message of older code does not name its clock. */
function workDone(state: ReferralState, clockId: unknown): Outdated {
  return unless(clockId === undefined || runningClocks(state).some(({ id }) => id === clockId), 'already-done');
}
