/** What people ask of a follow-up, beside recording a visit. */
import type { FollowUpConfiguration } from '../alliance/configuration.ts';
import type { Actor, Entry, PathwayEvent } from '../kit/pathway.ts';
import type { Calendar } from '../time/calendar.ts';
import { type LocalDate, localDateOf } from '../time/local-date.ts';
import {
  againSoon,
  agreement,
  asReason,
  changedEnrolment,
  decided,
  endEnrolment,
  enrolmentOf,
  type FollowUpVerdict,
  firstVisit,
  nextUnder,
  withEnd,
} from './changes.ts';
import { acknowledged, type EducationItem } from './education.ts';
import { moveVersion } from './move-version.ts';
import { phaseOf, phaseSetOn } from './next-visit.ts';
import { replanned } from './plan.ts';
import type { Protocol } from './protocol.ts';
import type { RiskModel, TierName } from './risk-tier.ts';
import { type Enrolment, type FollowUpState, lessonsOf, type Package, type PauseReason, protocolKey, protocolOf } from './state.ts';
import { inPhase, taught } from './teaching.ts';
import { changeTier } from './tiers.ts';
import type { PatientFacts } from './visit.ts';
import { type RecordVisit, recordVisit } from './visits.ts';

/** Creates the follow-up of a person, or adds to it. */
export interface Enrol {
  enrolmentId: string;
  patientId: string;
  centreId: string;
  person: PatientFacts;
  protocol: Protocol;
  calendar: Calendar;
  configuration: FollowUpConfiguration & { version: number };
  /** absent in enrolments from before there was one */
  riskModel?: RiskModel;
  /** what is taught under the protocol */
  education?: readonly EducationItem[];
  startedOn: LocalDate;
  package: Package;
}

export interface EnrolmentCommand {
  enrolmentId: string;
  patientId?: string | undefined;
  pauseReason?: PauseReason;
  package?: Package;
  toInstitutionId?: string;
  protocol?: Protocol;
  episodeId?: string;
  phase?: string;
  /** null: the score's again */
  tier?: TierName | null;
  lesson?: string;
}

export const followUpCommands = [
  'enrol',
  'record-visit',
  'pause',
  'resume',
  'withdraw',
  'reopen',
  'transfer',
  'change-package',
  'change-phase',
  'change-tier',
  'acknowledge-education',
  'move-version',
  'close-episode',
] as const;
export type FollowUpCommand = (typeof followUpCommands)[number];

type RefusalCode =
  | 'already-enrolled'
  | 'patient-died'
  | 'patient-mismatch'
  | 'enrolment-not-active'
  | 'not-this-centre'
  | 'transition-not-allowed'
  | 'episode-closed'
  | 'pathway-ended';
const refuse = (code: RefusalCode): FollowUpVerdict => ({ ok: false, refusal: { code } });

export function command(state: FollowUpState, event: PathwayEvent, actor: Actor): FollowUpVerdict {
  const name = event.name as FollowUpCommand;
  if (state.over) return refuse(state.deceasedAt === null ? 'pathway-ended' : 'patient-died');
  if (name === 'enrol') return enrol(state, event, event.input as Enrol);
  const input = event.input as EnrolmentCommand;
  const enrolment = enrolmentOf(state, input.enrolmentId);
  if (!enrolment) return refuse('transition-not-allowed');
  if (input.patientId !== undefined && input.patientId !== state.patientId) return refuse('patient-mismatch');
  if (actor.institutionId !== state.centreId) return refuse('not-this-centre');
  switch (name) {
    case 'record-visit':
      return recordVisit(state, enrolment, event, event.input as RecordVisit);
    case 'close-episode':
      return closeEpisode(state, event, input);
    case 'pause':
      return enrolment.status === 'active'
        ? pause(state, enrolment, event, input.pauseReason as PauseReason)
        : refuse('enrolment-not-active');
    case 'resume':
      return enrolment.status === 'paused' ? goOn(state, enrolment, event, 'resumed') : refuse('transition-not-allowed');
    case 'reopen':
      return enrolment.status === 'ended' && state.deceasedAt === null
        ? goOn(state, enrolment, event, 'reopened')
        : refuse('transition-not-allowed');
    case 'withdraw': {
      if (enrolment.status === 'ended') return refuse('enrolment-not-active');
      const after = endEnrolment(state, enrolment.id, 'withdrawn', event.at);
      return decided(state, after, event, [entryOf(state, after, enrolment, event)]);
    }
    case 'change-package': {
      if (enrolment.status === 'ended') return refuse('enrolment-not-active');
      const after = replanned(changedEnrolment(state, enrolment.id, { package: input.package as Package, monitoredAt: event.at }));
      return decided(state, after, event, [entryOf(state, after, enrolment, event, { package: input.package as Package })]);
    }
    case 'transfer': {
      if (state.endedAt !== null) return refuse('enrolment-not-active');
      const after = runBy(state, input.toInstitutionId as string);
      return decided(state, after, event, [entryOf(state, after, enrolment, event, { toInstitutionId: after.centreId })]);
    }
    case 'change-phase':
      return enrolment.status === 'active' ? changePhase(state, enrolment, event, input.phase ?? '') : refuse('enrolment-not-active');
    case 'change-tier':
      return state.endedAt === null && state.riskModel ? changeTier(state, event, input.tier ?? null) : refuse('enrolment-not-active');
    case 'acknowledge-education': {
      const { lesson = '' } = input;
      if (!lessonsOf(enrolment).some(({ code }) => code === lesson)) return refuse('transition-not-allowed');
      const after = changedEnrolment(state, enrolment.id, { lessons: acknowledged(lessonsOf(enrolment), lesson, event.at) });
      return decided(state, after, event, [entryOf(state, after, enrolment, event, { lesson })]);
    }
    case 'move-version':
      return enrolment.status === 'ended'
        ? refuse('enrolment-not-active')
        : moveVersion(state, enrolment, event, input.protocol as Protocol);
  }
}

function enrol(state: FollowUpState, event: PathwayEvent, input: Enrol): FollowUpVerdict {
  if (state.deceasedAt !== null) return refuse('patient-died');
  const key = protocolKey(input.protocol);
  const sameDisease = (enrolment: Enrolment) =>
    enrolment.status !== 'ended' && state.protocols[enrolment.protocol]?.disease === input.protocol.disease;
  if (state.enrolments.some(sameDisease)) return refuse('already-enrolled');
  const isFirst = state.centreId === '';
  const enrolment: Enrolment = {
    id: input.enrolmentId,
    protocol: key,
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
    ...(input.package === 'basic' ? {} : { monitoredAt: event.at }),
  };
  const base: FollowUpState = {
    ...state,
    ...(isFirst ? { patientId: input.patientId, centreId: input.centreId, configuration: input.configuration } : {}),
    person: withFactsOf(state.person, input.person),
    calendar: input.calendar,
    protocols: { ...state.protocols, [key]: input.protocol },
    ...(input.education?.length ? { education: { ...state.education, [key]: input.education } } : {}),
    ...(input.riskModel ? { riskModel: input.riskModel } : {}),
    enrolments: [...state.enrolments, enrolment],
    endedAt: null,
  };
  const first = firstVisit(base, enrolment);
  const { phase } = phaseOf(input.protocol, input.startedOn, input.startedOn);
  const after = replanned(inPhase(changedEnrolment(base, enrolment.id, first), { ...enrolment, ...first }, phase.id, event.at));
  const lessons = taught(state, after, event);
  const because = [
    { rule: key, clause: 'enrolment', evidence: { enrolmentId: enrolment.id, startedOn: input.startedOn, package: input.package } },
    ...first.because.map(asReason),
  ];
  const entry: Entry = { event: 'enrol', from: null, to: 'active', because };
  return decided(state, after, event, [entry, ...lessons.entries], lessons.messages);
}

/** The visits come as the phase asks from the last one on; where that has passed, from today on. */
function changePhase(state: FollowUpState, enrolment: Enrolment, event: PathwayEvent, phase: string): FollowUpVerdict {
  const protocol = protocolOf(state, enrolment);
  if (!protocol.phases.some(({ id }) => id === phase)) return refuse('transition-not-allowed');
  const today = localDateOf(event.at);
  const set: Enrolment = { ...enrolment, anchor: 'protocol', phaseSet: phaseSetOn(protocol, phase, today) };
  const byLast = nextUnder(state, set);
  const asked = (byLast.next?.dueOn ?? today) > today ? byLast : firstVisit(state, set, today);
  const changed = changedEnrolment(state, enrolment.id, { ...asked, ...(set.phaseSet ? { phaseSet: set.phaseSet } : {}) });
  const after = replanned(inPhase(changed, enrolment, phase, event.at));
  const entry = entryOf(state, after, enrolment, event, {
    from: enrolment.phase ?? null,
    to: phase,
    dueOnBefore: enrolment.next?.dueOn ?? null,
    dueOn: asked.next?.dueOn ?? null,
  });
  const lessons = taught(state, after, event);
  const because = [...entry.because, ...asked.because.map(asReason)];
  return decided(state, after, event, [{ ...entry, because }, ...lessons.entries], lessons.messages);
}

/** What one enrolment knows of the person another one, begun later, does not take back; a visit may. */
const withFactsOf = (known: PatientFacts, person: PatientFacts): PatientFacts => ({
  ...person,
  pregnant: known.pregnant || person.pregnant,
  toleratesLowerTarget: known.toleratesLowerTarget || person.toleratesLowerTarget,
  diabetes: known.diabetes || person.diabetes,
  kidneyDisease: known.kidneyDisease || person.kidneyDisease,
});

function pause(state: FollowUpState, enrolment: Enrolment, event: PathwayEvent, reason: PauseReason): FollowUpVerdict {
  const after = pausedFor(state, enrolment.id, reason, event.at);
  return decided(state, after, event, [entryOf(state, after, enrolment, event, { reason })]);
}

export const pausedFor = (state: FollowUpState, id: string, reason: PauseReason, at: number): FollowUpState =>
  replanned(changedEnrolment(state, id, { status: 'paused', pause: { reason, at, asked: false }, next: null }));

/** After a pause or an end: the next visit comes soon, whatever the rhythm was. */
function goOn(state: FollowUpState, enrolment: Enrolment, event: PathwayEvent, clause: string): FollowUpVerdict {
  const sameDisease = (other: Enrolment) =>
    other.id !== enrolment.id &&
    other.status !== 'ended' &&
    state.protocols[other.protocol]?.disease === state.protocols[enrolment.protocol]?.disease;
  if (state.enrolments.some(sameDisease)) return refuse('already-enrolled');
  const again = againSoon(state, event.at, clause);
  const active = changedEnrolment(state, enrolment.id, {
    status: 'active',
    pause: null,
    endReason: null,
    endedAt: null,
    missed: 0,
    ...again,
  });
  const after = replanned(withEnd(active, event.at));
  const entry = entryOf(state, after, enrolment, event);
  return decided(state, after, event, [{ ...entry, because: [...entry.because, ...again.because.map(asReason)] }]);
}

export const runBy = (state: FollowUpState, centreId: string): FollowUpState => ({
  ...state,
  centreId,
  formerCentreIds: [...new Set([...state.formerCentreIds, state.centreId])],
});

function closeEpisode(state: FollowUpState, event: PathwayEvent, { episodeId }: EnrolmentCommand): FollowUpVerdict {
  if (!state.episodes.some(({ id }) => id === episodeId)) return refuse('episode-closed');
  const after = { ...state, episodes: state.episodes.filter(({ id }) => id !== episodeId) };
  return decided(state, after, event, [
    { event: event.name, from: null, to: null, because: [agreement(state, 'episode', { episodeId: episodeId ?? null })] },
  ]);
}

const entryOf = (
  before: FollowUpState,
  after: FollowUpState,
  { id, status }: Enrolment,
  { name }: PathwayEvent,
  evidence: Record<string, string | number | null> = {},
): Entry => ({
  event: name,
  from: status,
  to: enrolmentOf(after, id)?.status ?? status,
  because: [agreement(before, name, { enrolmentId: id, ...evidence })],
});
