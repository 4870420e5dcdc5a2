/** The decider of a steriliser load: it lives from its start until its last biological indicator is read. */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider, MessageIntent, Verdict } from '../kit/pathway.ts';
import { fireTimer, obligationsOf, stopTimer, tasksOf, timerId } from '../sterile-supply/timers.ts';
import type { LoadStatus } from '../sterile-supply/vocabulary.ts';
import {
  isSteriliserLoadEvent,
  lineOfFact,
  type SteriliserLoadEvent,
  type SteriliserLoadFactEvent,
  steriliserLoadEvents,
} from './events.ts';
import { timersAfter, timersOfStart } from './obligations.ts';
import { initialSteriliserLoadState, type SteriliserLoadState } from './state.ts';
import type { SteriliserLoadLine } from './texts.ts';

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
  ended: isOver,
};

const endings: readonly (LoadStatus | null)[] = ['released', 'confirmed', 'failed'];

/** Nobody owes anything on it any more: it was rejected, or every indicator is read, it has come to its end, and nothing is left to be decided. */
function isOver({ status, unread, timers, isInquiry }: SteriliserLoadState): boolean {
  if (isInquiry) return timers.length === 0;
  if (timers.some(({ name }) => name === 'recall-decision' || name === 'review-overdue')) return false;
  return status === 'rejected' || (unread.length === 0 && endings.includes(status));
}

function decideEvent(state: SteriliserLoadState, event: SteriliserLoadEvent): Verdict<SteriliserLoadState> {
  switch (event.name) {
    case 'start': {
      if (state.status !== null) return { ok: false, refusal: { code: 'already-exists' } };
      const { timers: budgets, indicatorIds: unread, inquiry, loadId, institutionId, infectionInstitutionId, purpose } = event.input;
      const status = inquiry?.loadStatus ?? 'running';
      const isInquiry = inquiry !== undefined;
      const begun = { ...state, status, loadId, isInquiry, institutionId, infectionInstitutionId, purpose, budgets, unread };
      return accept(state, event, isInquiry ? 'inquire' : 'start', { ...begun, timers: timersOfStart(begun, event.input) });
    }
    case 'review-pack': {
      const { packId } = event.input;
      if (!state.timers.some(({ id }) => id === timerId('review-overdue', packId))) return refuseTransition(state);
      return accept(state, event, 'review-pack', { timers: stopTimer(state.timers, 'review-overdue', packId) });
    }
    case 'decide-recall':
      if (!awaitsDecision(state)) return refuseTransition(state);
      return accept(state, event, event.input.recall ? 'recall-decided' : 'no-recall-decided', {
        timers: stopTimer(state.timers, 'recall-decision'),
      });
    case 'rung': {
      const { timers, timer, percent, messages } = fireTimer(state.timers, { id: event.id, at: event.at, pathwayId: null });
      // Silence opens a recall, so there is nothing left to be decided.
      if (timer?.id === timerId('recall-decision') && percent === 100)
        return accept(state, event, 'recall-undecided', { timers: stopTimer(timers, 'recall-decision') }, messages);
      return accept(state, event, `rung-${percent ?? 100}`, { timers }, messages);
    }
    case 'load-ended':
    case 'load-aborted':
    case 'load-unloaded':
    case 'load-reviewed':
    case 'load-released':
    case 'load-released-early':
    case 'load-rejected':
    case 'bi-incubated':
    case 'inner-ci-failed':
    case 'load-recalled':
      return acceptFact(state, event, state.unread);
    case 'bi-read':
    case 'bi-corrected':
      return acceptFact(
        state,
        event,
        state.unread.filter((id) => id !== event.input.indicatorId),
      );
  }
}

const refuseTransition = ({ status }: SteriliserLoadState): Verdict<SteriliserLoadState> => ({
  ok: false,
  refusal: { code: 'transition-not-allowed', state: status, allowed: [] },
});

export const awaitsDecision = ({ timers }: SteriliserLoadState): boolean => timers.some(({ id }) => id === timerId('recall-decision'));

const acceptFact = (state: SteriliserLoadState, event: SteriliserLoadFactEvent, unread: string[]): Verdict<SteriliserLoadState> =>
  accept(state, event, lineOfFact[event.name], { status: event.input.loadStatus, unread, timers: timersAfter(state, event, unread) });

/** A decision with one line of the timeline. `set` has the fields of the state that change. */
function accept(
  state: SteriliserLoadState,
  event: SteriliserLoadEvent,
  line: SteriliserLoadLine | `rung-${number}`,
  set: Partial<SteriliserLoadState>,
  messages: MessageIntent[] = [],
): Verdict<SteriliserLoadState> {
  const because = [{ rule: 'sterile-supply', clause: `5 ${line}`, evidence: { eventId: event.id } }];
  const entries = [{ event: line, from: state.status, to: set.status ?? state.status, because }];
  return { ok: true, decision: { at: event.at, set, entries, messages } };
}
