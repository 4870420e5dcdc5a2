/** This file says whether a message of an episode is still true when its turn comes. */
import type { MessageStanding } from '../kit/pathway.ts';
import type { QueuedDischargeMessage } from './messages.ts';
import { type DischargeState, isClosed } from './state.ts';

export const standingOf = (state: DischargeState, message: QueuedDischargeMessage): MessageStanding => ({
  urgency: message.template === 'discharge-emergency' || message.template === 'discharge-triage' ? 'urgent' : 'routine',
  emergency: message.template === 'discharge-emergency',
  usefulUntil: typeof message.parameters.usefulUntil === 'number' ? message.parameters.usefulUntil : null,
  outdated: outdatedOf(state, message),
});

function outdatedOf(state: DischargeState, { audience, template, parameters }: QueuedDischargeMessage): MessageStanding['outdated'] {
  if (audience === 'patient' && state.endReason === 'died') return 'patient-died';
  if (typeof parameters.linkId === 'string')
    return state.links.some(({ id }) => id === parameters.linkId) ? null : state.status === 'ended' ? 'pathway-ended' : 'already-done';
  // That something does not hold any more is worth knowing whatever has become of the rest.
  if (template === 'discharge-cancelled') return null;
  if (typeof parameters.clockId === 'string')
    return state.clocks.some(({ clock }) => clock.id === parameters.clockId) ? null : 'already-done';
  if (typeof parameters.conversation === 'string')
    return state.conversations.some(({ id, decision }) => id === parameters.conversation && decision === null) ? null : 'already-done';
  if (typeof parameters.orderId === 'string')
    return state.orders.some(({ id, status }) => id === parameters.orderId && status === 'overdue') ? null : 'already-done';
  if (state.status === 'ended') return state.endReason === 'died' ? 'patient-died' : 'pathway-ended';
  if (typeof parameters.discharge === 'number' && (state.status !== 'discharged' || parameters.discharge !== state.discharges))
    return 'appointment-changed';
  if (typeof parameters.duty !== 'string') return null;
  const duty = state.duties.find((one) => one.duty === parameters.duty);
  return duty && !isClosed(duty) ? null : 'already-done';
}
