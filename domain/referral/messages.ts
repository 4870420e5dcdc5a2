/** Who is told of what. Messages carry codes and instants only. */

import type { MessageIntent, PathwayEvent, Recipient } from '../kit/pathway.ts';
import type { MessageTemplate } from '../messages/templates.ts';
import { instantOf } from '../time/sla-clock.ts';
import type { ClockField } from './clocks.ts';
import { partyOf, type ReferralClock, type ReferralState, roleOf } from './state.ts';
import { taskIdOf } from './tasks.ts';
import type { ReferralStatus, ReferralTrigger, Side } from './transitions.ts';

export const office: Recipient = { to: 'office' };

/** Whoever answers on a side: the person who sent it, or the department asked. */
export function answering(state: ReferralState, side: Side): Recipient {
  const { institutionId, departmentId } = partyOf(state, side);
  const department: Recipient = { to: 'role', role: roleOf(state, side), institutionId, departmentId };
  // After a move the new home centre has the duties, not the person who once sent it.
  return side === 'initiator' && state.formerInitiators.length === 0 ? { to: 'person', personId: state.initiator.personId } : department;
}

export const headOf = (state: ReferralState, side: Side): Recipient => {
  const { institutionId, departmentId } = partyOf(state, side);
  return { to: 'role', role: 'head', institutionId, departmentId };
};

const other = (side: Side): Side => (side === 'initiator' ? 'recipient' : 'initiator');

export function message(
  step: string,
  template: MessageTemplate,
  recipients: Recipient[],
  parameters: MessageIntent['parameters'] = {},
): MessageIntent {
  return { step, template, recipients, parameters };
}

/** Which clock, and until when. */
export const about = (clock: ReferralClock): MessageIntent['parameters'] => ({
  clock: clock.name,
  clockId: clock.id,
  dueAt: instantOf(clock, 100) ?? null,
});

export const aboutState = ({ clock, appointment }: ReferralState): MessageIntent['parameters'] => ({
  ...(clock ? about(clock) : {}),
  ...(appointment ? { startsAt: appointment.startsAt } : {}),
});

/** What the other party hears when a person acts. */
export const informs: Partial<Record<ReferralTrigger, MessageTemplate>> = {
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

/** What the patient hears, by what has changed for them: that it was sent, that it was accepted, when to come, when not to. */
export function tellPatient(before: ReferralState, after: ReferralState, { id, at }: Pick<PathwayEvent, 'id' | 'at'>): MessageIntent[] {
  if (after.sentAt === null || after.deceasedAt !== null) return [];
  const patient: Recipient[] = [{ to: 'patient', patientId: after.patientId }];
  const entered = (status: ReferralStatus): boolean => after.status === status && before.status !== status;
  const { appointment } = after;
  if (appointment) {
    if (appointment.startsAt === before.appointment?.startsAt) return [];
    return [message(id, before.appointment ? 'visit-rescheduled' : 'visit-scheduled', patient, { startsAt: appointment.startsAt })];
  }
  // Whatever took the appointment away: nobody comes to it in vain.
  const lost = before.appointment && before.appointment.startsAt > at ? before.appointment : undefined;
  return [
    ...(lost ? [message(id, 'appointment-cancelled', patient, { lostStartsAt: lost.startsAt })] : []),
    ...(before.sentAt === null ? [message(id, 'referral-received', patient)] : []),
    ...(entered('accepted') ? [message(id, 'referral-accepted', patient)] : []),
    ...(entered('in-progress/5.1.2') ? [message(id, 'no-show', patient)] : []),
  ];
}

/** The other party hears of it: whoever has claimed the work there, else whoever answers there. */
export function tellOther(before: ReferralState, after: ReferralState, side: Side): Recipient {
  const otherwise = answering(after, other(side));
  const taskId = taskIdOf(before, 'clock');
  return before.clock?.side === other(side) && taskId ? { to: 'owner', taskId, otherwise } : otherwise;
}

/** Who is called at a rung: 50 % whoever does the task, 80 % that side's head, 100 % the alliance office and the other party; an emergency's head and office at once. */
export function calledAt(state: ReferralState, field: ClockField, clock: ReferralClock, percent: number): Recipient[] {
  if (percent === 0) return [headOf(state, clock.side), office];
  if (percent < 80) return [{ to: 'owner', taskId: taskIdOf(state, field) as string, otherwise: answering(state, clock.side) }];
  if (percent < 100) return [headOf(state, clock.side)];
  // A draft is nobody else's business yet.
  return state.status === 'draft' ? [office] : [office, answering(state, other(clock.side))];
}
