/** The decider of a recall: it lives until every pack is accounted for and two persons have signed. */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider, MessageIntent, Verdict } from '../kit/pathway.ts';
import { fireTimer, obligationsOf, tasksOf } from '../sterile-supply/timers.ts';
import { isRecallEvent, type RecallEvent, type RecallFactEvent, recallEvents } from './events.ts';
import { initialRecallState, type RecallState } from './state.ts';

export const recall: Decider<RecallState, 'recall', RecallFactEvent['name']> = {
  kind: 'recall',
  creation: 'open',
  ...recallEvents,
  initial: initialRecallState,
  decide: (state, event) => (isRecallEvent(event) ? decideEvent(state, event) : refuseUnknownEvent(event)),
  obligations: ({ timers }) => obligationsOf(timers),
  tasks: ({ timers }) => tasksOf(timers),
  standing: () => ({ urgency: 'routine', emergency: false, usefulUntil: null, outdated: null }),
  summary: ({ institutionId }) => ({ institutionId: institutionId || null, patientId: null }),
  ended: ({ status }) => status === 'closed',
};

function decideEvent(state: RecallState, event: RecallEvent): Verdict<RecallState> {
  switch (event.name) {
    case 'open':
      if (state.status !== null) return { ok: false, refusal: { code: 'already-exists' } };
      return accept(state, event, { status: 'open', ...event.input });
    case 'acknowledge':
    case 'account':
    case 'record-cause':
    case 'record-report':
    case 'sign':
      return { ok: false, refusal: { code: 'transition-not-allowed', state: state.status, allowed: [] } };
    case 'rung': {
      const { timers, messages } = fireTimer(state.timers, { id: event.id, at: event.at, pathwayId: null });
      return accept(state, event, { timers }, messages);
    }
  }
}

/** A decision with one line of the timeline. `set` has the fields of the state that change. */
function accept(state: RecallState, event: RecallEvent, set: Partial<RecallState>, messages: MessageIntent[] = []): Verdict<RecallState> {
  const because = [{ rule: 'recall', clause: event.name, evidence: { eventId: event.id } }];
  const entries = [{ event: event.name, from: state.status, to: set.status ?? state.status, because }];
  return { ok: true, decision: { at: event.at, set, entries, messages } };
}
