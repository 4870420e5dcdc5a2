/** The messages of a referral and their recipients. Messages carry codes and instants only. */
import type { MessageIntent, PathwayEvent, QueuedMessage, Recipient } from '../kit/pathway.ts';
import type { RungTemplate } from '../messages/wording.ts';
import { instantOf } from '../time/sla-clock.ts';
import type { ClockField } from './clocks.ts';
import type { ReferralCommand } from './events.ts';
import { partyOf, type ReferralClock, type ReferralState, roleOf } from './state.ts';
import { taskIdOf } from './tasks.ts';
import type { ReferralTemplate } from './texts.ts';
import type { ReferralTrigger, Side } from './transitions.ts';

export type ReferralMessage = MessageIntent<ReferralTemplate | RungTemplate>;
export type QueuedReferralMessage = QueuedMessage<ReferralTemplate | RungTemplate>;

export const allianceOffice: Recipient = { to: 'office' };

/** Returns whoever answers on a side: the person who sent the referral, or the department that is asked. */
export function answererOf(state: ReferralState, side: Side): Recipient {
  const { institutionId, departmentId } = partyOf(state, side);
  const department: Recipient = { to: 'role', role: roleOf(state, side), institutionId, departmentId };
  // After a move the new home centre has the duties, not the person who once sent the referral.
  return side === 'initiator' && state.formerInitiators.length === 0 ? { to: 'person', personId: state.initiator.personId } : department;
}

export const headOf = (state: ReferralState, side: Side): Recipient => {
  const { institutionId, departmentId } = partyOf(state, side);
  return { to: 'role', role: 'head', institutionId, departmentId };
};

const otherSide = (side: Side): Side => (side === 'initiator' ? 'recipient' : 'initiator');

/** `step` is unique among the messages of the pathway, so that the message is queued once. */
export function buildMessage(
  step: string,
  template: ReferralMessage['template'],
  recipients: Recipient[],
  parameters: MessageIntent['parameters'] = {},
): ReferralMessage {
  return { step, template, recipients, parameters };
}

/** Returns the parameters that say which clock a message is about, and until when it runs. */
export const clockParameters = (clock: ReferralClock): MessageIntent['parameters'] => ({
  clock: clock.name,
  clockId: clock.id,
  dueAt: instantOf(clock, 100) ?? null,
});

/** Returns the parameters for the clock of the present state and the time of the appointment. */
export const stateParameters = ({ clock, appointment }: ReferralState): MessageIntent['parameters'] => ({
  ...(clock ? clockParameters(clock) : {}),
  ...(appointment ? { startsAt: appointment.startsAt } : {}),
});

/** The message that the other party gets when a person acts. A trigger that is not listed sends none. */
export const templateForOtherSide: Partial<Record<ReferralTrigger, ReferralTemplate>> = {
  'send-acceptance': 'referral-accepted',
  'send-decline': 'referral-declined',
  'request-cancellation': 'cancellation-requested',
  'schedule-visit': 'visit-scheduled',
  'reschedule-visit': 'visit-rescheduled',
  'send-interim-note': 'interim-note',
  'send-outcome': 'outcome-sent',
  'report-no-show': 'no-show',
  'cancel-appointment': 'appointment-cancelled',
  'confirm-cancellation': 'cancellation-confirmed',
  withdraw: 'referral-withdrawn',
  'request-information': 'information-requested',
  'answer-information': 'information-answered',
  reopen: 'referral-reopened',
};

/** Says whether the appointment is lost because its slot was withdrawn, so that the patient's side is asked for a new time. */
export const isSlotWithdrawn = (input: unknown): boolean => (input as ReferralCommand | null)?.withdrawnSlotId !== undefined;

/** Returns the messages that tell the patient what has changed for them: that the referral was sent or accepted, when to come, or not to come. */
export function messagesToPatient(
  before: ReferralState,
  after: ReferralState,
  { id, at, input }: Pick<PathwayEvent, 'id' | 'at' | 'input'>,
): ReferralMessage[] {
  if (after.sentAt === null || after.deceasedAt !== null) return [];
  const patient: Recipient[] = [{ to: 'patient', patientId: after.patientId }];
  const tell = (template: ReferralTemplate, parameters: MessageIntent['parameters'] = {}): ReferralMessage =>
    buildMessage(id, template, patient, { placeId: partyOf(after, 'recipient').institutionId, ...parameters });
  const { appointment } = after;
  if (appointment) {
    const { startsAt } = appointment;
    if (startsAt === before.appointment?.startsAt) return [];
    return [
      tell(before.appointment ? 'visit-rescheduled' : 'visit-scheduled', { startsAt }),
      { ...tell('visit-reminder', { startsAt }), remindsOf: startsAt },
    ];
  }
  // Whatever took the appointment away, the patient must not come to it in vain.
  const lost = before.appointment && before.appointment.startsAt > at ? before.appointment : undefined;
  if (lost) return [tell(isSlotWithdrawn(input) ? 'slot-withdrawn' : 'appointment-cancelled', { lostStartsAt: lost.startsAt })];
  const news = newsOfStatus(before, after);
  return news ? [tell(news)] : [];
}

/** Returns what a patient hears of a referral that stands elsewhere than before, without an appointment. */
function newsOfStatus(before: ReferralState, after: ReferralState): ReferralTemplate | undefined {
  if (before.sentAt === null) return after.emergency ? 'referral-emergency' : 'referral-received';
  if (after.status === 'received' && after.legs.length > before.legs.length) {
    if (after.emergency) return 'referral-emergency';
    return before.status === 'received' ? 'referral-rerouted' : 'referred-onward';
  }
  if (after.status === before.status) return undefined;
  switch (after.status) {
    case 'accepted':
      return after.emergency ? undefined : 'referral-accepted';
    case 'in-progress/5.1.2':
      return 'no-show';
    case 'rejected':
      return after.statusReason === 'no-answer' ? 'referral-expired' : 'referral-declined';
    case 'cancelled':
      return 'referral-cancelled';
    default:
      return undefined;
  }
}

/** Returns who hears on the other side of what a side has done: whoever has claimed the task there, else whoever answers there. */
export function recipientOnOtherSide(before: ReferralState, after: ReferralState, side: Side): Recipient {
  const otherwise = answererOf(after, otherSide(side));
  const taskId = taskIdOf(before, 'clock');
  return before.clock?.side === otherSide(side) && taskId ? { to: 'owner', taskId, otherwise } : otherwise;
}

/**
 * Returns who is called at a rung. At 50 % that is whoever does the task, at 80 % the head of that side, at 100 % the alliance office and the other
 * party. Only an emergency has a rung at 0 %, which calls the head and the office at once.
 */
export function recipientsAtRung(state: ReferralState, field: ClockField, clock: ReferralClock, percent: number): Recipient[] {
  if (percent === 0) return [headOf(state, clock.side), allianceOffice];
  if (percent < 80) return [{ to: 'owner', taskId: taskIdOf(state, field) as string, otherwise: answererOf(state, clock.side) }];
  if (percent < 100) return [headOf(state, clock.side)];
  // Only the initiator knows of a draft, so nobody but the office hears that it is late.
  return state.status === 'draft' ? [allianceOffice] : [allianceOffice, answererOf(state, otherSide(clock.side))];
}
