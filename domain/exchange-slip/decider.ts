/** The decider of an exchange slip: it lives from its submission until every line has its outcome. */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider, MessageIntent, Verdict } from '../kit/pathway.ts';
import { fireTimer, obligationsOf, tasksOf } from '../sterile-supply/timers.ts';
import { type ExchangeSlipEvent, type ExchangeSlipFactEvent, exchangeSlipEvents, isExchangeSlipEvent } from './events.ts';
import { type ExchangeSlipState, initialExchangeSlipState } from './state.ts';

export const exchangeSlip: Decider<ExchangeSlipState, 'exchange-slip', ExchangeSlipFactEvent['name']> = {
  kind: 'exchange-slip',
  creation: 'submit',
  ...exchangeSlipEvents,
  initial: initialExchangeSlipState,
  decide: (state, event) => (isExchangeSlipEvent(event) ? decideEvent(state, event) : refuseUnknownEvent(event)),
  obligations: ({ timers }) => obligationsOf(timers),
  tasks: ({ timers }) => tasksOf(timers),
  standing: () => ({ urgency: 'routine', emergency: false, usefulUntil: null, outdated: null }),
  summary: ({ institutionId }) => ({ institutionId: institutionId || null, patientId: null }),
  ended: ({ status }) => status === 'closed',
};

function decideEvent(state: ExchangeSlipState, event: ExchangeSlipEvent): Verdict<ExchangeSlipState> {
  switch (event.name) {
    case 'submit':
      if (state.status !== null) return { ok: false, refusal: { code: 'already-exists' } };
      return accept(state, event, { status: 'open', ...event.input });
    case 'amend':
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
  state: ExchangeSlipState,
  event: ExchangeSlipEvent,
  set: Partial<ExchangeSlipState>,
  messages: MessageIntent[] = [],
): Verdict<ExchangeSlipState> {
  const because = [{ rule: 'exchange-slip', clause: event.name, evidence: { eventId: event.id } }];
  const entries = [{ event: event.name, from: state.status, to: set.status ?? state.status, because }];
  return { ok: true, decision: { at: event.at, set, entries, messages } };
}
