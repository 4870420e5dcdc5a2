/** The decider of a steriliser load: it lives from its start until its last biological indicator is read. */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider, MessageIntent, Verdict } from '../kit/pathway.ts';
import { fireTimer, obligationsOf, tasksOf } from '../sterile-supply/timers.ts';
import { isSteriliserLoadEvent, type SteriliserLoadEvent, type SteriliserLoadFactEvent, steriliserLoadEvents } from './events.ts';
import { initialSteriliserLoadState, type SteriliserLoadState } from './state.ts';

export const steriliserLoad: Decider<SteriliserLoadState, 'steriliser-load', SteriliserLoadFactEvent['name']> = {
  kind: 'steriliser-load',
  creation: 'start',
  ...steriliserLoadEvents,
  initial: initialSteriliserLoadState,
  decide: (state, event) => (isSteriliserLoadEvent(event) ? decideEvent(state, event) : refuseUnknownEvent(event)),
  obligations: ({ timers }) => obligationsOf(timers),
  tasks: ({ timers }) => tasksOf(timers),
  standing: () => ({ urgency: 'routine', emergency: false, usefulUntil: null, outdated: null }),
  summary: ({ institutionId }) => ({ institutionId: institutionId || null, patientId: null }),
  ended: ({ status }) => status === 'closed',
};

function decideEvent(state: SteriliserLoadState, event: SteriliserLoadEvent): Verdict<SteriliserLoadState> {
  switch (event.name) {
    case 'start':
      if (state.status !== null) return { ok: false, refusal: { code: 'already-exists' } };
      return accept(state, event, { status: 'open', ...event.input });

    case 'rung': {
      const { timers, messages } = fireTimer(state.timers, { id: event.id, at: event.at, pathwayId: null });
      return accept(state, event, { timers }, messages);
    }
  }
}

/** A decision with one line of the timeline. `set` has the fields of the state that change. */
function accept(
  state: SteriliserLoadState,
  event: SteriliserLoadEvent,
  set: Partial<SteriliserLoadState>,
  messages: MessageIntent[] = [],
): Verdict<SteriliserLoadState> {
  const because = [{ rule: 'steriliser-load', clause: event.name, evidence: { eventId: event.id } }];
  const entries = [{ event: event.name, from: state.status, to: set.status ?? state.status, because }];
  return { ok: true, decision: { at: event.at, set, entries, messages } };
}
