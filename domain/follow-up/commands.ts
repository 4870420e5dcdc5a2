/**
 * This file decides the commands of people on a follow-up. Recording a visit, changing the tier and moving to another version have files of
 * their own.
 */
import type { ErrorCode } from '../kit/errors.ts';
import type { Reason } from '../kit/pathway.ts';
import { localDateOf } from '../time/local-date.ts';
import { agreeVisitDate } from './agree-visit-date.ts';
import { refusalInState } from './allowed-commands.ts';
import {
  acceptWith,
  agreementReason,
  askAgainSoon,
  endEnrolment,
  type FollowUpVerdict,
  findEnrolment,
  pauseEnrolment,
  planFirstVisit,
  recalculateNext,
  withCentre,
  withEnd,
  withEnrolment,
} from './changes.ts';
import { withAcknowledgement } from './education.ts';
import type { Enrol, FollowUpCommandEvent, FollowUpEntry, FollowUpEventNamed } from './events.ts';
import { markVisitInError } from './mark-visit-in-error.ts';
import { moveVersion } from './move-version.ts';
import { phaseOf, phaseSetOn } from './next-visit.ts';
import { withPlan } from './plan.ts';
import { reportSearch, withPersonFound } from './search.ts';
import { type Enrolment, type FollowUpState, lessonsOf, protocolKey, protocolOf } from './state.ts';
import { describeHandouts, enterPhase } from './teaching.ts';
import { changeTier } from './tiers.ts';
import type { PatientFacts } from './visit.ts';
import { recordVisit } from './visits.ts';

type RefusalCode = Extract<
  ErrorCode,
  | 'already-enrolled'
  | 'patient-died'
  | 'patient-mismatch'
  | 'enrolment-not-active'
  | 'not-this-centre'
  | 'transition-not-allowed'
  | 'episode-closed'
  | 'pathway-ended'
>;
const refuse = (code: RefusalCode): FollowUpVerdict => ({ ok: false, refusal: { code } });

export function decideCommand(state: FollowUpState, event: FollowUpCommandEvent): FollowUpVerdict {
  if (state.over) return refuse(state.deceasedAt === null ? 'pathway-ended' : 'patient-died');
  if (event.name === 'enrol') return enrolResident(state, event);
  // Whoever recorded the visit takes it back, also at a centre that has handed the follow-up over since.
  if (event.name === 'mark-visit-in-error') return markVisitInError(state, event);
  const { actor, input } = event;
  const enrolment = findEnrolment(state, input.enrolmentId);
  if (!enrolment) return refuse('transition-not-allowed');
  if (input.patientId !== undefined && input.patientId !== state.patientId) return refuse('patient-mismatch');
  if (actor.institutionId !== state.centreId) return refuse('not-this-centre');
  if (event.name === 'record-visit') return recordVisit(state, enrolment, event);
  if (event.name === 'agree-visit-date') return agreeVisitDate(state, event);
  const refusal = refusalInState(state, enrolment, event.name);
  if (refusal) return refuse(refusal);
  switch (event.name) {
    case 'close-episode':
      return closeEpisode(state, event);
    case 'report-search':
      return reportSearch(state, event);
    case 'pause':
      return pauseOnRequest(state, enrolment, event);
    case 'resume':
      return continueEnrolment(state, enrolment, event, 'resumed');
    case 'reopen':
      return continueEnrolment(state, enrolment, event, 'reopened');
    case 'withdraw':
      return withdrawEnrolment(state, enrolment, event);
    case 'change-package':
      return changePackage(state, enrolment, event);
    case 'transfer':
      return transferFollowUp(state, enrolment, event);
    case 'change-phase':
      return changePhase(state, enrolment, event);
    case 'change-tier':
      return changeTier(state, event);
    case 'acknowledge-education':
      return acknowledgeEducation(state, enrolment, event);
    case 'move-version':
      return moveVersion(state, enrolment, event, event.input.protocol);
  }
}

function enrolResident(state: FollowUpState, event: FollowUpEventNamed<'enrol'>): FollowUpVerdict {
  const { input } = event;
  if (state.deceasedAt !== null) return refuse('patient-died');
  const key = protocolKey(input.protocol);
  const isSameDisease = (enrolment: Enrolment) =>
    enrolment.status !== 'ended' && state.protocols[enrolment.protocol]?.disease === input.protocol.disease;
  if (state.enrolments.some(isSameDisease)) return refuse('already-enrolled');
  const enrolment = buildEnrolment(input, event.at);
  const base = withPersonFound(withNewEnrolment(state, enrolment, input), event.at, [enrolment.id]);
  const first = planFirstVisit(base, enrolment);
  const { phase } = phaseOf(input.protocol, input.startedOn, input.startedOn);
  const after = withPlan(enterPhase(withEnrolment(base, enrolment.id, first), { ...enrolment, ...first }, phase.id, event.at));
  const lessons = describeHandouts(state, after, event);
  const because = [
    { rule: key, clause: 'enrolment', evidence: { enrolmentId: enrolment.id, startedOn: input.startedOn, package: input.package } },
    ...first.because,
  ];
  const entry: FollowUpEntry = { event: 'enrol', from: null, to: 'active', because };
  return acceptWith(state, after, event, [entry, ...lessons.entries], lessons.messages);
}

const buildEnrolment = (input: Enrol, at: number): Enrolment => ({
  id: input.enrolmentId,
  protocol: protocolKey(input.protocol),
  startedOn: input.startedOn,
  package: input.package,
  status: 'active',
  pause: null,
  endReason: null,
  endedAt: null,
  next: null,
  because: [],
  anchor: 'protocol',
  last: null,
  missed: 0,
  ...(input.package === 'basic' ? {} : { monitoredAt: at }),
});

/**
 * Returns the state with a further enrolment and the documents that it is decided by. The first enrolment says whose follow-up it is and
 * who runs it.
 */
function withNewEnrolment(state: FollowUpState, enrolment: Enrolment, input: Enrol): FollowUpState {
  const { protocol: key } = enrolment;
  const isFirst = state.centreId === '';
  return {
    ...state,
    ...(isFirst ? { patientId: input.patientId, centreId: input.centreId, configuration: input.configuration } : {}),
    person: withFactsOf(state.person, input.person),
    calendar: input.calendar,
    protocols: { ...state.protocols, [key]: input.protocol },
    ...(input.education?.length ? { education: { ...state.education, [key]: input.education } } : {}),
    ...(input.riskModel ? { riskModel: input.riskModel } : {}),
    // Once there is a follow-up, it hears of every plan itself.
    ...(isFirst && input.managementPlan ? { managementPlan: input.managementPlan } : {}),
    enrolments: [...state.enrolments, enrolment],
    endedAt: null,
  };
}

/** A fact about the person that an earlier enrolment has brought stays when a later one does not mention it. Only a visit takes it back. */
const withFactsOf = (known: PatientFacts, person: PatientFacts): PatientFacts => ({
  ...person,
  pregnant: known.pregnant || person.pregnant,
  toleratesLowerTarget: known.toleratesLowerTarget || person.toleratesLowerTarget,
  diabetes: known.diabetes || person.diabetes,
  kidneyDisease: known.kidneyDisease || person.kidneyDisease,
});

/** From now on the phase gives the rhythm of the visits. The next one is counted from the last visit, or from today when that date has passed. */
function changePhase(state: FollowUpState, enrolment: Enrolment, event: FollowUpEventNamed<'change-phase'>): FollowUpVerdict {
  const { phase } = event.input;
  const protocol = protocolOf(state, enrolment);
  if (!protocol.phases.some(({ id }) => id === phase)) return refuse('transition-not-allowed');
  const today = localDateOf(event.at);
  const inPhase: Enrolment = { ...enrolment, anchor: 'protocol', phaseSet: phaseSetOn(protocol, phase, today) };
  const fromLastVisit = recalculateNext(state, inPhase);
  const request = (fromLastVisit.next?.dueOn ?? today) > today ? fromLastVisit : planFirstVisit(state, inPhase, today);
  const changed = withEnrolment(state, enrolment.id, { ...request, ...(inPhase.phaseSet ? { phaseSet: inPhase.phaseSet } : {}) });
  const after = withPlan(enterPhase(changed, enrolment, phase, event.at));
  const entry = entryOf(state, after, enrolment, event, {
    from: enrolment.phase ?? null,
    to: phase,
    dueOnBefore: enrolment.next?.dueOn ?? null,
    dueOn: request.next?.dueOn ?? null,
  });
  const lessons = describeHandouts(state, after, event);
  const because = [...entry.because, ...request.because];
  return acceptWith(state, after, event, [{ ...entry, because }, ...lessons.entries], lessons.messages);
}

/** After a pause or an end the next visit follows the agreed days instead of the protocol's rhythm, because the person was not seen for a while. */
function continueEnrolment(
  state: FollowUpState,
  enrolment: Enrolment,
  event: FollowUpEventNamed<'resume' | 'reopen'>,
  clause: string,
): FollowUpVerdict {
  const again = askAgainSoon(state, event.at, clause);
  const active = withEnrolment(state, enrolment.id, {
    status: 'active',
    pause: null,
    endReason: null,
    endedAt: null,
    missed: 0,
    ...again,
  });
  const after = withPlan(withPersonFound(withEnd(active, event.at), event.at, [enrolment.id]));
  const entry = entryOf(state, after, enrolment, event);
  return acceptWith(state, after, event, [{ ...entry, because: [...entry.because, ...again.because] }]);
}

function pauseOnRequest(state: FollowUpState, enrolment: Enrolment, event: FollowUpEventNamed<'pause'>): FollowUpVerdict {
  const reason = event.input.pauseReason;
  const after = pauseEnrolment(state, enrolment.id, reason, event.at);
  return acceptWith(state, after, event, [entryOf(state, after, enrolment, event, { reason })]);
}

function withdrawEnrolment(state: FollowUpState, enrolment: Enrolment, event: FollowUpEventNamed<'withdraw'>): FollowUpVerdict {
  const after = endEnrolment(state, enrolment.id, 'withdrawn', event.at);
  return acceptWith(state, after, event, [entryOf(state, after, enrolment, event)]);
}

/** Changes the package. Its remote monitoring, if it has any, counts from now. */
function changePackage(state: FollowUpState, enrolment: Enrolment, event: FollowUpEventNamed<'change-package'>): FollowUpVerdict {
  const change = { package: event.input.package, monitoredAt: event.at };
  const after = withPlan(withEnrolment(state, enrolment.id, change));
  return acceptWith(state, after, event, [entryOf(state, after, enrolment, event, { package: change.package })]);
}

/** Transfers the whole follow-up with all its enrolments to another centre. */
function transferFollowUp(state: FollowUpState, enrolment: Enrolment, event: FollowUpEventNamed<'transfer'>): FollowUpVerdict {
  const after = withPersonFound(withCentre(state, event.input.toInstitutionId), event.at);
  return acceptWith(state, after, event, [entryOf(state, after, enrolment, event, { toInstitutionId: after.centreId })]);
}

function acknowledgeEducation(
  state: FollowUpState,
  enrolment: Enrolment,
  event: FollowUpEventNamed<'acknowledge-education'>,
): FollowUpVerdict {
  const { lesson } = event.input;
  if (!lessonsOf(enrolment).some(({ code }) => code === lesson)) return refuse('transition-not-allowed');
  const after = withEnrolment(state, enrolment.id, { lessons: withAcknowledgement(lessonsOf(enrolment), lesson, event.at) });
  return acceptWith(state, after, event, [entryOf(state, after, enrolment, event, { lesson })]);
}

function closeEpisode(state: FollowUpState, event: FollowUpEventNamed<'close-episode'>): FollowUpVerdict {
  const { episodeId } = event.input;
  if (!state.episodes.some(({ id }) => id === episodeId)) return refuse('episode-closed');
  const after = { ...state, episodes: state.episodes.filter(({ id }) => id !== episodeId) };
  const because = [agreementReason(state, 'episode', { episodeId })];
  return acceptWith(state, after, event, [{ event: event.name, from: null, to: null, because }]);
}

const entryOf = (
  before: FollowUpState,
  after: FollowUpState,
  { id, status }: Enrolment,
  { name }: FollowUpCommandEvent,
  evidence: Reason['evidence'] = {},
): FollowUpEntry => ({
  event: name,
  from: status,
  to: findEnrolment(after, id)?.status ?? status,
  because: [agreementReason(before, name, { enrolmentId: id, ...evidence })],
});
