/**
 * The decider of an exchange slip: it lives from its submission until every line has its outcome. Whether a command fits the present status is judged by
 * the row, which acts change too; the decider judges only whether the pathway is there.
 */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider, MessageIntent, Verdict } from '../kit/pathway.ts';
import { fireTimer, obligationsOf, startTimer, type Timer, tasksOf } from '../sterile-supply/timers.ts';
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
  standing: ({ timers }, { parameters }) => ({
    urgency: 'routine',
    emergency: false,
    usefulUntil: null,
    outdated: timers.some(({ name }) => name === parameters.clock) ? null : 'already-done',
  }),
  summary: ({ institutionId, cssdInstitutionId, timers }) => ({
    institutionId: (timers.length > 0 ? cssdInstitutionId : institutionId) || null,
    patientId: null,
  }),
  ended: ({ status }) => status === 'closed' || status === 'cancelled',
};

function decideEvent(state: ExchangeSlipState, event: ExchangeSlipEvent): Verdict<ExchangeSlipState> {
  switch (event.name) {
    case 'submit': {
      if (state.status !== null) return refuse(state);
      const { slipId, cssdInstitutionId, institutionId, budgets } = event.input;
      return accept(state, event, { status: 'submitted', slipId, cssdInstitutionId, institutionId, budgets });
    }
    case 'amend':
      return hasEnded(state) ? refuse(state) : accept(state, event, {});
    case 'cancel':
      return hasEnded(state) ? refuse(state) : accept(state, event, { status: 'cancelled', timers: [] });
    case 'slip-frozen':
      return accept(state, event, { status: 'frozen' });
    case 'slip-unfrozen':
      return accept(state, event, { status: 'submitted', timers: [] });
    case 'slip-picked-up':
      if (isCounted(state) || isTimed(state, 'dwell')) return accept(state, event, {});
      return accept(state, event, { status: 'picked-up', timers: withDwell(state, event.input.stowedAt) });
    case 'slip-handed-over':
      if (isCounted(state) || isTimed(state, 'count-due')) return accept(state, event, {});
      return accept(state, event, { timers: withCountDue(state, event.input.handedOverAt) });
    case 'slip-counted':
      return accept(state, event, { status: event.input.status, timers: [] });
    case 'slip-closed':
      return accept(state, event, { status: 'closed', timers: [] });
    case 'rung': {
      const { timers, timer, percent, messages } = fireTimer(state.timers, { id: event.id, at: event.at, pathwayId: state.slipId });
      return accept(state, event, { timers }, { messages, timer: timer?.id ?? null, line: `rung-${percent ?? 100}` });
    }
  }
}

const hasEnded = ({ status }: ExchangeSlipState): boolean => status === null || status === 'closed' || status === 'cancelled';

/** A scan of the stowing may come after the goods: they were counted, and nobody waits for that any more. */
const isCounted = ({ status }: ExchangeSlipState): boolean => status === 'counted' || status === 'disputed' || status === 'closed';

/** A timer that runs stays as it began: what it has told is told once. */
const isTimed = ({ timers }: ExchangeSlipState, name: string): boolean => timers.some((timer) => timer.name === name);

const technician = ({ cssdInstitutionId }: ExchangeSlipState) => ({ role: 'technician' as const, institutionId: cssdInstitutionId });
const headNurse = ({ cssdInstitutionId }: ExchangeSlipState) => ({ role: 'headnurse' as const, institutionId: cssdInstitutionId });

/** What is soiled must not dry on. */
function withDwell(state: ExchangeSlipState, stowedAt: number): Timer[] {
  const { dwellSeconds, dwellThenSeconds } = state.budgets;
  const percentThen = Math.round((dwellThenSeconds / dwellSeconds) * 100);
  return startTimer(state.timers, {
    name: 'dwell',
    at: stowedAt,
    dueAt: stowedAt + dwellSeconds * 1_000,
    ...technician(state),
    tells: [
      { percent: 100, to: [technician(state)] },
      { percent: percentThen, to: [headNurse(state)] },
    ],
  });
}

function withCountDue(state: ExchangeSlipState, handedOverAt: number): Timer[] {
  return startTimer(state.timers, {
    name: 'count-due',
    at: handedOverAt,
    dueAt: handedOverAt + state.budgets.countDueSeconds * 1_000,
    ...technician(state),
    tells: [{ percent: 100, to: [technician(state), headNurse(state)] }],
  });
}

const refuse = ({ status }: ExchangeSlipState): Verdict<ExchangeSlipState> => ({
  ok: false,
  refusal: { code: 'transition-not-allowed', state: status, allowed: [] },
});

/** A decision with one line of the timeline. `set` has the fields of the state that change. */
function accept(
  state: ExchangeSlipState,
  event: ExchangeSlipEvent,
  set: Partial<ExchangeSlipState>,
  { messages = [], timer, line = event.name }: { messages?: MessageIntent[]; timer?: string | null; line?: string } = {},
): Verdict<ExchangeSlipState> {
  const evidence = { eventId: event.id, ...(timer === undefined ? {} : { timer }) };
  const because = [{ rule: 'sterile-supply 7', clause: event.name, evidence }];
  const entries = [{ event: line, from: state.status, to: set.status ?? state.status, because }];
  return { ok: true, decision: { at: event.at, set, entries, messages } };
}
