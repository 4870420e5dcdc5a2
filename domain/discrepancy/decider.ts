/**
 * The decider of a discrepancy: it lives until it is resolved and somebody else has closed it. Whether a command fits the present status is judged by
 * the row, which acts change too; the decider judges only whether the pathway is there.
 */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider, Entry, MessageIntent, Verdict } from '../kit/pathway.ts';
import { fireTimer, obligationsOf, tasksOf } from '../sterile-supply/timers.ts';
import {
  type CreateDiscrepancy,
  type DiscrepancyEvent,
  type DiscrepancyFactEvent,
  discrepancyEvents,
  isDiscrepancyEvent,
} from './events.ts';
import { concernsInfection } from './owner.ts';
import { type DiscrepancyState, initialDiscrepancyState } from './state.ts';
import type { DiscrepancyTemplate } from './texts.ts';
import { timersOfAcknowledged, timersOfClosed, timersOfOpen, timersOfResolved } from './timers.ts';

export const discrepancy: Decider<DiscrepancyState, 'discrepancy', DiscrepancyFactEvent['name']> = {
  kind: 'discrepancy',
  creation: 'open',
  ...discrepancyEvents,
  initial: initialDiscrepancyState,
  decide: (state, event) => (isDiscrepancyEvent(event) ? decideEvent(state, event) : refuseUnknownEvent(event)),
  obligations: ({ timers }) => obligationsOf(timers),
  tasks: ({ timers }) => tasksOf(timers),
  standing: ({ status }) => ({
    urgency: 'routine',
    emergency: false,
    usefulUntil: null,
    outdated: status === 'resolved' || status === 'closed' ? 'already-done' : null,
  }),
  summary: ({ status, owner, cssdInstitutionId }) => ({
    institutionId: (status === 'resolved' || status === 'closed' ? cssdInstitutionId : owner.institutionId) || null,
    patientId: null,
  }),
  // What was written off may turn up one day, and is then reopened: its pathway goes on without a timer.
  ended: ({ status, resolution }) => status === 'closed' && resolution !== 'written-off',
};

function decideEvent(state: DiscrepancyState, event: DiscrepancyEvent): Verdict<DiscrepancyState> {
  switch (event.name) {
    case 'open': {
      if (state.status !== null) return { ok: false, refusal: { code: 'already-exists' } };
      const { discrepancyId, kind, owner, cssdInstitutionId, officeInstitutionId, budgets } = event.input;
      const opened = { discrepancyId, kind, owner, cssdInstitutionId, officeInstitutionId, budgets, openedAt: event.at, openings: 1 };
      return accept(
        state,
        event,
        { ...opened, status: 'open', timers: timersOfOpen(opened) },
        { messages: messagesToInfection(event.input) },
      );
    }
    case 'acknowledge':
      return whileOpen(state, () => accept(state, event, { status: 'acknowledged', timers: timersOfAcknowledged(state.timers, state) }));
    case 'investigate':
      return whileOpen(state, () => accept(state, event, { status: 'investigating' }));
    case 'resolve': {
      const { resolution } = event.input;
      return whileOpen(state, () =>
        accept(state, event, { status: 'resolved', resolution, timers: timersOfResolved(state.timers, state) }),
      );
    }
    case 'close':
      return whileOpen(state, () => accept(state, event, { status: 'closed', timers: timersOfClosed(state.timers) }));
    case 'discrepancy-resolved': {
      const { resolution, reopened } = event.input;
      const entries: Entry[] = reopened ? [entryOf('reopen', event, { from: state.status, to: 'open' })] : [];
      // What was closed and is open again has timers of its own: those before it may have fired.
      const openings = reopened ? state.openings + 1 : state.openings;
      const timers = timersOfResolved(state.timers, { ...state, openings });
      return accept(state, event, { status: 'resolved', resolution, openings, timers }, { entries });
    }
    case 'discrepancy-reopened': {
      const openings = state.openings + 1;
      const timers = timersOfOpen({ ...state, openings });
      return accept(state, event, { status: 'open', resolution: null, openings, timers });
    }
    case 'rung': {
      const { timers, timer, percent, messages } = fireTimer(state.timers, { id: event.id, at: event.at, pathwayId: state.discrepancyId });
      return accept(state, event, { timers }, { messages, evidence: { timer: timer?.id ?? null }, line: `rung-${percent ?? 100}` });
    }
  }
}

function whileOpen(state: DiscrepancyState, decide: () => Verdict<DiscrepancyState>): Verdict<DiscrepancyState> {
  if (state.status === null || state.status === 'closed')
    return { ok: false, refusal: { code: 'transition-not-allowed', state: state.status, allowed: [] } };
  return decide();
}

const messagesToInfection = ({ kind, discrepancyId, infectionInstitutionIds }: CreateDiscrepancy): MessageIntent<DiscrepancyTemplate>[] =>
  concernsInfection(kind) && infectionInstitutionIds.length > 0
    ? [
        {
          step: 'open',
          template: 'discrepancy-for-infection',
          recipients: infectionInstitutionIds.map((institutionId) => ({
            to: 'role',
            role: 'infection',
            institutionId,
            departmentId: null,
          })),
          parameters: { referralId: discrepancyId },
        },
      ]
    : [];

function entryOf(
  clause: string,
  event: DiscrepancyEvent,
  { from, to, evidence = {} }: { from: string | null; to: string | null; evidence?: Record<string, string | null> },
): Entry {
  return { event: clause, from, to, because: [{ rule: 'sterile-supply 7', clause, evidence: { eventId: event.id, ...evidence } }] };
}

/** A decision with one line of the timeline, after `entries`. `set` has the fields of the state that change. */
function accept(
  state: DiscrepancyState,
  event: DiscrepancyEvent,
  set: Partial<DiscrepancyState>,
  {
    messages = [],
    entries = [],
    evidence = {},
    line = event.name,
  }: { messages?: MessageIntent[]; entries?: Entry[]; evidence?: Record<string, string | null>; line?: string } = {},
): Verdict<DiscrepancyState> {
  const last = entryOf(line, event, { from: entries.at(-1)?.to ?? state.status, to: set.status ?? state.status, evidence });
  return { ok: true, decision: { at: event.at, set, entries: [...entries, last], messages } };
}
