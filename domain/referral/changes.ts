/** The steps that change a referral's state: entering a state, beginning and ending legs, sending. */
import type { Decision, PathwayEvent, Reason, Verdict } from '../kit/pathway.ts';
import { addDays, startOf } from '../time/local-date.ts';
import { dueRungs, fireRungs, pauseClock, resumeClock } from '../time/sla-clock.ts';
import { budgetReason, type ClockField, clockRuleOf, startReferralClock } from './clocks.ts';
import type { ReferralEntry } from './events.ts';
import {
  answererOf,
  buildMessage,
  clockParameters,
  messagesToPatient,
  type ReferralMessage,
  recipientsAtRung,
  stateParameters,
} from './messages.ts';
import type { Appointment, Leg, Party, PastAppointment, ReferralClock, ReferralState } from './state.ts';
import { isEnded, type ReferralStatus, type Transition, transitions } from './transitions.ts';

export type ReferralVerdict = Verdict<ReferralState>;

/** Returns the fields that differ between two states, with the values of the second, as a decision stores them. */
function changedFields(before: ReferralState, after: ReferralState): Partial<ReferralState> {
  const keys = Object.keys(after) as (keyof ReferralState)[];
  return Object.fromEntries(keys.filter((key) => after[key] !== before[key]).map((key) => [key, after[key]]));
}

/** Returns the decision that leads from one state to another. It also tells the patient what has changed for them, whatever the event was. */
export function acceptWith(
  before: ReferralState,
  after: ReferralState,
  event: PathwayEvent,
  entries: ReferralEntry[],
  messages: ReferralMessage[],
): ReferralVerdict & { ok: true; decision: Decision<ReferralState> } {
  const allMessages = [...messages, ...messagesToPatient(before, after, event)];
  return { ok: true, decision: { at: event.at, set: changedFields(before, after), entries, messages: allMessages } };
}

/**
 * Enters a status: its clock begins, and what belonged to the last one ends. An open question to the initiator ends too, because nobody
 * waits for its answer any more.
 */
export function enterStatus(before: ReferralState, to: ReferralStatus, at: number, appointment: Appointment | null = null): ReferralState {
  const state = endQuestion(before, at);
  const next: ReferralState = { ...state, status: to, statusReason: null, appointment: to === 'in-progress/5.1.1' ? appointment : null };
  if (state.appointment && to !== 'in-progress/5.1.1') next.pastAppointment = endAppointment(state.appointment, to, at);
  if (to === 'received' && state.sentAt === null) next.sentAt = at;
  if (isEnded(to)) {
    next.endedAt = at;
    next.legs = endLeg(state, at, to);
    next.followUpClock = null;
    if (to === 'cancelled') {
      next.closedAt = at;
      next.consentClock = null;
    }
  }
  const rule = clockRuleOf(to, { ...state, appointment, at, from: state.status });
  if (rule === 'runs-on') return next;
  if (rule === null) return { ...next, clock: null, repeatedCalls: 0 };
  return { ...next, ...startReferralClock(next, rule, at), repeatedCalls: 0 };
}

/** A note or an outcome says that the patient has been there, unless it comes before the appointment begins. */
function endAppointment({ startsAt, endsAt }: Appointment, to: ReferralStatus, at: number): PastAppointment {
  const cameSince = to === 'completed' || to === 'in-progress/5.1.4';
  const end = to === 'in-progress/5.1.2' ? 'missed' : cameSince && at >= startsAt ? 'kept' : 'cancelled';
  return { startsAt, endsAt, end };
}

/** Starts one of the clocks that run beside that of the status. */
export function startFurtherClock(
  state: ReferralState,
  field: Exclude<ClockField, 'clock'>,
  clock: { side: ReferralClock['side']; name: string; budgetSeconds: number },
  at: number,
): ReferralState {
  const started = startReferralClock(state, { side: clock.side, name: clock.name, budgetMs: clock.budgetSeconds * 1_000 }, at);
  return { ...state, [field]: started.clock, clockCount: started.clockCount };
}

/** The recipient asks the initiator something, so the recipient's clocks pause until the answer comes. */
export function startQuestion(state: ReferralState, at: number): ReferralState {
  const budgetSeconds = state.policy.budgetsSeconds.received[state.urgency];
  const asked = startFurtherClock(state, 'informationClock', { side: 'initiator', name: 'information', budgetSeconds }, at);
  return {
    ...asked,
    informationAskedAt: at,
    clock: asked.clock && pauseReferralClock(asked.clock, at),
    followUpClock: asked.followUpClock && pauseReferralClock(asked.followUpClock, at),
  };
}

/** The question has been answered or dropped, so the recipient's clocks go on from where they stood. */
export function endQuestion(state: ReferralState, at: number): ReferralState {
  if (state.informationAskedAt === null) return state;
  return {
    ...state,
    informationAskedAt: null,
    informationClock: null,
    clock: state.clock && resumeReferralClock(state.clock, at),
    followUpClock: state.followUpClock && resumeReferralClock(state.followUpClock, at),
  };
}

const pauseReferralClock = (clock: ReferralClock, at: number): ReferralClock => ({ ...clock, ...pauseClock(clock, at) });
const resumeReferralClock = (clock: ReferralClock, at: number): ReferralClock => ({ ...clock, ...resumeClock(clock, at) });

/** Returns the legs with the present one ended. */
export const endLeg = (state: ReferralState, at: number, endReason: string): Leg[] =>
  state.legs.map((leg) => (leg.to === null ? { ...leg, to: at, endReason } : leg));

/** Adds a leg for the institution that is asked now. */
export function startLeg(state: ReferralState, party: Party, at: number): ReferralState {
  const leg = {
    n: state.legs.length + 1,
    institutionId: party.institutionId,
    departmentId: party.departmentId,
    from: at,
    to: null,
    endReason: null,
  };
  return { ...state, legs: [...state.legs, leg] };
}

/** The present leg ends and the next institution is asked. */
export function askNextInstitution(state: ReferralState, party: Party, at: number, endReason: string): ReferralState {
  const left: ReferralState = { ...state, legs: endLeg(state, at, endReason), followUpClock: null };
  return enterStatus(startLeg(left, party, at), 'received', at);
}

/** Reopens an ended referral, which goes back to the institution that was asked last. */
export function reopenReferral(state: ReferralState, to: ReferralStatus, at: number): ReferralState {
  const legs = state.legs.map((leg, index) => (index === state.legs.length - 1 ? { ...leg, to: null, endReason: null } : leg));
  const reopened = enterStatus({ ...state, legs, endedAt: null, reviewedAt: null, closedAt: null }, to, at);
  return to === 'accepted' && reopened.direction === 'down' ? startFirstFollowUpClock(reopened, at) : reopened;
}

/** The centre that takes a patient back from hospital has to see them within the agreed time, or sooner when the hospital's plan names an earlier day. */
export function startFirstFollowUpClock(state: ReferralState, at: number): ReferralState {
  const agreedSeconds = state.policy.budgetsSeconds.firstFollowUp[state.urgency];
  const plannedSeconds = state.firstFollowUpBy === null ? agreedSeconds : (startOf(addDays(state.firstFollowUpBy, 1)) - at) / 1_000;
  // A day that has passed is no day to see somebody on, so the agreed time holds.
  const budgetSeconds = plannedSeconds > 0 ? Math.min(agreedSeconds, plannedSeconds) : agreedSeconds;
  return startFurtherClock(state, 'followUpClock', { side: 'recipient', name: 'first-follow-up', budgetSeconds }, at);
}

export const rungEntryOf = (state: ReferralState, clock: ReferralClock, percent: number): ReferralEntry => ({
  event: `rung-${percent}`,
  from: state.status,
  to: state.status,
  because: [{ ...budgetReason(state.policy, clock), clause: `referral/${clock.name} at ${percent} %` }],
});

/** Returns the reason that names the row of the transition table by which a trigger was legal. */
export const transitionReason = (transition: Pick<Transition, 'row' | 'side' | 'trigger'>, from: string | null, to: string): Reason => ({
  rule: transition.row.startsWith('E-') ? 'alliance-referral-extension' : 'BSeR/360X',
  clause: transition.row.startsWith('E-') ? transition.row.slice(2) : `row ${transition.row}`,
  evidence: { side: transition.side, trigger: transition.trigger, from, to },
});

const sendTransition: Transition = transitions[0] as Transition;

/** A new state, with its entries for the timeline and its messages. */
export interface ReferralChange {
  state: ReferralState;
  entries: ReferralEntry[];
  messages: ReferralMessage[];
}

/**
 * Sends a draft: the first leg and the recipient's clock begin. A missing consent, which only an emergency may have, gets a clock of its
 * own, and an emergency calls at once.
 */
export function sendReferral(draft: ReferralState, event: PathwayEvent): ReferralChange {
  const { at } = event;
  let sent = enterStatus(startLeg(draft, draft.addressee, at), 'received', at);
  if (!sent.consentGiven)
    sent = startFurtherClock(
      sent,
      'consentClock',
      { side: 'initiator', name: 'consent', budgetSeconds: sent.policy.budgetsSeconds.consent[sent.urgency] },
      at,
    );
  const clock = sent.clock as ReferralClock;
  const because = [transitionReason(sendTransition, 'draft', 'received'), budgetReason(sent.policy, clock)];
  const entries: ReferralEntry[] = [{ event: sendTransition.trigger, from: 'draft', to: 'received', because }];
  const messages = [buildMessage(event.id, 'referral-received', [answererOf(sent, 'recipient')], stateParameters(sent))];
  const called = fireFirstRung(sent, at);
  return { state: called.state, entries: [...entries, ...called.entries], messages: [...messages, ...called.messages] };
}

/** Fires the rung at 0 %, which an emergency has. It belongs to the step that begins the clock, so that the call cannot come later than that. */
export function fireFirstRung(state: ReferralState, at: number): ReferralChange {
  const { clock } = state;
  if (!clock || !dueRungs(clock, at).includes(0)) return { state, entries: [], messages: [] };
  return {
    state: { ...state, clock: { ...clock, ...fireRungs(clock, [0], at) } },
    entries: [rungEntryOf(state, clock, 0)],
    messages: [buildMessage(`${clock.id}:0`, 'rung-0', recipientsAtRung(state, 'clock', clock, 0), clockParameters(clock))],
  };
}
