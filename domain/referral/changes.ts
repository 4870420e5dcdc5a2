/** The steps that change a referral's state: entering a state, beginning and ending legs, sending. */
import type { Decision, Entry, MessageIntent, PathwayEvent, Reason, Verdict } from '../kit/pathway.ts';
import { dueRungs, fireRungs, pauseClock, resumeClock } from '../time/sla-clock.ts';
import { budgetReason, type ClockField, clockRuleOf, startReferralClock } from './clocks.ts';
import { about, aboutState, answering, calledAt, message, tellPatient } from './messages.ts';
import type { Appointment, Leg, Party, ReferralClock, ReferralState } from './state.ts';
import { isEnded, type ReferralStatus, type Transition, transitions } from './transitions.ts';

type ReferralVerdict = Verdict<ReferralState>;

/** What changed between two states, as a decision stores it. */
function changes(before: ReferralState, after: ReferralState): Partial<ReferralState> {
  const keys = Object.keys(after) as (keyof ReferralState)[];
  return Object.fromEntries(keys.filter((key) => after[key] !== before[key]).map((key) => [key, after[key]]));
}

export function decided(
  before: ReferralState,
  after: ReferralState,
  event: PathwayEvent,
  entries: Entry[],
  messages: MessageIntent[],
): ReferralVerdict & { ok: true; decision: Decision<ReferralState> } {
  const told = [...messages, ...tellPatient(before, after, event)];
  return { ok: true, decision: { at: event.at, set: changes(before, after), entries, messages: told } };
}

/** Enters a state: its clock begins, what belonged to the last one ends. A question to the initiator is moot after any change of state. */
export function enter(before: ReferralState, to: ReferralStatus, at: number, appointment: Appointment | null = null): ReferralState {
  const state = endQuestion(before, at);
  const next: ReferralState = { ...state, status: to, statusReason: null, appointment: to === 'in-progress/5.1.1' ? appointment : null };
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

/** Begins a further clock beside the state's own. */
export function begin(
  state: ReferralState,
  field: Exclude<ClockField, 'clock'>,
  clock: { side: ReferralClock['side']; name: string; budgetSeconds: number },
  at: number,
): ReferralState {
  const started = startReferralClock(state, { side: clock.side, name: clock.name, budgetMs: clock.budgetSeconds * 1_000 }, at);
  return { ...state, [field]: started.clock, clockCount: started.clockCount };
}

/** The recipient's clocks wait while the initiator is asked. */
export function beginQuestion(state: ReferralState, at: number): ReferralState {
  const budgetSeconds = state.policy.budgetsSeconds.received[state.urgency];
  const asked = begin(state, 'informationClock', { side: 'initiator', name: 'information', budgetSeconds }, at);
  return {
    ...asked,
    informationAskedAt: at,
    clock: asked.clock && waiting(asked.clock, at),
    followUpClock: asked.followUpClock && waiting(asked.followUpClock, at),
  };
}

/** They go on where they stood. */
export function endQuestion(state: ReferralState, at: number): ReferralState {
  if (state.informationAskedAt === null) return state;
  return {
    ...state,
    informationAskedAt: null,
    informationClock: null,
    clock: state.clock && goingOn(state.clock, at),
    followUpClock: state.followUpClock && goingOn(state.followUpClock, at),
  };
}

const waiting = (clock: ReferralClock, at: number): ReferralClock => ({ ...clock, ...pauseClock(clock, at) });
const goingOn = (clock: ReferralClock, at: number): ReferralClock => ({ ...clock, ...resumeClock(clock, at) });

export const endLeg = (state: ReferralState, at: number, endReason: string): Leg[] =>
  state.legs.map((leg) => (leg.to === null ? { ...leg, to: at, endReason } : leg));

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

/** The present leg ends, the next institution is asked. */
export function sendOn(state: ReferralState, party: Party, at: number, endReason: string): ReferralState {
  const left: ReferralState = { ...state, legs: endLeg(state, at, endReason), followUpClock: null };
  return enter(startLeg(left, party, at), 'received', at);
}

/** Reopened: the last institution asked has it again. */
export function reopen(state: ReferralState, to: ReferralStatus, at: number): ReferralState {
  const legs = state.legs.map((leg, index) => (index === state.legs.length - 1 ? { ...leg, to: null, endReason: null } : leg));
  const reopened = enter({ ...state, legs, endedAt: null, reviewedAt: null, closedAt: null }, to, at);
  return to === 'accepted' && reopened.direction === 'down' ? beginFirstFollowUp(reopened, at) : reopened;
}

export const beginFirstFollowUp = (state: ReferralState, at: number): ReferralState =>
  begin(
    state,
    'followUpClock',
    { side: 'recipient', name: 'first-follow-up', budgetSeconds: state.policy.budgetsSeconds.firstFollowUp[state.urgency] },
    at,
  );

export const rungEntry = (state: ReferralState, clock: ReferralClock, percent: number): Entry => ({
  event: `rung-${percent}`,
  from: state.status,
  to: state.status,
  because: [{ ...budgetReason(state.policy, clock), clause: `referral/${clock.name} at ${percent} %` }],
});

export const bser = (transition: Pick<Transition, 'row' | 'side' | 'trigger'>, from: string | null, to: string): Reason => ({
  rule: transition.row.startsWith('E-') ? 'alliance-referral-extension' : 'BSeR/360X',
  clause: transition.row.startsWith('E-') ? transition.row.slice(2) : `row ${transition.row}`,
  evidence: { side: transition.side, trigger: transition.trigger, from, to },
});

const sendRow: Transition = transitions[0] as Transition;

export interface Sending {
  sent: ReferralState;
  entries: Entry[];
  messages: MessageIntent[];
}

/** Sends a draft: the first leg begins, the recipient's clock runs, a missing consent of an emergency gets its own clock, an emergency calls at once. */
export function send(draft: ReferralState, event: PathwayEvent): Sending {
  const { at } = event;
  let sent = enter(startLeg(draft, draft.addressee, at), 'received', at);
  if (!sent.consentGiven)
    sent = begin(
      sent,
      'consentClock',
      { side: 'initiator', name: 'consent', budgetSeconds: sent.policy.budgetsSeconds.consent[sent.urgency] },
      at,
    );
  const clock = sent.clock as ReferralClock;
  const because = [bser(sendRow, 'draft', 'received'), budgetReason(sent.policy, clock)];
  const entries: Entry[] = [{ event: sendRow.trigger, from: 'draft', to: 'received', because }];
  const messages = [message(event.id, 'referral-received', [answering(sent, 'recipient')], aboutState(sent))];
  const called = callAtOnce(sent, at);
  return { sent: called.state, entries: [...entries, ...called.entries], messages: [...messages, ...called.messages] };
}

/** The rung at 0 % is part of the step that begins the clock: it cannot come later. */
export function callAtOnce(state: ReferralState, at: number): { state: ReferralState; entries: Entry[]; messages: MessageIntent[] } {
  const { clock } = state;
  if (!clock || !dueRungs(clock, at).includes(0)) return { state, entries: [], messages: [] };
  return {
    state: { ...state, clock: { ...clock, ...fireRungs(clock, [0], at) } },
    entries: [rungEntry(state, clock, 0)],
    messages: [message(`${clock.id}:0`, 'rung-0', calledAt(state, 'clock', clock, 0), about(clock))],
  };
}
