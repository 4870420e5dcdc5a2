/** What time brings: rungs, reroute and expiry, repeated calls, the active check, the end. */
import type { Entry, PathwayEvent, Verdict } from '../kit/pathway.ts';
import { dueRungs, fireRungs } from '../time/sla-clock.ts';
import { begin, decided, enter, rungEntry, sendOn } from './changes.ts';
import { budgetReason, type ClockField, clockFields, obligationsOf } from './clocks.ts';
import { about, aboutState, answering, calledAt, headOf, message, office } from './messages.ts';
import { currentLeg, type Party, type ReferralClock, type ReferralState } from './state.ts';

type ReferralVerdict = Verdict<ReferralState>;

export function due(state: ReferralState, event: PathwayEvent): ReferralVerdict {
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
      return over(state, event);
    default:
      throw new Error(`Unknown obligation ${obligation.name}.`);
  }
}

function rung(state: ReferralState, event: PathwayEvent): ReferralVerdict {
  const field = clockFields.find((name) => event.id.startsWith(`${state[name]?.id}:`)) as ClockField;
  const clock = state[field] as ReferralClock;
  const percents = dueRungs(clock, event.at);
  const entries = percents.map((percent) => rungEntry(state, clock, percent));
  const fired: ReferralState = { ...state, [field]: { ...clock, ...fireRungs(clock, percents, event.at) } };
  // Missed ones are recorded, only the highest calls.
  const highest = percents.at(-1) as number;
  const messages = [message(`${clock.id}:${highest}`, `rung-${highest}`, calledAt(state, field, clock, highest), about(clock))];
  if (highest < 100 || field !== 'clock' || state.status !== 'received' || state.emergency)
    return decided(state, fired, event, entries, messages);

  const next = nextToAsk(state);
  if (next) {
    const rerouted = sendOn(fired, next, event.at, 'no-answer');
    entries.push(rerouteEntry(state, rerouted, 'reroute at 100 %'));
    messages.push(...rerouteMessages(rerouted, clock.id));
    return decided(state, rerouted, event, entries, messages);
  }
  const expired: ReferralState = { ...enter(fired, 'rejected', event.at), statusReason: 'no-answer' };
  entries.push({
    event: 'expire',
    from: 'received',
    to: 'rejected',
    because: [
      { rule: `alliance-configuration/${state.policy.version}`, clause: 'reroute list exhausted', evidence: { asked: state.legs.length } },
    ],
  });
  messages.push(message(`${clock.id}:expire`, 'referral-expired', [answering(expired, 'initiator')]));
  return decided(state, expired, event, entries, messages);
}

/** The first of the list that is no party yet. */
export function nextToAsk(state: ReferralState): Party | undefined {
  const asked = new Set([...state.legs.map((leg) => leg.institutionId), state.initiator.institutionId, ...state.formerInitiators]);
  return state.policy.reroute.find((party) => !asked.has(party.institutionId));
}

export function rerouteEntry(before: ReferralState, after: ReferralState, clause: string): Entry {
  const evidence = {
    fromInstitutionId: currentLeg(before)?.institutionId ?? null,
    toInstitutionId: currentLeg(after)?.institutionId ?? null,
  };
  return {
    event: 'reroute',
    from: 'received',
    to: 'received',
    because: [
      { rule: `alliance-configuration/${before.policy.version}`, clause, evidence },
      ...(after.clock ? [budgetReason(after.policy, after.clock)] : []),
    ],
  };
}

export const rerouteMessages = (rerouted: ReferralState, step: string) => [
  message(`${step}:reroute`, 'referral-received', [answering(rerouted, 'recipient')], aboutState(rerouted)),
  message(`${step}:rerouted`, 'referral-rerouted', [answering(rerouted, 'initiator')]),
];

function callRepeat(state: ReferralState, event: PathwayEvent): ReferralVerdict {
  const repeatedCalls = state.repeatedCalls + 1;
  const clock = state.clock as ReferralClock;
  const clause = `referral/emergency unanswered, call ${repeatedCalls + 1}`;
  const entry: Entry = {
    event: 'call-repeat',
    from: state.status,
    to: state.status,
    because: [{ ...budgetReason(state.policy, clock), clause }],
  };
  const call = message(event.id, 'call-repeat', [headOf(state, clock.side), office], about(clock));
  return decided(state, { ...state, repeatedCalls }, event, [entry], [call]);
}

function checkDue(state: ReferralState, event: PathwayEvent): ReferralVerdict {
  const budgetSeconds = state.policy.budgetsSeconds.check[state.urgency];
  const asked = begin({ ...state, checkAskedAt: event.at }, 'checkClock', { side: 'initiator', name: 'check', budgetSeconds }, event.at);
  const clock = asked.checkClock as ReferralClock;
  const entry: Entry = {
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
  };
  return decided(state, asked, event, [entry], [message('check-due', 'check-due', [answering(state, 'initiator')], about(clock))]);
}

function over(state: ReferralState, event: PathwayEvent): ReferralVerdict {
  const because = [{ rule: 'alliance-referral-extension', clause: 'closed, checked, reopening window past', evidence: {} }];
  return decided(state, { ...state, over: true }, event, [{ event: 'over', from: state.status, to: state.status, because }], []);
}
