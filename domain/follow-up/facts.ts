/** What happened outside: a fact is never refused; it changes what is open, and is noted on what has ended. */
import { patientFacts } from '../kit/facts.ts';
import type { Entry, PathwayEvent } from '../kit/pathway.ts';
import type { Calendar } from '../time/calendar.ts';
import { decided, endEnrolment, type FollowUpVerdict, redated, tell } from './changes.ts';
import { pausedFor, runBy } from './commands.ts';
import { type NewEpisode, withEpisode } from './episodes.ts';
import { handedOver } from './handover.ts';
import { joinAnother, takeIn } from './merge-follow-ups.ts';
import { moveOrdered } from './move-version.ts';
import type { FollowUpState } from './state.ts';

export const followUpFacts = [
  ...patientFacts,
  'referral-closed',
  'reading-episode',
  'calendar-published',
  'version-move-ordered',
  'down-referral-accepted',
  'join-follow-up',
  'follow-up-joined',
] as const;
export type FollowUpFact = (typeof followUpFacts)[number];
/** Those that a file of their own decides. */
type OwnFile = 'version-move-ordered' | 'down-referral-accepted' | 'join-follow-up' | 'follow-up-joined';

/** Inputs by fact: ids, codes, instants. */
interface FactInput {
  occurredAt: number;
  homeInstitutionId?: string;
  institutionId?: string;
  survivorPatientId?: string;
  referralId?: string;
  reviewed?: boolean;
  episodeId?: string;
  rule?: string;
  role?: string;
  dueWithinSeconds?: number;
  calendar?: Calendar;
  /** what the readings showed */
  evidence?: Record<string, string | number>;
}

export function fact(state: FollowUpState, event: PathwayEvent): FollowUpVerdict {
  const name = event.name as FollowUpFact;
  switch (name) {
    case 'version-move-ordered':
      return moveOrdered(state, event);
    case 'down-referral-accepted':
      return handedOver(state, event);
    case 'join-follow-up':
      return joinAnother(state, event);
    case 'follow-up-joined':
      return takeIn(state, event);
    default:
      return ordinary(state, event, name);
  }
}

function ordinary(state: FollowUpState, event: PathwayEvent, name: Exclude<FollowUpFact, OwnFile>): FollowUpVerdict {
  const input = event.input as FactInput;
  const after = changedBy(state, event, name, input);
  return decided(state, after, event, [entryOf(state, after, event, input)], messagesOf(state, after, event));
}

function changedBy(state: FollowUpState, { at }: PathwayEvent, name: Exclude<FollowUpFact, OwnFile>, input: FactInput): FollowUpState {
  switch (name) {
    case 'patient-died': {
      if (state.deceasedAt !== null) return state;
      const open = state.enrolments.filter(({ status }) => status !== 'ended');
      const mourned: FollowUpState = { ...state, deceasedAt: input.occurredAt };
      return open.length > 0
        ? open.reduce((now, { id }) => endEnrolment(now, id, 'died', at), mourned)
        : { ...mourned, endedAt: state.endedAt ?? at };
    }
    case 'patient-moved': {
      const centreId = input.homeInstitutionId as string;
      return state.endedAt !== null || centreId === state.centreId ? state : runBy(state, centreId);
    }
    case 'patient-admitted':
      return state.enrolments
        .filter(({ status }) => status === 'active')
        .reduce((now, { id }) => pausedFor(now, id, 'admission', at), state);
    case 'patients-merged':
      return { ...state, patientId: input.survivorPatientId ?? state.patientId };
    case 'referral-closed':
      return {
        ...state,
        // An outcome that was reviewed begins the counting anew; a referral that came to nothing leaves it.
        referrals: state.referrals.flatMap((referral) => {
          if (referral.id !== input.referralId || referral.reviewedAt !== null) return [referral];
          return input.reviewed ? [{ ...referral, reviewedAt: input.occurredAt }] : [];
        }),
      };
    case 'reading-episode':
      return withEpisode(state, episodeOf(state, input), at);
    case 'calendar-published':
      return redated({ ...state, calendar: input.calendar as Calendar }, at);
  }
}

const episodeOf = (
  { configuration }: FollowUpState,
  { episodeId = '', rule = '', role = 'nurse', dueWithinSeconds }: FactInput,
): NewEpisode => ({
  id: episodeId,
  rule,
  role,
  dueWithinSeconds: dueWithinSeconds ?? configuration.urgentReviewWithinSeconds,
});

function entryOf(
  before: FollowUpState,
  after: FollowUpState,
  event: PathwayEvent,
  { occurredAt, calendar, evidence, ...ids }: FactInput,
): Entry {
  return {
    event: event.name,
    from: null,
    to: null,
    because: [
      {
        rule: 'follow-up-rules',
        clause: before === after ? 'noted' : event.name,
        evidence: {
          factId: event.id,
          occurredAt: new Date(occurredAt).toISOString(),
          dueOnBefore: before.plan?.dueOn ?? null,
          dueOn: after.plan?.dueOn ?? null,
          ...ids,
          ...evidence,
          ...(calendar ? { years: calendar.years.map(({ year, version }) => `${year}/${version}`).join(' ') } : {}),
        },
      },
    ],
  };
}

function messagesOf(before: FollowUpState, after: FollowUpState, event: PathwayEvent) {
  const opened = after.episodes.find((episode) => !before.episodes.includes(episode));
  if (opened) return [tell(after, event.id, 'reading-episode', [opened.role], { episodeId: opened.id })];
  if (event.name === 'patient-moved' && before.centreId !== after.centreId)
    return [tell(after, event.id, 'follow-up-transferred', ['nurse', 'gp'])];
  return [];
}
