/** The decider of a discrepancy: it lives until it is resolved and somebody else has closed it. */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider, MessageIntent, Verdict } from '../kit/pathway.ts';
import { fireTimer, obligationsOf, tasksOf } from '../sterile-supply/timers.ts';
import { type DiscrepancyEvent, type DiscrepancyFactEvent, discrepancyEvents, isDiscrepancyEvent } from './events.ts';
import { type DiscrepancyState, initialDiscrepancyState } from './state.ts';

export const discrepancy: Decider<DiscrepancyState, 'discrepancy', DiscrepancyFactEvent['name']> = {
  kind: 'discrepancy',
  creation: 'open',
  ...discrepancyEvents,
  initial: initialDiscrepancyState,
  decide: (state, event) => (isDiscrepancyEvent(event) ? decideEvent(state, event) : refuseUnknownEvent(event)),
  obligations: ({ timers }) => obligationsOf(timers),
  tasks: ({ timers }) => tasksOf(timers),
  standing: () => ({ urgency: 'routine', emergency: false, usefulUntil: null, outdated: null }),
  summary: ({ institutionId }) => ({ institutionId: institutionId || null, patientId: null }),
  ended: ({ status }) => status === 'closed',
};

function decideEvent(state: DiscrepancyState, event: DiscrepancyEvent): Verdict<DiscrepancyState> {
  switch (event.name) {
    case 'open':
      if (state.status !== null) return { ok: false, refusal: { code: 'already-exists' } };
      return accept(state, event, { status: 'open', ...event.input });
    case 'acknowledge':
    case 'investigate':
    case 'resolve':
    case 'close':
      return { ok: false, refusal: { code: 'transition-not-allowed', state: state.status, allowed: [] } };
    case 'rung': {
      const { timers, messages } = fireTimer(state.timers, { id: event.id, at: event.at, pathwayId: null });
      return accept(state, event, { timers }, messages);
    }
  }
}

/** A decision with one line of the timeline. `set` has the fields of the state that change. */
function accept(
  state: DiscrepancyState,
  event: DiscrepancyEvent,
  set: Partial<DiscrepancyState>,
  messages: MessageIntent[] = [],
): Verdict<DiscrepancyState> {
  const because = [{ rule: 'discrepancy', clause: event.name, evidence: { eventId: event.id } }];
  const entries = [{ event: event.name, from: state.status, to: set.status ?? state.status, because }];
  return { ok: true, decision: { at: event.at, set, entries, messages } };
}
