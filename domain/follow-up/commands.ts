/** What people ask of a follow-up, beside recording a visit. */
import type { FollowUpConfiguration } from '../alliance-configuration.ts';
import type { Actor, Entry, PathwayEvent } from '../pathway.ts';
import type { Calendar } from './calendar.ts';
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
  withEnd,
} from './changes.ts';
import type { LocalDate } from './local-date.ts';
import { moveVersion } from './move-version.ts';
import { replanned } from './plan.ts';
import type { Protocol } from './protocol.ts';
import { type Enrolment, type FollowUpState, type Package, type PauseReason, protocolKey } from './state.ts';
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
  if (state.over) return refuse('pathway-ended');
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
      const after = changedEnrolment(state, enrolment.id, { package: input.package as Package });
      return decided(state, after, event, [entryOf(state, after, enrolment, event, { package: input.package as Package })]);
    }
    case 'transfer': {
      if (state.endedAt !== null) return refuse('enrolment-not-active');
      const after = runBy(state, input.toInstitutionId as string);
      return decided(state, after, event, [entryOf(state, after, enrolment, event, { toInstitutionId: after.centreId })]);
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
  };
  const base: FollowUpState = {
    ...state,
    ...(isFirst ? { patientId: input.patientId, centreId: input.centreId, configuration: input.configuration } : {}),
    person: input.person,
    calendar: input.calendar,
    protocols: { ...state.protocols, [key]: input.protocol },
    enrolments: [...state.enrolments, enrolment],
    endedAt: null,
  };
  const first = firstVisit(base, enrolment);
  const after = replanned(changedEnrolment(base, enrolment.id, first));
  const because = [
    { rule: key, clause: 'enrolment', evidence: { enrolmentId: enrolment.id, startedOn: input.startedOn, package: input.package } },
    ...first.because.map(asReason),
  ];
  return decided(state, after, event, [{ event: 'enrol', from: null, to: 'active', because }]);
}

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
