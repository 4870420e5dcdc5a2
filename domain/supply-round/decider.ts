/** The decider of a round of pickup and delivery. */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider, MessageIntent, Verdict } from '../kit/pathway.ts';
import { fireTimer, obligationsOf, tasksOf } from '../sterile-supply/timers.ts';
import { isSupplyRoundEvent, type SupplyRoundEvent, type SupplyRoundFactEvent, supplyRoundEvents } from './events.ts';
import { initialSupplyRoundState, type SupplyRoundState } from './state.ts';

export const supplyRound: Decider<SupplyRoundState, 'supply-round', SupplyRoundFactEvent['name']> = {
  kind: 'supply-round',
  creation: 'create',
  ...supplyRoundEvents,
  initial: initialSupplyRoundState,
  decide: (state, event) => (isSupplyRoundEvent(event) ? decideEvent(state, event) : refuseUnknownEvent(event)),
  obligations: ({ timers }) => obligationsOf(timers),
  tasks: ({ timers }) => tasksOf(timers),
  standing: () => ({ urgency: 'routine', emergency: false, usefulUntil: null, outdated: null }),
  summary: ({ institutionId }) => ({ institutionId: institutionId || null, patientId: null }),
  ended: ({ status }) => status === 'closed',
};

function decideEvent(state: SupplyRoundState, event: SupplyRoundEvent): Verdict<SupplyRoundState> {
  switch (event.name) {
    case 'create':
      if (state.status !== null) return { ok: false, refusal: { code: 'already-exists' } };
      return accept(state, event, { status: 'open', ...event.input });
    case 'confirm':
    case 'close':
    case 'cancel':
      return { ok: false, refusal: { code: 'transition-not-allowed', state: state.status, allowed: [] } };
    case 'rung': {
      const { timers, messages } = fireTimer(state.timers, { id: event.id, at: event.at, pathwayId: null });
      return accept(state, event, { timers }, messages);
    }
  }
}

/** A decision with one line of the timeline. `set` has the fields of the state that change. */
function accept(
  state: SupplyRoundState,
  event: SupplyRoundEvent,
  set: Partial<SupplyRoundState>,
  messages: MessageIntent[] = [],
): Verdict<SupplyRoundState> {
  const because = [{ rule: 'supply-round', clause: event.name, evidence: { eventId: event.id } }];
  const entries = [{ event: event.name, from: state.status, to: set.status ?? state.status, because }];
  return { ok: true, decision: { at: event.at, set, entries, messages } };
}
