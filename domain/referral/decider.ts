/** The referral decider: what each command, each fact and each due obligation does to a referral, and why. */
import type { Direction, Urgency } from '../alliance/configuration.ts';
import type { Actor, Decider, Entry, PathwayEvent, Verdict } from '../kit/pathway.ts';
import { beginFirstFollowUp, beginQuestion, bser, callAtOnce, decided, endQuestion, enter, reopen, send, sendOn } from './changes.ts';
import { budgetReason, obligationsOf, runningClocks } from './clocks.ts';
import { due, nextToAsk, rerouteEntry, rerouteMessages } from './due.ts';
import { fact, type ReferralFact, referralFacts } from './facts.ts';
import { aboutState, answering, informs, message, tellOther } from './messages.ts';
import { actingAs, allowedTriggers, legalTransition, withdrawNeedsUnclaimed } from './rules.ts';
import { standingOf } from './standing.ts';
import {
  type Appointment,
  currentLeg,
  initialReferralState,
  type Party,
  partyOf,
  type ReferralPolicy,
  type ReferralState,
} from './state.ts';
import { taskIdOf, tasksOf } from './tasks.ts';
import { type ReferralStatus, type ReferralTrigger, referralTriggers, type Side, type Transition } from './transitions.ts';

/** Input of the creating command. */
export interface CreateReferral {
  draft: boolean;
  patientId: string;
  direction: Direction;
  urgency: Urgency;
  emergency: boolean;
  consentGiven: boolean;
  overridden: boolean;
  replacesId: string | null;
  initiatorDepartmentId: string | null;
  addressee: Party;
  policy: ReferralPolicy;
}

/** Input of every other command: the appointment for those that make one, the next institution for those that send it on. */
export interface ReferralCommand {
  patientId?: string;
  appointment?: Appointment;
  to?: Party;
}

type ReferralVerdict = Verdict<ReferralState>;
type RefusalCode = 'transition-not-allowed' | 'patient-mismatch' | 'not-current-recipient' | 'institution-already-asked';

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
    overridden: input.overridden,
    replacesId: input.replacesId,
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
  const refuse = (code: RefusalCode): ReferralVerdict => ({
    ok: false,
    refusal: {
      code,
      state: state.status,
      allowed: allowedTriggers(state, { institutionId: actor.institutionId, roles: [actor.role] }, { claimed: false, at: event.at }),
    },
  });
  const trigger = event.name as ReferralTrigger;
  const input = event.input as ReferralCommand;
  const acting = actingAs(state, actor);
  if (acting === 'former') return refuse('not-current-recipient');
  if (input.patientId !== undefined && input.patientId !== state.patientId) return refuse('patient-mismatch');
  const transition = acting && legalTransition(state, acting, trigger, event.at);
  if (!transition) return refuse('transition-not-allowed');
  if (input.to && isParty(state, input.to.institutionId)) return refuse('institution-already-asked');

  switch (trigger) {
    case 'send-referral-package': {
      const { sent, entries, messages } = send(state, event);
      return decided(state, sent, event, entries, messages);
    }
    case 'reroute': {
      const next = input.to ?? nextToAsk(state);
      if (!next) return refuse('transition-not-allowed');
      const after = sendOn(state, next, event.at, 'rerouted');
      return decided(
        state,
        after,
        event,
        [rerouteEntry(state, after, 'rerouted by the alliance office')],
        rerouteMessages(after, event.id),
      );
    }
    case 'refer-onward':
      return referOnward(state, transition, event, input.to as Party);
    default:
      return ordinary(state, transition, event, input, acting as Side);
  }
}

/** No institution is asked twice, and nobody refers to themselves. */
const isParty = (state: ReferralState, institutionId: string): boolean =>
  [state.initiator.institutionId, ...state.formerInitiators, ...state.legs.map((leg) => leg.institutionId)].includes(institutionId);

function referOnward(state: ReferralState, transition: Transition, event: PathwayEvent, to: Party): ReferralVerdict {
  const { state: after, entries, messages } = callAtOnce(sendOn(state, to, event.at, 'referred-onward'), event.at);
  const evidence = { fromInstitutionId: currentLeg(state)?.institutionId ?? null, toInstitutionId: to.institutionId };
  const because = [
    bser(transition, state.status, 'received'),
    { rule: 'alliance-referral-extension', clause: 'refer-onward', evidence },
    ...(after.clock ? [budgetReason(after.policy, after.clock)] : []),
  ];
  const told = [
    message(event.id, 'referral-received', [answering(after, 'recipient')], aboutState(after)),
    message(`${event.id}:initiator`, 'referred-onward', [answering(after, 'initiator')]),
  ];
  const entry: Entry = { event: 'refer-onward', from: state.status, to: 'received', because };
  return decided(state, after, event, [entry, ...entries], [...told, ...messages]);
}

function ordinary(state: ReferralState, transition: Transition, event: PathwayEvent, input: ReferralCommand, side: Side): ReferralVerdict {
  const { trigger } = transition;
  const changed = apply(state, transition, event.at, input);
  const { state: after, entries, messages } = callAtOnce(changed, event.at);
  const entry: Entry = {
    event: trigger,
    from: state.status,
    to: after.status,
    because: [bser(transition, state.status, after.status as ReferralStatus)],
  };
  for (const clock of runningClocks(after))
    if (!runningClocks(state).some(({ id }) => id === clock.id)) entry.because.push(budgetReason(after.policy, clock));
  const template = informs[trigger];
  // Nobody else knows of a draft.
  const told = template && after.sentAt !== null ? [message(event.id, template, [tellOther(state, after, side)], aboutState(after))] : [];
  const verdict = decided(state, after, event, [entry, ...entries], [...told, ...messages]);
  const taskId = taskIdOf(state, 'clock');
  if (withdrawNeedsUnclaimed(transition) && taskId) verdict.decision.requires = { tasksUnclaimed: [taskId] };
  return verdict;
}

function apply(state: ReferralState, { trigger, to }: Transition, at: number, input: ReferralCommand): ReferralState {
  switch (trigger) {
    case 'review-result':
      return { ...state, reviewedAt: at, closedAt: at, clock: null, consentClock: null };
    case 'answer-check':
      return { ...state, checkAnsweredAt: at, checkClock: null };
    case 'record-consent':
      return { ...state, consentGiven: true, consentClock: null };
    case 'request-information':
      return beginQuestion(state, at);
    case 'answer-information':
      return endQuestion(state, at);
    case 'reopen':
      return reopen(state, to as ReferralStatus, at);
    case 'send-acceptance': {
      const accepted = enter(state, 'accepted', at);
      return accepted.direction === 'down' ? beginFirstFollowUp(accepted, at) : accepted;
    }
    default:
      return enter(state, to as ReferralStatus, at, input.appointment ?? null);
  }
}

export const referral: Decider<ReferralState, 'referral', ReferralFact> = {
  kind: 'referral',
  creation: 'create',
  commands: ['create', ...referralTriggers],
  facts: referralFacts,
  initial: initialReferralState,
  decide(state, event) {
    switch (event.kind) {
      case 'command':
        if (!event.actor) throw new Error('A command has an actor.');
        return command(state, event, event.actor);
      case 'due':
        return due(state, event);
      case 'fact':
        return fact(state, event);
    }
  },
  obligations: obligationsOf,
  tasks: tasksOf,
  standing: standingOf,
  summary(state) {
    const side = runningClocks(state)[0]?.side;
    return {
      institutionId: state.status === null ? null : partyOf(state, side ?? 'initiator').institutionId,
      patientId: state.patientId || null,
    };
  },
  ended: (state) => state.over,
};
