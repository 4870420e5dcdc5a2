/**
 * The decider of an identity check. It keeps the time and the task of a question; the answer, with all that it does, is one transaction of the tables,
 * which tells this pathway by a fact.
 */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider, MessageIntent, Verdict } from '../kit/pathway.ts';
import { dueRungs, fireRungs, instantOf, nextRung } from '../time/sla-clock.ts';
import { type IdentityCheckEvent, type IdentityCheckFactEvent, identityCheckEvents, isIdentityCheckEvent } from './events.ts';
import { type IdentityCheckState, initialIdentityCheckState } from './state.ts';
import { CHECK_TASK_ID, clockOf, sharedCheckTasks, taskOf } from './tasks.ts';
import type { IdentityCheckTemplate } from './texts.ts';

export const identityCheck: Decider<IdentityCheckState, 'identity-check', IdentityCheckFactEvent['name']> = {
  kind: 'identity-check',
  creation: 'open',
  ...identityCheckEvents,
  initial: initialIdentityCheckState,
  decide: (state, event) => (isIdentityCheckEvent(event) ? decideEvent(state, event) : refuseUnknownEvent(event)),
  obligations({ clock }) {
    const rung = clock && nextRung(clock);
    return rung ? [{ id: `${CHECK_TASK_ID}:${rung.percent}`, name: 'rung', at: rung.at }] : [];
  },
  tasks: (state) => (state.clock ? [taskOf({ ...state, clock: state.clock })] : []),
  sharedTasks: sharedCheckTasks,
  standing: ({ clock }) => ({ urgency: 'same-day', emergency: false, usefulUntil: null, outdated: clock ? null : 'already-done' }),
  summary: ({ institutionId, patientId }) => ({ institutionId: institutionId || null, patientId: patientId || null }),
  ended: ({ status }) => status === 'decided',
};

function decideEvent(state: IdentityCheckState, event: IdentityCheckEvent): Verdict<IdentityCheckState> {
  switch (event.name) {
    case 'open': {
      if (state.status !== null) return { ok: false, refusal: { code: 'already-exists' } };
      const { kind, patientId, institutionId, role, about } = event.input;
      return accept(state, event, { status: 'open', kind, patientId, institutionId, role, about, clock: clockOf(event.input) });
    }
    case 'patient-moved':
      return accept(state, event, { institutionId: event.input.homeInstitutionId });
    case 'patients-merged':
      // Which record leads to which is the very question of a merger, so its own patient stays.
      return accept(state, event, state.kind === 'death' || state.kind === 'move' ? { patientId: event.input.survivorPatientId } : {});
    case 'merger-retracted':
      return accept(state, event, { patientId: event.input.patientId });
    case 'identity-check-decided':
      return accept(state, event, { status: 'decided', clock: null });
    case 'rung': {
      const { clock } = state;
      if (!clock) return accept(state, event, {});
      const percent = dueRungs(clock, event.at).at(-1) ?? 100;
      return accept(state, event, { clock: fireRungs(clock, dueRungs(clock, event.at), event.at) }, [messageAt(state, event, percent)]);
    }
  }
}

function messageAt(state: IdentityCheckState, { id }: IdentityCheckEvent, percent: number): MessageIntent<IdentityCheckTemplate> {
  const { clock, institutionId, role } = state;
  const toRole = (name: string) => ({ to: 'role', role: name, institutionId, departmentId: null }) as const;
  const parameters = { clock: clock?.name ?? '', dueAt: (clock && instantOf(clock, 100)) ?? null };
  return percent < 100
    ? {
        step: id,
        template: 'identity-check-waits',
        recipients: [{ to: 'owner', taskId: CHECK_TASK_ID, otherwise: toRole(role) }],
        parameters,
      }
    : { step: id, template: 'identity-check-overdue', recipients: [toRole('head')], parameters };
}

/** A decision with one line of the timeline. `set` has the fields of the state that change. */
function accept(
  state: IdentityCheckState,
  event: IdentityCheckEvent,
  set: Partial<IdentityCheckState>,
  messages: MessageIntent<IdentityCheckTemplate>[] = [],
): Verdict<IdentityCheckState> {
  const kind = set.kind ?? state.kind;
  const because = [{ rule: 'identity-check', clause: event.name, evidence: { kind, eventId: event.id } }];
  const entries = [{ event: event.name, from: state.status, to: set.status ?? state.status, because }];
  return { ok: true, decision: { at: event.at, set, entries, messages } };
}
