/**
 * This file says whether a message is still true when its turn comes, because hours of an outage or of a night may lie between the decision
 * that wrote it and its turn.
 */
import type { MessageStanding } from '../kit/pathway.ts';
import { runningClocks } from './clocks.ts';
import type { QueuedReferralMessage } from './messages.ts';
import { partyOf, type ReferralState } from './state.ts';
import { isEnded, type ReferralStatus } from './transitions.ts';

type OutdatedReason = MessageStanding['outdated'];

export function standingOf(state: ReferralState, message: QueuedReferralMessage): MessageStanding {
  const { urgency, emergency } = state;
  const outdated = message.audience === 'patient' ? outdatedForPatient(state, message) : outdatedForStaff(state, message);
  return { urgency, emergency, usefulUntil: message.audience === 'patient' ? usefulUntilOf(message) : null, outdated };
}

const tellsOfLostAppointment = (template: QueuedReferralMessage['template']): boolean =>
  template === 'appointment-cancelled' || template === 'slot-withdrawn';

/** A message about an appointment is of no use once the appointment, kept or cancelled, would have begun. */
function usefulUntilOf({ template, parameters }: QueuedReferralMessage): number | null {
  const at = tellsOfLostAppointment(template) ? parameters.lostStartsAt : parameters.startsAt;
  return typeof at === 'number' ? at : null;
}

const hasEnded = ({ status }: ReferralState): boolean => isEnded(status as ReferralStatus);
const outdatedOnceEnded = (state: ReferralState): OutdatedReason => (hasEnded(state) ? 'pathway-ended' : null);
const outdatedUnless = (holds: boolean, reason: OutdatedReason): OutdatedReason => (holds ? null : reason);

/** Each of these messages tells the patient that the referral has this status. */
const statusTold: Partial<Record<QueuedReferralMessage['template'], ReferralStatus>> = {
  'referral-received': 'received',
  'referral-rerouted': 'received',
  'referred-onward': 'received',
  'referral-accepted': 'accepted',
  'no-show': 'in-progress/5.1.2',
};

/** Each of these messages tells the patient that the referral has ended so. */
const endTold: Partial<Record<QueuedReferralMessage['template'], ReferralStatus>> = {
  'referral-declined': 'rejected',
  'referral-expired': 'rejected',
  'referral-cancelled': 'cancelled',
};

function outdatedForPatient(state: ReferralState, { template, parameters }: QueuedReferralMessage): OutdatedReason {
  if (state.deceasedAt !== null) return 'patient-died';
  // This message also goes when the referral has ended, because just then the patient would come in vain.
  if (tellsOfLostAppointment(template)) return outdatedUnless(state.appointment === null, 'appointment-changed');
  const end = endTold[template];
  if (end !== undefined) return outdatedUnless(state.status === end, 'already-done');
  if (hasEnded(state)) return 'pathway-ended';
  if (template === 'visit-scheduled' || template === 'visit-rescheduled' || template === 'visit-reminder')
    return outdatedUnless(state.appointment?.startsAt === parameters.startsAt, 'appointment-changed');
  const told = statusTold[template];
  // Since then the referral may have gone on to somebody else, of whom a message of its own tells.
  const isThere = parameters.placeId === undefined || parameters.placeId === partyOf(state, 'recipient').institutionId;
  return outdatedUnless((told === undefined || state.status === told) && isThere, 'already-done');
}

function outdatedForStaff(state: ReferralState, { template, parameters }: QueuedReferralMessage): OutdatedReason {
  switch (template) {
    case 'visit-scheduled':
    case 'visit-rescheduled':
      return outdatedOnceEnded(state) ?? outdatedUnless(state.appointment?.startsAt === parameters.startsAt, 'appointment-changed');
    case 'information-requested':
      return outdatedUnless(state.informationAskedAt !== null, 'already-done');
    // These tell of the end itself, which becomes untrue only by a reopening and needs no telling once somebody has reviewed it.
    case 'referral-declined':
    case 'referral-withdrawn':
    case 'referral-cancelled':
    case 'referral-expired':
    case 'cancellation-confirmed':
    case 'outcome-sent':
      return outdatedUnless(hasEnded(state) && state.reviewedAt === null, 'already-done');
    case 'referral-accepted':
    case 'referral-rerouted':
    case 'referred-onward':
    case 'information-answered':
    case 'interim-note':
      return outdatedOnceEnded(state);
    case 'visit-in-error':
      return outdatedUnless(!state.over, 'pathway-ended');
    case 'referral-received':
      // The status is checked beside the clock, because the clock of a routine referral runs on after its acceptance.
      return outdatedUnless(state.status === 'received', 'already-done') ?? outdatedOnceClockEnds(state, parameters.clockId);
    case 'referral-reopened':
    case 'no-show':
    case 'appointment-cancelled':
    case 'slot-withdrawn':
    case 'cancellation-requested':
    case 'call-repeat':
    case 'check-due':
    case 'consent-missing':
      return outdatedOnceClockEnds(state, parameters.clockId);
    default:
      // A rung from 100 % on tells the office and the other party that the time has run out, which stays true.
      return Number(template.slice('rung-'.length)) < 100
        ? outdatedOnceClockEnds(state, parameters.clockId)
        : outdatedUnless(!state.over, 'pathway-ended');
  }
}

/** A message that asks for work until a clock runs out is needless once that clock has ended. Messages of older code do not name their clock. */
function outdatedOnceClockEnds(state: ReferralState, clockId: unknown): OutdatedReason {
  return outdatedUnless(clockId === undefined || runningClocks(state).some(({ id }) => id === clockId), 'already-done');
}
