/** What happened outside: a fact is never refused. It changes what is open and is noted on what has ended. */
import { patientFacts } from '../kit/facts.ts';
import type { Entry, MessageIntent, PathwayEvent, Verdict } from '../kit/pathway.ts';
import { decided, endLeg, enter, startLeg } from './changes.ts';
import { answering, message } from './messages.ts';
import { partyOf, type ReferralState } from './state.ts';
import { isEnded, type ReferralStatus } from './transitions.ts';

export const referralFacts = patientFacts;
export type ReferralFact = (typeof referralFacts)[number];

/** Inputs by fact: ids only. */
export interface FactInput {
  occurredAt: number;
  homeInstitutionId?: string;
  institutionId?: string;
  survivorPatientId?: string;
}

type ReferralVerdict = Verdict<ReferralState>;

export function fact(state: ReferralState, event: PathwayEvent): ReferralVerdict {
  const input = event.input as FactInput;
  switch (event.name as ReferralFact) {
    case 'patient-died':
      return died(state, event, input);
    case 'patient-moved':
      return moved(state, event, input);
    case 'patient-admitted':
      return admitted(state, event, input);
    case 'patients-merged':
      return merged(state, event, input);
  }
}

function entryOf(before: ReferralState, after: ReferralState, event: PathwayEvent, input: FactInput, clause: string): Entry {
  const { occurredAt, ...ids } = input;
  return {
    event: event.name,
    from: before.status,
    to: after.status,
    because: [
      {
        rule: 'alliance-referral-extension',
        clause,
        evidence: { factId: event.id, occurredAt: new Date(occurredAt).toISOString(), ...ids },
      },
    ],
  };
}

const noted = (state: ReferralState, event: PathwayEvent, input: FactInput): ReferralVerdict =>
  decided(state, state, event, [entryOf(state, state, event, input, 'noted')], []);

/** Both sides hear that it ended, unless it was a draft that nobody else knew. */
function tellBoth(after: ReferralState, event: PathwayEvent): MessageIntent[] {
  const sides = after.sentAt === null ? [answering(after, 'initiator')] : [answering(after, 'initiator'), answering(after, 'recipient')];
  return [message(event.id, 'referral-cancelled', sides)];
}

function cancelled(state: ReferralState, event: PathwayEvent, input: FactInput, reason: string): ReferralVerdict {
  const after: ReferralState = { ...enter(state, 'cancelled', event.at), statusReason: reason };
  return decided(state, after, event, [entryOf(state, after, event, input, reason)], tellBoth(after, event));
}

function died(state: ReferralState, event: PathwayEvent, input: FactInput): ReferralVerdict {
  if (state.deceasedAt !== null || state.over) return noted(state, event, input);
  // No check of a dead patient's referral, no consent to bring, nothing to review.
  const mourned: ReferralState = { ...state, deceasedAt: event.at, checkClock: null, consentClock: null };
  if (!isEnded(state.status as ReferralStatus)) {
    const after: ReferralState = { ...enter(mourned, 'cancelled', event.at), statusReason: 'patient-died' };
    return decided(state, after, event, [entryOf(state, after, event, input, 'patient-died')], tellBoth(after, event));
  }
  const after: ReferralState = { ...mourned, clock: null, closedAt: state.closedAt ?? event.at };
  return decided(state, after, event, [entryOf(state, after, event, input, 'patient-died: tasks withdrawn')], []);
}

const movedBeforeVisit: readonly (ReferralStatus | null)[] = ['draft', 'received', 'accepted'];

function moved(state: ReferralState, event: PathwayEvent, input: FactInput): ReferralVerdict {
  const centre = input.homeInstitutionId as string;
  const side = state.direction === 'up' ? 'initiator' : 'recipient';
  if (state.over || isEnded(state.status as ReferralStatus) || partyOf(state, side).institutionId === centre)
    return noted(state, event, input);
  if (movedBeforeVisit.includes(state.status)) return cancelled(state, event, input, 'patient-moved');
  // A visit is on its way: it stays, and the new home centre takes the centre's duties. A hospital that is a party cannot be its own other side.
  const involved = [state.initiator.institutionId, ...state.legs.map((leg) => leg.institutionId)];
  if (involved.includes(centre)) return cancelled(state, event, input, 'patient-moved');
  const after = side === 'initiator' ? initiatedBy(state, centre) : receivedBy(state, centre, event.at);
  const told = message(event.id, 'referral-rerouted', [
    answering(after, side),
    answering(after, side === 'initiator' ? 'recipient' : 'initiator'),
  ]);
  return decided(state, after, event, [entryOf(state, after, event, input, 'the new home centre takes over')], [told]);
}

const initiatedBy = (state: ReferralState, institutionId: string): ReferralState => ({
  ...state,
  formerInitiators: [...state.formerInitiators, state.initiator.institutionId],
  initiator: { ...state.initiator, institutionId, departmentId: null },
});

const receivedBy = (state: ReferralState, institutionId: string, at: number): ReferralState =>
  startLeg({ ...state, legs: endLeg(state, at, 'patient-moved') }, { institutionId, departmentId: null }, at);

function admitted(state: ReferralState, event: PathwayEvent, input: FactInput): ReferralVerdict {
  const here = partyOf(state, 'recipient').institutionId === input.institutionId;
  if (here || state.over || isEnded(state.status as ReferralStatus)) return noted(state, event, input);
  return cancelled(state, event, input, 'patient-admitted');
}

function merged(state: ReferralState, event: PathwayEvent, input: FactInput): ReferralVerdict {
  const after: ReferralState = { ...state, patientId: input.survivorPatientId ?? state.patientId };
  return decided(state, after, event, [entryOf(state, after, event, input, 'merged')], []);
}
