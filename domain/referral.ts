/** The referral decider: what each command and each due obligation does to a referral, and why. */
import type { Direction, Urgency } from './alliance-configuration.ts';
import type { MessageTemplate } from './message-templates.ts';
import type { Actor, Decider, Decision, Entry, MessageIntent, PathwayEvent, PathwayTask, Reason, Recipient, Verdict } from './pathway.ts';
import { budgetReason, clockRuleOf, obligationsOf, runningClocks, startReferralClock } from './referral-clocks.ts';
import {
  type Appointment,
  currentLeg,
  initialReferralState,
  type Party,
  partyOf,
  type ReferralClock,
  type ReferralPolicy,
  type ReferralState,
  roleOf,
  sideOf,
} from './referral-state.ts';
import {
  isEnded,
  type ReferralStatus,
  type ReferralTrigger,
  referralTriggers,
  type Side,
  type Transition,
  transitions,
} from './referral-transitions.ts';
import { dueRungs, fireRungs, instantOf } from './sla-clock.ts';

/** Input of the creating command. */
export interface CreateReferral {
  draft: boolean;
  patientId: string;
  direction: Direction;
  urgency: Urgency;
  emergency: boolean;
  consentGiven: boolean;
  initiatorDepartmentId: string | null;
  addressee: Party;
  policy: ReferralPolicy;
}

/** Input of every other command; the appointment for those that make one. */
export interface ReferralCommand {
  patientId?: string;
  appointment?: Appointment;
}

type ReferralDecision = Decision<ReferralState>;
type ReferralVerdict = Verdict<ReferralState>;

const withdrawNeedsUnclaimed = (transition: Transition): boolean => transition.row === 'E-withdraw-received';

/** The transition that a side's trigger means now; undefined if it is not legal. */
function legalTransition(state: ReferralState, side: Side, trigger: ReferralTrigger): Transition | undefined {
  if (state.status === null) return undefined;
  const stays = (row: string): Transition => ({ row, side, trigger, from: state.status as ReferralStatus, to: null });
  if (trigger === 'answer-check') return side === 'initiator' && state.checkClock ? stays('E-answer-check') : undefined;
  if (trigger === 'record-consent') return side === 'initiator' && state.consentClock ? stays('E-record-consent') : undefined;
  if (trigger === 'review-result' && state.reviewedAt !== null) return undefined;
  return transitions.find((t) => t.side === side && t.trigger === trigger && t.from === state.status);
}

/** Triggers open to an institution. `claimed`: somebody has claimed the recipient's task, so it can no longer be withdrawn silently. */
export function allowedTriggers(state: ReferralState, institutionId: string, { claimed }: { claimed: boolean }): ReferralTrigger[] {
  const side = sideOf(state, institutionId);
  if (side === undefined || side === 'former') return [];
  return referralTriggers.filter((trigger) => {
    const transition = legalTransition(state, side, trigger);
    return transition !== undefined && !(claimed && withdrawNeedsUnclaimed(transition));
  });
}

const taskNames: Record<ReferralStatus, string | null> = {
  draft: 'send-referral',
  received: 'answer-referral',
  accepted: 'arrange-visit',
  'in-progress/5.1.1': 'record-visit',
  'in-progress/5.1.2': 'follow-up-no-show',
  'in-progress/5.1.3': 'rebook-visit',
  'in-progress/5.1.4': 'finish-referral',
  'in-progress/5.2': 'answer-cancellation',
  completed: 'review-result',
  rejected: 'review-result',
  cancelled: null,
};

const stateTaskId = (state: ReferralState): string | undefined => {
  const name = state.status && taskNames[state.status];
  return name && state.clock ? `${state.clock.id}-${name}` : undefined;
};

function tasksOf(state: ReferralState): PathwayTask[] {
  if (state.over) return [];
  const task = (id: string, name: string, clock: ReferralClock): PathwayTask => {
    const { institutionId, departmentId } = partyOf(state, clock.side);
    const { urgency, emergency } = state;
    return { id, name, role: roleOf(state, clock.side), institutionId, departmentId, urgency, emergency, clock };
  };
  const tasks: PathwayTask[] = [];
  const id = stateTaskId(state);
  if (id && state.clock) tasks.push(task(id, taskNames[state.status as ReferralStatus] as string, state.clock));
  if (state.checkClock) tasks.push(task(`${state.checkClock.id}-check-referral`, 'check-referral', state.checkClock));
  if (state.consentClock) tasks.push(task(`${state.consentClock.id}-record-consent`, 'record-consent', state.consentClock));
  return tasks;
}

// --- who is told ---------------------------------------------------------------

const office: Recipient = { to: 'office' };

/** Whoever answers on a side: the person who sent it, or the department asked. */
function answering(state: ReferralState, side: Side): Recipient {
  if (side === 'initiator') return { to: 'person', personId: state.initiator.personId };
  const { institutionId, departmentId } = partyOf(state, side);
  return { to: 'role', role: roleOf(state, side), institutionId, departmentId };
}

const headOf = (state: ReferralState, side: Side): Recipient => {
  const { institutionId, departmentId } = partyOf(state, side);
  return { to: 'role', role: 'head', institutionId, departmentId };
};

const other = (side: Side): Side => (side === 'initiator' ? 'recipient' : 'initiator');

function message(
  step: string,
  template: MessageTemplate,
  recipients: Recipient[],
  parameters: MessageIntent['parameters'] = {},
): MessageIntent {
  return { step, template, recipients, parameters };
}

/** Which clock, and until when. */
const about = (clock: ReferralClock): MessageIntent['parameters'] => ({ clock: clock.name, dueAt: instantOf(clock, 100) ?? null });

const aboutState = ({ clock, appointment }: ReferralState): MessageIntent['parameters'] => ({
  ...(clock ? about(clock) : {}),
  ...(appointment ? { startsAt: appointment.startsAt } : {}),
});

const informs: Partial<Record<ReferralTrigger, MessageTemplate>> = {
  'send-acceptance': 'referral-accepted',
  'send-decline': 'referral-declined',
  'request-cancellation': 'cancellation-requested',
  'schedule-visit': 'visit-scheduled',
  'reschedule-visit': 'visit-rescheduled',
  'send-interim-note': 'interim-note',
  'send-outcome': 'outcome-sent',
  'report-no-show': 'no-show',
  'cancel-appointment': 'appointment-cancelled',
  'confirm-cancellation': 'cancellation-confirmed',
  withdraw: 'referral-withdrawn',
};

// --- entering a state ------------------------------------------------------------

/** The fields that entering `to` changes: status, clock, legs, the ends of things. */
function enter(state: ReferralState, to: ReferralStatus, at: number, appointment: Appointment | null = null): ReferralState {
  const next: ReferralState = { ...state, status: to, statusReason: null, appointment: to === 'in-progress/5.1.1' ? appointment : null };
  if (to === 'received' && state.sentAt === null) next.sentAt = at;
  if (isEnded(to)) {
    next.endedAt = at;
    next.legs = endLeg(state, at, to);
    if (to === 'cancelled') {
      next.closedAt = at;
      next.consentClock = null;
    }
  }
  const rule = clockRuleOf(to, { urgency: state.urgency, policy: state.policy, appointment, at, from: state.status });
  if (rule === 'runs-on') return next;
  if (rule === null) return { ...next, clock: null };
  return { ...next, ...startReferralClock(next, rule, at), repeatedCalls: 0 };
}

const endLeg = (state: ReferralState, at: number, endReason: string) =>
  state.legs.map((leg) => (leg.to === null ? { ...leg, to: at, endReason } : leg));

function startLeg(state: ReferralState, party: Party, at: number): ReferralState {
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

/** What changed between two states, as a decision stores it. */
function changes(before: ReferralState, after: ReferralState): Partial<ReferralState> {
  const keys = Object.keys(after) as (keyof ReferralState)[];
  return Object.fromEntries(keys.filter((key) => after[key] !== before[key]).map((key) => [key, after[key]]));
}

function decided(
  before: ReferralState,
  after: ReferralState,
  event: PathwayEvent,
  entries: Entry[],
  messages: MessageIntent[],
): { ok: true; decision: ReferralDecision } {
  return { ok: true, decision: { at: event.at, set: changes(before, after), entries, messages } };
}

const bser = (transition: Pick<Transition, 'row' | 'side' | 'trigger'>, from: string | null, to: string): Reason => ({
  rule: transition.row.startsWith('E-') ? 'alliance-referral-extension' : 'BSeR/360X',
  clause: transition.row.startsWith('E-') ? transition.row.slice(2) : `row ${transition.row}`,
  evidence: { side: transition.side, trigger: transition.trigger, from, to },
});

// --- commands -----------------------------------------------------------------

const sendRow: Transition = transitions[0] as Transition;

interface Sending {
  sent: ReferralState;
  entries: Entry[];
  messages: MessageIntent[];
}

/** Sends a draft: the first leg begins, the recipient's clock runs, a missing consent of an emergency gets its own clock, an emergency calls at once. */
function send(draft: ReferralState, event: PathwayEvent): Sending {
  const { at } = event;
  let sent = enter(startLeg(draft, draft.addressee, at), 'received', at);
  if (!sent.consentGiven) {
    const budgetMs = sent.policy.budgetsSeconds.consent[sent.urgency] * 1_000;
    const { clock, clockCount } = startReferralClock(sent, { side: 'initiator', name: 'consent', budgetMs }, at);
    sent = { ...sent, consentClock: clock, clockCount };
  }
  const clock = sent.clock as ReferralClock;
  const because = [bser(sendRow, 'draft', 'received'), budgetReason(sent.policy, clock)];
  const entries: Entry[] = [{ event: sendRow.trigger, from: 'draft', to: 'received', because }];
  const messages = [message(event.id, 'referral-received', [answering(sent, 'recipient')], aboutState(sent))];
  if (!dueRungs(clock, at).includes(0)) return { sent, entries, messages };
  entries.push(rungEntry(sent, clock, 0));
  messages.push(message(`${clock.id}:0`, 'rung-0', calledAt(sent, clock, 0), about(clock)));
  return { sent: { ...sent, clock: { ...clock, ...fireRungs(clock, [0], at) } }, entries, messages };
}

const rungEntry = (state: ReferralState, clock: ReferralClock, percent: number): Entry => ({
  event: `rung-${percent}`,
  from: state.status,
  to: state.status,
  because: [{ ...budgetReason(state.policy, clock), clause: `referral/${clock.name} at ${percent} %` }],
});

function create(state: ReferralState, event: PathwayEvent, actor: Actor): ReferralVerdict {
  const input = event.input as CreateReferral;
  const base: ReferralState = {
    ...initialReferralState,
    direction: input.direction,
    urgency: input.emergency ? 'urgent' : input.urgency,
    emergency: input.emergency,
    patientId: input.patientId,
    initiator: { institutionId: actor.institutionId, departmentId: input.initiatorDepartmentId, personId: actor.personId },
    addressee: input.addressee,
    policy: input.policy,
    consentGiven: input.consentGiven,
  };
  const draft = enter(base, 'draft', event.at);
  const created: Entry = {
    event: 'create',
    from: null,
    to: 'draft',
    because: [
      {
        rule: 'alliance-referral-extension',
        clause: 'create',
        evidence: { direction: input.direction, urgency: draft.urgency, emergency: input.emergency },
      },
    ],
  };
  if (input.draft) {
    if (draft.clock) created.because.push(budgetReason(draft.policy, draft.clock));
    return decided(state, draft, event, [created], []);
  }
  const { sent, entries, messages } = send(base, event);
  return decided(state, sent, event, [created, ...entries], messages);
}

function command(state: ReferralState, event: PathwayEvent, actor: Actor): ReferralVerdict {
  if (event.name === 'create')
    return state.status === null ? create(state, event, actor) : { ok: false, refusal: { code: 'already-exists' } };
  const refuse = (code: 'transition-not-allowed' | 'patient-mismatch' | 'not-current-recipient'): ReferralVerdict => ({
    ok: false,
    refusal: { code, state: state.status, allowed: allowedTriggers(state, actor.institutionId, { claimed: false }) },
  });
  const trigger = event.name as ReferralTrigger;
  const input = event.input as ReferralCommand;
  const side = sideOf(state, actor.institutionId);
  if (side === 'former') return refuse('not-current-recipient');
  if (input.patientId !== undefined && input.patientId !== state.patientId) return refuse('patient-mismatch');
  const transition = side && legalTransition(state, side, trigger);
  if (!transition || state.over || state.status === null) return refuse('transition-not-allowed');

  if (trigger === 'send-referral-package') {
    const { sent, entries, messages } = send(state, event);
    return decided(state, sent, event, entries, messages);
  }
  const after = apply(state, transition, event.at, input);
  const entry: Entry = {
    event: trigger,
    from: state.status,
    to: after.status,
    because: [bser(transition, state.status, after.status as ReferralStatus)],
  };
  if (after.clock && after.clock !== state.clock) entry.because.push(budgetReason(after.policy, after.clock));

  const template = informs[trigger];
  // Nobody else knows of a draft.
  const told = template && after.sentAt !== null ? [message(event.id, template, [tellOther(state, after, side)], aboutState(after))] : [];
  const verdict = decided(state, after, event, [entry], told);
  const taskId = stateTaskId(state);
  if (withdrawNeedsUnclaimed(transition) && taskId) verdict.decision.requires = { tasksUnclaimed: [taskId] };
  return verdict;
}

/** The other party hears of it: whoever has claimed the work there, else whoever answers there. */
function tellOther(before: ReferralState, after: ReferralState, side: Side): Recipient {
  const otherwise = answering(after, other(side));
  const taskId = stateTaskId(before);
  return before.clock?.side === other(side) && taskId ? { to: 'owner', taskId, otherwise } : otherwise;
}

function apply(state: ReferralState, { trigger, to }: Transition, at: number, input: ReferralCommand): ReferralState {
  switch (trigger) {
    case 'review-result':
      return { ...state, reviewedAt: at, closedAt: at, clock: null, consentClock: null };
    case 'answer-check':
      return { ...state, checkAnsweredAt: at, checkClock: null };
    case 'record-consent':
      return { ...state, consentGiven: true, consentClock: null };
    default:
      return enter(state, to as ReferralStatus, at, input.appointment ?? null);
  }
}

// --- what time brings ------------------------------------------------------------

function due(state: ReferralState, event: PathwayEvent): ReferralVerdict {
  const obligation = obligationsOf(state).find(({ id }) => id === event.id);
  // Only the kit asks, and only for what is due: anything else is a defect, not a refusal that somebody reads.
  if (!obligation || obligation.at > event.at) throw new Error(`Nothing of the id ${event.id} is due.`);
  switch (obligation.name) {
    case 'rung':
      return rung(state, event);
    case 'call-repeat':
      return callRepeat(state, event);
    case 'check-due':
      return checkDue(state, event);
    case 'over':
      return decided(
        state,
        { ...state, over: true },
        event,
        [
          {
            event: 'over',
            from: state.status,
            to: state.status,
            because: [{ rule: 'alliance-referral-extension', clause: 'reopening window past', evidence: {} }],
          },
        ],
        [],
      );
    default:
      throw new Error(`Unknown obligation ${obligation.name}.`);
  }
}

type ClockField = 'clock' | 'checkClock' | 'consentClock';

function rung(state: ReferralState, event: PathwayEvent): ReferralVerdict {
  const field = (['clock', 'checkClock', 'consentClock'] as ClockField[]).find((name) => event.id.startsWith(`${state[name]?.id}:`));
  const clock = field && state[field];
  if (!clock) throw new Error(`No clock of the rung ${event.id} is running.`);
  const percents = dueRungs(clock, event.at);
  const entries = percents.map((percent) => rungEntry(state, clock, percent));
  const fired: ReferralState = { ...state, [field]: { ...clock, ...fireRungs(clock, percents, event.at) } };
  const highest = percents.at(-1) as number;
  const messages = [message(`${clock.id}:${highest}`, `rung-${highest}`, calledAt(state, clock, highest), about(clock))];
  if (highest < 100 || clock.name !== 'received' || state.status !== 'received' || state.emergency)
    return decided(state, fired, event, entries, messages);

  const asked = new Set([...state.legs.map((leg) => leg.institutionId), state.initiator.institutionId]);
  const next = state.policy.reroute.find((party) => !asked.has(party.institutionId));
  const rule = `alliance-configuration/${state.policy.version}`;
  if (!next) {
    const expired: ReferralState = { ...enter(fired, 'rejected', event.at), statusReason: 'no-answer' };
    entries.push({
      event: 'expire',
      from: 'received',
      to: 'rejected',
      because: [{ rule, clause: 'reroute list exhausted', evidence: { asked: state.legs.length } }],
    });
    messages.push(message(`${clock.id}:expire`, 'referral-expired', [answering(expired, 'initiator')]));
    return decided(state, expired, event, entries, messages);
  }
  const left: ReferralState = { ...fired, legs: endLeg(fired, event.at, 'no-answer') };
  const rerouted = enter(startLeg(left, next, event.at), 'received', event.at);
  entries.push({
    event: 'reroute',
    from: 'received',
    to: 'received',
    because: [
      {
        rule,
        clause: 'reroute at 100 %',
        evidence: { fromInstitutionId: currentLeg(state)?.institutionId ?? null, toInstitutionId: next.institutionId },
      },
      ...(rerouted.clock ? [budgetReason(state.policy, rerouted.clock)] : []),
    ],
  });
  messages.push(
    message(`${clock.id}:reroute`, 'referral-received', [answering(rerouted, 'recipient')], aboutState(rerouted)),
    message(`${clock.id}:rerouted`, 'referral-rerouted', [answering(rerouted, 'initiator')]),
  );
  return decided(state, rerouted, event, entries, messages);
}

/** Who is called at a rung: 50 % whoever does the task, 80 % that side's head, 100 % the alliance office and the other party; an emergency's head and office at once. */
function calledAt(state: ReferralState, clock: ReferralClock, percent: number): Recipient[] {
  if (percent === 0) return [headOf(state, clock.side), office];
  if (percent < 80) return [worker(state, clock)];
  if (percent < 100) return [headOf(state, clock.side)];
  // A draft is nobody else's business yet.
  return state.status === 'draft' ? [office] : [office, answering(state, other(clock.side))];
}

function worker(state: ReferralState, clock: ReferralClock): Recipient {
  const otherwise = answering(state, clock.side);
  const taskId = clock === state.clock ? stateTaskId(state) : tasksOf(state).find((task) => task.clock === clock)?.id;
  return taskId ? { to: 'owner', taskId, otherwise } : otherwise;
}

function callRepeat(state: ReferralState, event: PathwayEvent): ReferralVerdict {
  const repeatedCalls = state.repeatedCalls + 1;
  const clock = state.clock as ReferralClock;
  return decided(
    state,
    { ...state, repeatedCalls },
    event,
    [
      {
        event: 'call-repeat',
        from: state.status,
        to: state.status,
        because: [{ ...budgetReason(state.policy, clock), clause: `referral/emergency unanswered, call ${repeatedCalls + 1}` }],
      },
    ],
    [message(event.id, 'call-repeat', [headOf(state, clock.side), office], about(clock))],
  );
}

function checkDue(state: ReferralState, event: PathwayEvent): ReferralVerdict {
  const { clock, clockCount } = startReferralClock(
    state,
    { side: 'initiator', name: 'check', budgetMs: state.policy.budgetsSeconds.check[state.urgency] * 1_000 },
    event.at,
  );
  return decided(
    state,
    { ...state, checkAskedAt: event.at, checkClock: clock, clockCount },
    event,
    [
      {
        event: 'check-due',
        from: state.status,
        to: state.status,
        because: [
          {
            rule: 'national-public-health-specification/3',
            clause: 'active follow-up of a referral within 2 weeks',
            evidence: { checkAfterSeconds: state.policy.checkAfterSeconds, sentAt: new Date(state.sentAt as number).toISOString() },
          },
          budgetReason(state.policy, clock),
        ],
      },
    ],
    [message('check-due', 'check-due', [answering(state, 'initiator')], about(clock))],
  );
}

export const referral: Decider<ReferralState> = {
  kind: 'referral',
  creation: 'create',
  commands: ['create', ...referralTriggers],
  facts: [],
  initial: initialReferralState,
  decide(state, event) {
    switch (event.kind) {
      case 'command':
        if (!event.actor) throw new Error('A command has an actor.');
        return command(state, event, event.actor);
      case 'due':
        return due(state, event);
      case 'fact':
        throw new Error(`The referral does not listen to ${event.name}.`);
    }
  },
  obligations: obligationsOf,
  tasks: tasksOf,
  summary(state) {
    const side = runningClocks(state)[0]?.side;
    return {
      institutionId: state.status === null ? null : partyOf(state, side ?? 'initiator').institutionId,
      patientId: state.patientId || null,
    };
  },
  ended: (state) => state.over,
};
