/**
 * This file decides facts, which have happened outside of the referral and are never refused. A fact changes what is open and is only noted
 * on what has ended.
 */
import { hasBegunAfter } from '../kit/facts.ts';
import { acceptWith, endLeg, enterStatus, type ReferralVerdict, reopenReferral, startLeg } from './changes.ts';
import { budgetReason } from './clocks.ts';
import type { ReferralEntry, ReferralFactEvent, VisitInError } from './events.ts';
import { answererOf, buildMessage, type ReferralMessage, stateParameters } from './messages.ts';
import { partyOf, type ReferralState } from './state.ts';
import { isEnded, type ReferralStatus } from './transitions.ts';
import { rememberBeforeDeath, undoDeath } from './undo-death.ts';

export function decideFact(state: ReferralState, event: ReferralFactEvent): ReferralVerdict {
  switch (event.name) {
    case 'patient-died':
      return recordDeath(state, event);
    case 'death-retracted':
      return takeBackDeath(state, event);
    case 'patient-moved':
      return recordMove(state, event, event.input.homeInstitutionId);
    case 'patient-admitted':
      return recordAdmission(state, event, event.input.institutionId);
    case 'patients-merged':
      return replacePatient(state, event, event.input.survivorPatientId, 'merged');
    case 'merger-retracted':
      return replacePatient(state, event, event.input.patientId, 'merger-retracted');
    case 'visit-entered-in-error':
      return withoutVisit(state, event, event.input);
  }
}

function entryOf(before: ReferralState, after: ReferralState, event: ReferralFactEvent, clause: string): ReferralEntry {
  const { occurredAt, toldLateByMs: _, ...ids } = event.input;
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

/** The fact changes nothing here and stands in the timeline only. */
const noteOnly = (state: ReferralState, event: ReferralFactEvent): ReferralVerdict =>
  acceptWith(state, state, event, [entryOf(state, state, event, 'noted')], []);

/** Both sides hear that the referral has ended. Of a draft only the initiator knew. */
function messagesToBothSides(after: ReferralState, event: ReferralFactEvent): ReferralMessage[] {
  const initiator = answererOf(after, 'initiator');
  const sides = after.sentAt === null ? [initiator] : [initiator, answererOf(after, 'recipient')];
  return [buildMessage(event.id, 'referral-cancelled', sides)];
}

function cancelBecause(
  state: ReferralState,
  event: ReferralFactEvent,
  reason: 'patient-moved' | 'patient-admitted' | 'visit-in-error',
): ReferralVerdict {
  const after: ReferralState = { ...enterStatus(state, 'cancelled', event.at), statusReason: reason };
  return acceptWith(state, after, event, [entryOf(state, after, event, reason)], messagesToBothSides(after, event));
}

function recordDeath(state: ReferralState, event: ReferralFactEvent): ReferralVerdict {
  if (state.deceasedAt !== null || state.over) return noteOnly(state, event);
  // Nobody checks what became of a dead patient's referral, brings their consent or reviews the result.
  const afterDeath: ReferralState = {
    ...state,
    deceasedAt: event.at,
    beforeDeath: rememberBeforeDeath(state),
    checkClock: null,
    consentClock: null,
  };
  if (!isEnded(state.status as ReferralStatus)) {
    const after: ReferralState = { ...enterStatus(afterDeath, 'cancelled', event.at), statusReason: 'patient-died' };
    return acceptWith(state, after, event, [entryOf(state, after, event, 'patient-died')], messagesToBothSides(after, event));
  }
  const after: ReferralState = { ...afterDeath, clock: null, closedAt: state.closedAt ?? event.at };
  return acceptWith(state, after, event, [entryOf(state, after, event, 'patient-died: tasks withdrawn')], []);
}

function takeBackDeath(state: ReferralState, event: ReferralFactEvent): ReferralVerdict {
  const after = undoDeath(state, event.at);
  if (after === state || after.over) return noteOnly(state, event);
  const answers = after.clock && !isEnded(after.status as ReferralStatus);
  const messages = answers
    ? [buildMessage(event.id, 'referral-reopened', [answererOf(after, after.clock?.side ?? 'initiator')], stateParameters(after))]
    : [];
  return acceptWith(state, after, event, [entryOf(state, after, event, 'death-retracted')], messages);
}

/** Whoever has sent the referral knew how things stood then. */
const beganAt = ({ sentAt, draftedAt }: ReferralState): number => sentAt ?? draftedAt ?? Number.NEGATIVE_INFINITY;

/** No visit has been agreed on yet: the patient is referred anew from the new home. */
const beforeVisit: readonly (ReferralStatus | null)[] = ['draft', 'received', 'accepted'];

function recordMove(state: ReferralState, event: ReferralFactEvent, centre: string): ReferralVerdict {
  const side = state.direction === 'up' ? 'initiator' : 'recipient';
  if (state.over || isEnded(state.status as ReferralStatus) || partyOf(state, side).institutionId === centre) return noteOnly(state, event);
  if (hasBegunAfter(beganAt(state), event)) return noteOnly(state, event);
  if (beforeVisit.includes(state.status)) return cancelBecause(state, event, 'patient-moved');
  // A visit has been agreed on and stays. The new home centre takes over the duties of the old one, unless it is or was a party already, because no
  // institution can be on both sides.
  const involved = [state.initiator.institutionId, ...state.legs.map((leg) => leg.institutionId)];
  if (involved.includes(centre)) return cancelBecause(state, event, 'patient-moved');
  const after = side === 'initiator' ? withInitiator(state, centre) : withRecipient(state, centre, event.at);
  const message = buildMessage(event.id, 'referral-rerouted', [
    answererOf(after, side),
    answererOf(after, side === 'initiator' ? 'recipient' : 'initiator'),
  ]);
  return acceptWith(state, after, event, [entryOf(state, after, event, 'the new home centre takes over')], [message]);
}

const withInitiator = (state: ReferralState, institutionId: string): ReferralState => ({
  ...state,
  formerInitiators: [...state.formerInitiators, state.initiator.institutionId],
  initiator: { ...state.initiator, institutionId, departmentId: null },
});

const withRecipient = (state: ReferralState, institutionId: string, at: number): ReferralState =>
  startLeg({ ...state, legs: endLeg(state, at, 'patient-moved') }, { institutionId, departmentId: null }, at);

function recordAdmission(state: ReferralState, event: ReferralFactEvent, institutionId: string): ReferralVerdict {
  const isRecipient = partyOf(state, 'recipient').institutionId === institutionId;
  if (isRecipient || state.over || isEnded(state.status as ReferralStatus)) return noteOnly(state, event);
  return hasBegunAfter(beganAt(state), event) ? noteOnly(state, event) : cancelBecause(state, event, 'patient-admitted');
}

/** Two records turned out to be one person, so the referral goes on under the id of the surviving record; or they are two persons after all. */
function replacePatient(state: ReferralState, event: ReferralFactEvent, patientId: string, clause: string): ReferralVerdict {
  const after: ReferralState = { ...state, patientId };
  return acceptWith(state, after, event, [entryOf(state, after, event, clause)], []);
}

/** The referral was never sent, or nobody has answered it. */
const unanswered: readonly (ReferralStatus | null)[] = ['draft', 'received'];

/** The visit behind the referral was entered in error. What nobody has answered is withdrawn; else the hospital is told, and the referral goes on. */
function withoutVisit(state: ReferralState, event: ReferralFactEvent, { withdraws, wasOutcome = false }: VisitInError): ReferralVerdict {
  if (state.over || state.deceasedAt !== null) return noteOnly(state, event);
  if (withdraws && unanswered.includes(state.status)) return cancelBecause(state, event, 'visit-in-error');
  if (state.sentAt === null || state.status === 'cancelled') return noteOnly(state, event);
  if (wasOutcome && isOutcomeUnread(state)) return askFirstFollowUpAgain(state, event);
  const hospital = answererOf(state, state.direction === 'up' ? 'recipient' : 'initiator');
  const entry = entryOf(state, state, event, 'told: the visit behind it was entered in error');
  return acceptWith(state, state, event, [entry], [buildMessage(event.id, 'visit-in-error', [hospital])]);
}

const isOutcomeUnread = ({ direction, status, reviewedAt }: ReferralState): boolean =>
  direction === 'down' && status === 'completed' && reviewedAt === null;

/** The centre has not seen the patient, and the hospital has not read what it was told, so the first follow-up stands open again with its time. */
function askFirstFollowUpAgain(state: ReferralState, event: ReferralFactEvent): ReferralVerdict {
  const after = reopenReferral(state, 'accepted', event.at);
  const entry = entryOf(state, after, event, 'the first follow-up was entered in error and is asked for again');
  if (after.followUpClock) entry.because.push(budgetReason(after.policy, after.followUpClock));
  const messages = [
    buildMessage(event.id, 'visit-in-error', [answererOf(after, 'initiator')]),
    buildMessage(`${event.id}:recipient`, 'referral-reopened', [answererOf(after, 'recipient')], stateParameters(after)),
  ];
  return acceptWith(state, after, event, [entry], messages);
}
