/** This file decides the commands of people on a referral. */
import type { ErrorCode } from '../kit/errors.ts';
import type { PathwayEvent, Reason } from '../kit/pathway.ts';
import { actingSideOf, allowedTriggers, findLegalTransition, isBookingOfInitiator, withdrawNeedsUnclaimed } from './allowed-triggers.ts';
import {
  acceptWith,
  askNextInstitution,
  endQuestion,
  enterStatus,
  fireFirstRung,
  type ReferralVerdict,
  reopenReferral,
  sendReferral,
  startFirstFollowUpClock,
  startQuestion,
  transitionReason,
} from './changes.ts';
import { budgetReason, runningClocks } from './clocks.ts';
import { findNextInstitution, rerouteEntryOf, rerouteMessages } from './due.ts';
import type { CreateReferral, ReferralCommand, ReferralCommandEvent, ReferralEntry } from './events.ts';
import { answererOf, buildMessage, isSlotWithdrawn, recipientOnOtherSide, stateParameters, templateForOtherSide } from './messages.ts';
import { currentLeg, initialReferralState, type Party, type ReferralState } from './state.ts';
import { taskIdOf } from './tasks.ts';
import type { ReferralStatus, Side, Transition } from './transitions.ts';

type RefusalCode = Extract<
  ErrorCode,
  | 'already-exists'
  | 'transition-not-allowed'
  | 'patient-mismatch'
  | 'not-current-recipient'
  | 'institution-already-asked'
  | 'consent-missing'
>;

/** The refusal says where the referral stands and what the actor could do instead. */
function refuse(state: ReferralState, { actor, at }: ReferralCommandEvent, code: RefusalCode): ReferralVerdict {
  const allowed = allowedTriggers(
    state,
    { institutionId: actor.institutionId, roles: [actor.role] },
    { claimed: false, at, withAnyBody: true },
  );
  return { ok: false, refusal: { code, state: state.status, allowed } };
}

export function decideCommand(state: ReferralState, event: ReferralCommandEvent): ReferralVerdict {
  if (event.name === 'create')
    return state.status === null ? createReferral(state, event) : { ok: false, refusal: { code: 'already-exists' } };
  if (event.name === 'edit-draft') return editDraft(state, event);
  const { actor, input } = event;
  const acting = actingSideOf(state, actor);
  if (acting === 'former') return refuse(state, event, 'not-current-recipient');
  if (input.patientId !== undefined && input.patientId !== state.patientId) return refuse(state, event, 'patient-mismatch');
  const transition = acting && findLegalTransition(state, acting, event.name, event.at);
  if (!transition) return refuse(state, event, 'transition-not-allowed');
  if (isBookingOfInitiator(transition) && (input.appointment?.slotId ?? null) === null)
    return refuse(state, event, 'transition-not-allowed');
  if (isOutdatedWithdrawal(state, input)) return refuse(state, event, 'transition-not-allowed');
  if (input.to && isParty(state, input.to.institutionId)) return refuse(state, event, 'institution-already-asked');

  switch (event.name) {
    case 'send-referral-package': {
      const draft = withConsent(state, input.consentGiven);
      if (lacksConsent(draft)) return refuse(state, event, 'consent-missing');
      const sent = sendReferral(draft, event);
      return acceptWith(state, sent.state, event, sent.entries, sent.messages);
    }
    case 'reroute': {
      const next = input.to ?? findNextInstitution(state);
      if (!next) return refuse(state, event, 'transition-not-allowed');
      const after = askNextInstitution(state, next, event.at, 'rerouted');
      const entry = rerouteEntryOf(state, after, 'rerouted by the alliance office');
      return acceptWith(state, after, event, [entry], rerouteMessages(after, event.id));
    }
    case 'refer-onward':
      return referOnward(state, transition, event, event.input.to);
    default:
      return followTransition(state, transition, event, input, acting as Side);
  }
}

/** The slot was withdrawn, and by now the appointment is at another time that has nothing to do with it. */
const isOutdatedWithdrawal = (state: ReferralState, { withdrawnSlotId }: ReferralCommand): boolean =>
  withdrawnSlotId !== undefined && state.appointment?.slotId !== withdrawnSlotId;

/** Nothing about a patient leaves the institution without their consent, unless it is an emergency, whose consent may follow. */
const lacksConsent = ({ consentGiven, emergency }: Pick<ReferralState, 'consentGiven' | 'emergency'>): boolean =>
  !consentGiven && !emergency;

const withConsent = (state: ReferralState, consentGiven: boolean | undefined): ReferralState =>
  consentGiven === undefined ? state : { ...state, consentGiven };

/** Changes a draft, which only the institution of its writer knows. Its clock runs on: the draft has to be sent or withdrawn as before. */
function editDraft(state: ReferralState, event: Extract<ReferralCommandEvent, { name: 'edit-draft' }>): ReferralVerdict {
  const { actor, input } = event;
  const acting = actingSideOf(state, actor);
  if (acting === 'former') return refuse(state, event, 'not-current-recipient');
  if (input.patientId !== undefined && input.patientId !== state.patientId) return refuse(state, event, 'patient-mismatch');
  if (acting !== 'initiator' || state.status !== 'draft') return refuse(state, event, 'transition-not-allowed');
  const after: ReferralState = {
    ...withConsent(state, input.consentGiven),
    urgency: state.emergency ? 'urgent' : (input.urgency ?? state.urgency),
    addressee: input.addressee ?? state.addressee,
    policy: input.policy ?? state.policy,
    firstFollowUpBy: input.firstFollowUpBy === undefined ? state.firstFollowUpBy : input.firstFollowUpBy,
  };
  const entry: ReferralEntry = {
    event: 'edit-draft',
    from: 'draft',
    to: 'draft',
    because: [
      {
        rule: 'alliance-referral-extension',
        clause: 'edit-draft',
        evidence: {
          changed: input.fields.join(' '),
          urgency: after.urgency,
          toInstitutionId: after.addressee.institutionId,
          toDepartmentId: after.addressee.departmentId,
          consentGiven: after.consentGiven,
        },
      },
    ],
  };
  return acceptWith(state, after, event, [entry], []);
}

function createReferral(state: ReferralState, event: Extract<ReferralCommandEvent, { name: 'create' }>): ReferralVerdict {
  const { actor, input, at } = event;
  const base = { ...buildReferral(input, actor), draftedAt: at };
  const draft = enterStatus(base, 'draft', at);
  const created: ReferralEntry = {
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
    return acceptWith(state, draft, event, [created], []);
  }
  if (lacksConsent(base)) return { ok: false, refusal: { code: 'consent-missing', state: null } };
  const sent = sendReferral(base, event);
  return acceptWith(state, sent.state, event, [created, ...sent.entries], sent.messages);
}

const buildReferral = (input: CreateReferral, actor: ReferralCommandEvent['actor']): ReferralState => ({
  ...initialReferralState,
  direction: input.direction,
  urgency: input.emergency ? 'urgent' : input.urgency,
  emergency: input.emergency,
  patientId: input.patientId,
  initiator: { institutionId: actor.institutionId, departmentId: input.initiatorDepartmentId, personId: actor.personId },
  addressee: input.addressee,
  policy: input.policy,
  consentGiven: input.consentGiven,
  firstFollowUpBy: input.firstFollowUpBy ?? null,
  overridden: input.overridden,
  replacesId: input.replacesId,
});

/** A referral is never sent to an institution that is or was a party: none is asked twice, and nobody refers to themselves. */
const isParty = (state: ReferralState, institutionId: string): boolean =>
  [state.initiator.institutionId, ...state.formerInitiators, ...state.legs.map((leg) => leg.institutionId)].includes(institutionId);

function referOnward(state: ReferralState, transition: Transition, event: PathwayEvent, to: Party): ReferralVerdict {
  const { state: after, entries, messages } = fireFirstRung(askNextInstitution(state, to, event.at, 'referred-onward'), event.at);
  const evidence = { fromInstitutionId: currentLeg(state)?.institutionId ?? null, toInstitutionId: to.institutionId };
  const because = [
    transitionReason(transition, state.status, 'received'),
    { rule: 'alliance-referral-extension', clause: 'refer-onward', evidence },
    ...(after.clock ? [budgetReason(after.policy, after.clock)] : []),
  ];
  const partyMessages = [
    buildMessage(event.id, 'referral-received', [answererOf(after, 'recipient')], stateParameters(after)),
    buildMessage(`${event.id}:initiator`, 'referred-onward', [answererOf(after, 'initiator')]),
  ];
  const entry: ReferralEntry = { event: 'refer-onward', from: state.status, to: 'received', because };
  return acceptWith(state, after, event, [entry, ...entries], [...partyMessages, ...messages]);
}

/** Every trigger without a function of its own changes the state as the transition table says, and the other party hears of it. */
function followTransition(
  state: ReferralState,
  transition: Transition,
  event: PathwayEvent,
  input: ReferralCommand,
  side: Side,
): ReferralVerdict {
  const { trigger } = transition;
  const changed = applyTransition(state, transition, event.at, input);
  const { state: after, entries, messages } = fireFirstRung(changed, event.at);
  const entry: ReferralEntry = {
    event: trigger,
    from: state.status,
    to: after.status,
    because: [withCheckOutcome(transitionReason(transition, state.status, after.status as ReferralStatus), input)],
  };
  for (const clock of runningClocks(after))
    if (!runningClocks(state).some(({ id }) => id === clock.id)) entry.because.push(budgetReason(after.policy, clock));
  const template = isSlotWithdrawn(input) ? 'slot-withdrawn' : templateForOtherSide[trigger];
  // Only the initiator knows of a draft, so there is no other party to tell.
  const partyMessages =
    template && after.sentAt !== null
      ? [buildMessage(event.id, template, [recipientOnOtherSide(state, after, side)], stateParameters(after))]
      : [];
  const verdict = acceptWith(state, after, event, [entry, ...entries], [...partyMessages, ...messages]);
  const taskId = taskIdOf(state, 'clock');
  if (withdrawNeedsUnclaimed(transition) && taskId) verdict.decision.requires = { tasksUnclaimed: [taskId] };
  return verdict;
}

const withCheckOutcome = (reason: Reason, { checkOutcome }: ReferralCommand): Reason =>
  checkOutcome === undefined ? reason : { ...reason, evidence: { ...reason.evidence, outcome: checkOutcome } };

function applyTransition(state: ReferralState, { trigger, to }: Transition, at: number, input: ReferralCommand): ReferralState {
  switch (trigger) {
    case 'review-result':
      return { ...state, reviewedAt: at, closedAt: at, clock: null, consentClock: null };
    case 'answer-check':
      return { ...state, checkAnsweredAt: at, checkOutcome: input.checkOutcome ?? null, checkClock: null };
    case 'record-consent':
      return { ...state, consentGiven: true, consentClock: null };
    case 'request-information':
      return startQuestion(state, at);
    case 'answer-information':
      return endQuestion(state, at);
    case 'reopen':
      return reopenReferral(state, to as ReferralStatus, at);
    case 'send-acceptance': {
      const accepted = enterStatus(state, 'accepted', at);
      return accepted.direction === 'down' ? startFirstFollowUpClock(accepted, at) : accepted;
    }
    default:
      return enterStatus(state, to as ReferralStatus, at, input.appointment ?? null);
  }
}
