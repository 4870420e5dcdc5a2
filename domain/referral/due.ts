/** This file decides what comes due on a referral: rungs, reroute and expiry, repeated calls, the active check, the end. */
import type { PathwayEvent } from '../kit/pathway.ts';
import { dueRungs, fireRungs } from '../time/sla-clock.ts';
import { acceptWith, askNextInstitution, endLeg, enterStatus, type ReferralVerdict, rungEntryOf, startFurtherClock } from './changes.ts';
import { budgetReason, type ClockField, clockFields, obligationsOf } from './clocks.ts';
import type { ReferralDueEvent, ReferralEntry } from './events.ts';
import {
  allianceOffice,
  answererOf,
  buildMessage,
  clockParameters,
  headOf,
  type ReferralMessage,
  recipientsAtRung,
  stateParameters,
} from './messages.ts';
import { currentLeg, type Party, type ReferralClock, type ReferralState } from './state.ts';

export function decideDue(state: ReferralState, event: ReferralDueEvent): ReferralVerdict {
  const obligation = obligationsOf(state).find(({ id }) => id === event.id);
  // Due events come from the kit alone, which takes them from the obligations. Any other one is a defect, so it throws instead of being refused.
  if (!obligation || obligation.at > event.at) throw new Error(`Nothing of the id ${event.id} is due.`);
  switch (obligation.name) {
    case 'rung':
      return callAtRung(state, event);
    case 'call-repeat':
      return repeatCall(state, event);
    case 'check-due':
      return askForCheck(state, event);
    case 'over':
      return endPathway(state, event);
  }
}

/**
 * Calls whoever the highest rung calls. At 100 % of an unanswered referral the next institution is asked, or the referral expires when none
 * is left.
 */
function callAtRung(state: ReferralState, event: PathwayEvent): ReferralVerdict {
  const field = clockFields.find((name) => event.id.startsWith(`${state[name]?.id}:`)) as ClockField;
  const clock = state[field] as ReferralClock;
  const percents = dueRungs(clock, event.at);
  const entries = percents.map((percent) => rungEntryOf(state, clock, percent));
  const fired: ReferralState = { ...state, [field]: { ...clock, ...fireRungs(clock, percents, event.at) } };
  // After an outage several rungs are due at once: all are recorded, only the highest one calls.
  const highest = percents.at(-1) as number;
  const messages = [
    buildMessage(`${clock.id}:${highest}`, `rung-${highest}`, recipientsAtRung(state, field, clock, highest), clockParameters(clock)),
  ];
  if (highest < 100 || field !== 'clock' || state.status !== 'received' || state.emergency)
    return acceptWith(state, fired, event, entries, messages);

  const next = findNextInstitution(state);
  if (next) {
    const rerouted = askNextInstitution(fired, next, event.at, 'no-answer');
    entries.push(rerouteEntryOf(state, rerouted, 'reroute at 100 %'));
    messages.push(...rerouteMessages(rerouted, clock.id));
    return acceptWith(state, rerouted, event, entries, messages);
  }
  const ended = enterStatus(fired, 'rejected', event.at);
  // Nobody there has rejected it: they have not answered in time.
  const expired: ReferralState = { ...ended, statusReason: 'no-answer', legs: endLeg(fired, event.at, 'no-answer') };
  entries.push({
    event: 'expire',
    from: 'received',
    to: 'rejected',
    because: [
      { rule: `alliance-configuration/${state.policy.version}`, clause: 'reroute list exhausted', evidence: { asked: state.legs.length } },
    ],
  });
  messages.push(buildMessage(`${clock.id}:expire`, 'referral-expired', [answererOf(expired, 'initiator')]));
  return acceptWith(state, expired, event, entries, messages);
}

/** Returns the first institution of the reroute list that has not been a party yet. */
export function findNextInstitution(state: ReferralState): Party | undefined {
  const asked = new Set([...state.legs.map((leg) => leg.institutionId), state.initiator.institutionId, ...state.formerInitiators]);
  return state.policy.reroute.find((party) => !asked.has(party.institutionId));
}

export function rerouteEntryOf(before: ReferralState, after: ReferralState, clause: string): ReferralEntry {
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

export const rerouteMessages = (rerouted: ReferralState, step: string): ReferralMessage[] => [
  buildMessage(`${step}:reroute`, 'referral-received', [answererOf(rerouted, 'recipient')], stateParameters(rerouted)),
  buildMessage(`${step}:rerouted`, 'referral-rerouted', [answererOf(rerouted, 'initiator')]),
];

/** Nobody has answered the emergency: the head of the department and the alliance office are called once more. */
function repeatCall(state: ReferralState, event: PathwayEvent): ReferralVerdict {
  const repeatedCalls = state.repeatedCalls + 1;
  const clock = state.clock as ReferralClock;
  const clause = `referral/emergency unanswered, call ${repeatedCalls + 1}`;
  const entry: ReferralEntry = {
    event: 'call-repeat',
    from: state.status,
    to: state.status,
    because: [{ ...budgetReason(state.policy, clock), clause }],
  };
  const call = buildMessage(event.id, 'call-repeat', [headOf(state, clock.side), allianceOffice], clockParameters(clock));
  return acceptWith(state, { ...state, repeatedCalls }, event, [entry], [call]);
}

/** The centre has to find out what became of the patient, within two weeks of the referral. */
function askForCheck(state: ReferralState, event: PathwayEvent): ReferralVerdict {
  const budgetSeconds = state.policy.budgetsSeconds.check[state.urgency];
  const asked = startFurtherClock(
    { ...state, checkAskedAt: event.at },
    'checkClock',
    { side: 'initiator', name: 'check', budgetSeconds },
    event.at,
  );
  const clock = asked.checkClock as ReferralClock;
  const entry: ReferralEntry = {
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
  return acceptWith(
    state,
    asked,
    event,
    [entry],
    [buildMessage('check-due', 'check-due', [answererOf(state, 'initiator')], clockParameters(clock))],
  );
}

function endPathway(state: ReferralState, event: PathwayEvent): ReferralVerdict {
  const because = [{ rule: 'alliance-referral-extension', clause: 'closed, checked, reopening window past', evidence: {} }];
  return acceptWith(state, { ...state, over: true }, event, [{ event: 'over', from: state.status, to: state.status, because }], []);
}
