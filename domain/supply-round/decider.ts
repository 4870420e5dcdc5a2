/**
 * The decider of a round of pickup and delivery. It decides what is planned, confirmed, closed and cancelled, and keeps the time of the rest: what was
 * done on the way is an act on the rows, of which it hears as a fact.
 */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider, MessageIntent, Refusal, Verdict } from '../kit/pathway.ts';
import { fireTimer, obligationsOf, stopTimer, tasksOf } from '../sterile-supply/timers.ts';
import {
  isSupplyRoundEvent,
  type SupplyRoundCommandEvent,
  type SupplyRoundDueEvent,
  type SupplyRoundEvent,
  type SupplyRoundFactEvent,
  supplyRoundEvents,
} from './events.ts';
import { changesByFact, isConfirmSignatureRunning } from './facts.ts';
import { startCutOff, startReleaseLead, startUnserved, timersBeyondTheRound } from './round-timers.ts';
import { initialSupplyRoundState, type SupplyRoundState } from './state.ts';
import { type SupplyRoundTimelineEvent, timelineEventOf } from './timeline-events.ts';

export const supplyRound: Decider<SupplyRoundState, 'supply-round', SupplyRoundFactEvent['name']> = {
  kind: 'supply-round',
  creation: 'create',
  ...supplyRoundEvents,
  initial: initialSupplyRoundState,
  decide: (state, event) => (isSupplyRoundEvent(event) ? decideEvent(state, event) : refuseUnknownEvent(event)),
  obligations: ({ timers }) => obligationsOf(timers),
  tasks: ({ timers }) => tasksOf(timers),
  standing: ({ timers }, { parameters }) => ({
    urgency: 'routine',
    emergency: false,
    usefulUntil: null,
    outdated: timers.some(({ name }) => name === parameters.clock) ? null : 'already-done',
  }),
  summary: ({ cssdInstitutionId }) => ({ institutionId: cssdInstitutionId || null, patientId: null }),
  // A round that is over lives on while a centre waits to be served or a signature to be confirmed. Whoever closes it may be faster than the facts of what
  // was done on the way: they come in order, so with the hand-over all of them have been heard.
  ended: ({ status, timers, handedOver }) => ((status === 'closed' && handedOver) || status === 'cancelled') && timers.length === 0,
};

function decideEvent(state: SupplyRoundState, event: SupplyRoundEvent): Verdict<SupplyRoundState> {
  switch (event.kind) {
    case 'command':
      return decideCommand(state, event);
    case 'fact':
      return accept(state, event, timelineEventOf[event.name], changesByHeardFact(state, event), { at: event.input.occurredAt });
    case 'due':
      return decideDue(state, event);
  }
}

function decideCommand(state: SupplyRoundState, event: SupplyRoundCommandEvent): Verdict<SupplyRoundState> {
  switch (event.name) {
    case 'create': {
      if (state.status !== null) return refuse({ code: 'already-exists' });
      const { cssdInstitutionId, departAt, returnDueAt, cutOffAt, stops, budgets } = event.input;
      const created: SupplyRoundState = {
        ...state,
        status: 'planned',
        cssdInstitutionId,
        departAt,
        returnDueAt,
        cutOffAt,
        stops,
        budgets,
      };
      const timers = cutOffAt === null ? [] : startCutOff(created, event.at, cutOffAt);
      return accept(state, event, 'create', { ...created, timers });
    }
    case 'confirm':
      return state.status === 'planned' ? accept(state, event, 'confirm', changesByConfirmation(state, event.at)) : refuseIn(state);
    // The row of the round may be ahead of what the pathway has heard of, so the commit judges by the row.
    case 'close':
      return isOver(state)
        ? refuseIn(state)
        : accept(state, event, 'close', {
            status: 'closed',
            timers: state.timers.filter(({ name }) => timersBeyondTheRound.includes(name)),
          });
    case 'cancel':
      return isOver(state) ? refuseIn(state) : accept(state, event, 'cancel', changesByCancellation(state, event.at));
    case 'confirm-signature':
      return isConfirmSignatureRunning(state, event.input.stopId)
        ? accept(state, event, 'confirm-signature', { timers: stopTimer(state.timers, 'confirm-signature', event.input.stopId) })
        : refuseIn(state);
  }
}

/** A fact that comes after the closing changes nothing but what outlives the round. */
function changesByHeardFact(state: SupplyRoundState, event: SupplyRoundFactEvent): Partial<SupplyRoundState> {
  const changes = changesByFact(state, event);
  if (!isOver(state)) return changes;
  const { timers = state.timers, ...others } = changes;
  return { ...others, status: state.status, timers: timers.filter(({ name }) => timersBeyondTheRound.includes(name)) };
}

const isOver = ({ status }: SupplyRoundState): boolean => status === null || status === 'closed' || status === 'cancelled';

function changesByConfirmation(state: SupplyRoundState, at: number): Partial<SupplyRoundState> {
  const timers = stopTimer(state.timers, 'cut-off');
  return { status: 'confirmed', timers: startReleaseLead({ ...state, timers }, at) };
}

/** The slips of a confirmed round were frozen for it: their centres wait for the next one now. */
function changesByCancellation(state: SupplyRoundState, at: number): Partial<SupplyRoundState> {
  const none = { ...state, timers: [] };
  if (state.status === 'planned') return { status: 'cancelled', stops: [], timers: [] };
  const timers = state.stops.reduce<SupplyRoundState['timers']>(
    (running, { institutionId }) => startUnserved({ ...none, timers: running }, at, institutionId),
    [],
  );
  return { status: 'cancelled', stops: [], timers };
}

function decideDue(state: SupplyRoundState, event: SupplyRoundDueEvent): Verdict<SupplyRoundState> {
  const { timers, timer, percent, messages } = fireTimer(state.timers, { id: event.id, at: event.at, pathwayId: null });
  // The cut-off that was ahead at the creation confirms the round by itself.
  if (timer?.name === 'cut-off' && state.status === 'planned')
    return accept(state, event, 'confirm', changesByConfirmation(state, event.at), { messages });
  return accept(state, event, `rung-${percent ?? 100}`, { timers }, { messages });
}

const refuse = (refusal: Refusal): Verdict<SupplyRoundState> => ({ ok: false, refusal });

const refuseIn = ({ status }: SupplyRoundState): Verdict<SupplyRoundState> =>
  refuse({ code: 'transition-not-allowed', state: status, allowed: [] });

/** A decision with one line of the timeline. `set` has the fields of the state that change. */
function accept(
  state: SupplyRoundState,
  event: SupplyRoundEvent,
  name: SupplyRoundTimelineEvent,
  set: Partial<SupplyRoundState>,
  { at = event.at, messages = [] }: { at?: number; messages?: MessageIntent[] } = {},
): Verdict<SupplyRoundState> {
  const about =
    event.kind === 'fact' && 'stopId' in event.input ? { stopId: event.input.stopId, institutionId: event.input.institutionId } : {};
  const because = [
    { rule: 'supply-round', clause: event.kind === 'due' ? event.id : event.name, evidence: { eventId: event.id, ...about } },
  ];
  const entries = [{ event: name, from: state.status, to: set.status ?? state.status, because }];
  return { ok: true, decision: { at, set, entries, messages } };
}
