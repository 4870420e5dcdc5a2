/**
 * This file decides facts, which have happened outside of the follow-up and are never refused. A fact changes what is open and is only
 * noted on what has ended.
 */
import { hasBegunAfter } from '../kit/facts.ts';
import type { Reason } from '../kit/pathway.ts';
import { startOf } from '../time/local-date.ts';
import { resumeAfterDischarge, resumeAsBefore } from './after-discharge.ts';
import { acceptWith, endEnrolment, type FollowUpVerdict, pauseEnrolment, recalculateDueDates, withCentre } from './changes.ts';
import { type NewEpisode, withEpisode } from './episodes.ts';
import type { FollowUpEntry, FollowUpFactEvent, ReadingEpisode } from './events.ts';
import { continueAfterHospital } from './handover.ts';
import { joinAnotherFollowUp, takeOverFollowUp } from './merge-follow-ups.ts';
import { type FollowUpMessage, messageToRoles } from './messages.ts';
import { followMoveOrder } from './move-version.ts';
import { messageOfSearch, withPersonFound, withSearch } from './search.ts';
import { type Enrolment, type FollowUpState, visitsOf } from './state.ts';
import { rememberBeforeDeath, undoDeath } from './undo-death.ts';
import { getBack, takeBackMerger } from './undo-merger.ts';

export function decideFact(state: FollowUpState, event: FollowUpFactEvent): FollowUpVerdict {
  switch (event.name) {
    case 'version-move-ordered':
      return followMoveOrder(state, event);
    case 'down-referral-accepted':
      return continueAfterHospital(state, event);
    case 'join-follow-up':
      return joinAnotherFollowUp(state, event);
    case 'follow-up-joined':
      return event.input.givenBack ? getBack(state, event) : takeOverFollowUp(state, event);
    case 'merger-retracted':
      return takeBackMerger(state, event);
    default: {
      const after = applyFact(state, event);
      return acceptWith(state, after, event, [entryOf(state, after, event)], messagesOf(state, after, event));
    }
  }
}

/** The facts that change the state in a few lines and have the same form in the timeline. */
type OtherFact = Exclude<
  FollowUpFactEvent,
  { name: 'version-move-ordered' | 'down-referral-accepted' | 'join-follow-up' | 'follow-up-joined' | 'merger-retracted' }
>;

/** Returns the state after the fact. It is the same object when the fact changes nothing here. */
function applyFact(state: FollowUpState, event: OtherFact): FollowUpState {
  const { at } = event;
  switch (event.name) {
    case 'patient-died': {
      if (state.deceasedAt !== null) return state;
      const open = state.enrolments.filter(({ status }) => status !== 'ended');
      const afterDeath: FollowUpState = {
        ...state,
        deceasedAt: event.input.occurredAt,
        beforeDeath: rememberBeforeDeath(state),
      };
      return open.length > 0
        ? open.reduce((now, { id }) => endEnrolment(now, id, 'died', at), afterDeath)
        : { ...afterDeath, endedAt: state.endedAt ?? at };
    }
    case 'death-retracted':
      return undoDeath(state, at);
    case 'patient-moved': {
      const centreId = event.input.homeInstitutionId;
      return state.endedAt !== null || centreId === state.centreId ? state : withPersonFound(withCentre(state, centreId), at);
    }
    case 'patient-admitted':
      return state.enrolments
        .filter((enrolment) => enrolment.status === 'active' && !hasBegunAfter(lastKnownAtHome(state, enrolment), event))
        .reduce((now, { id }) => pauseEnrolment(now, id, 'admission', at), state);
    case 'patient-discharged':
      return resumeAfterDischarge(state, event.input.occurredAt, at);
    case 'admission-cancelled':
      return resumeAsBefore(state, at);
    case 'resident-not-reached':
      return state.endedAt === null ? withSearch(state, at, 'not-reached', event.input.learned) : state;
    case 'patients-merged':
      return { ...state, patientId: event.input.survivorPatientId };
    case 'referral-closed':
      return {
        ...state,
        // A reviewed outcome restarts the count of visits off target. A referral without one is forgotten, so the count goes on.
        referrals: state.referrals.flatMap((referral) => {
          if (referral.id !== event.input.referralId || referral.reviewedAt !== null) return [referral];
          return event.input.reviewed ? [{ ...referral, reviewedAt: event.input.occurredAt }] : [];
        }),
      };
    case 'crisis-referral-started':
      return withReferralOf(state, event.input.referralId, at);
    case 'reading-episode':
      return withEpisode(state, newEpisodeOf(state, event.input), at);
    case 'person-corrected':
      return correctPerson(state, event.input, at);
    case 'calendar-published':
      return recalculateDueDates({ ...state, calendar: event.input.calendar }, at);
  }
}

/** The start of the enrolment, and every visit since, shows that the person was not in hospital any more. */
const lastKnownAtHome = (state: FollowUpState, { id, startedOn }: Enrolment): number =>
  Math.max(startOf(startedOn), ...visitsOf(state, id).flatMap(({ mode, visitedAt }) => (mode === 'phone' ? [] : visitedAt)));

/** The visits that come ask for no second referral while this one is open, and its reviewed outcome begins their count anew. */
const withReferralOf = (state: FollowUpState, id: string, sentAt: number): FollowUpState =>
  state.endedAt !== null || state.referrals.some((referral) => referral.id === id)
    ? state
    : { ...state, referrals: [...state.referrals, { id, urgency: 'urgent', sentAt, reviewedAt: null }] };

/** Whatever follows from age or sex does so from now on. What was evaluated stays as it was evaluated. */
function correctPerson(
  state: FollowUpState,
  { birthDate, sex }: Pick<FollowUpState['person'], 'birthDate' | 'sex'>,
  at: number,
): FollowUpState {
  if (state.person.birthDate === birthDate && state.person.sex === sex) return state;
  return recalculateDueDates({ ...state, person: { ...state.person, birthDate, sex } }, at);
}

const newEpisodeOf = (
  { configuration }: FollowUpState,
  { episodeId, rule, role = 'nurse', dueWithinSeconds = configuration.urgentReviewWithinSeconds }: ReadingEpisode,
): NewEpisode => ({ id: episodeId, rule, role, dueWithinSeconds });

function entryOf(before: FollowUpState, after: FollowUpState, event: OtherFact): FollowUpEntry {
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
          occurredAt: new Date(event.input.occurredAt).toISOString(),
          dueOnBefore: before.plan?.dueOn ?? null,
          dueOn: after.plan?.dueOn ?? null,
          ...evidenceOf(event),
        },
      },
    ],
  };
}

/** Returns the contents of the fact as evidence: its ids, the values of readings, the years and versions of a calendar. */
function evidenceOf(event: OtherFact): Reason['evidence'] {
  switch (event.name) {
    case 'person-corrected':
      return {};
    case 'calendar-published':
      return { years: event.input.calendar.years.map(({ year, version }) => `${year}/${version}`).join(' ') };
    case 'reading-episode': {
      const { occurredAt: _, toldLateByMs: __, evidence, ...ids } = event.input;
      return { ...ids, ...evidence };
    }
    default: {
      const { occurredAt: _, toldLateByMs: __, ...ids } = event.input;
      return ids;
    }
  }
}

function messagesOf(before: FollowUpState, after: FollowUpState, event: OtherFact): FollowUpMessage[] {
  const opened = after.episodes.find((episode) => !before.episodes.includes(episode));
  if (opened) return [messageToRoles(after, event.id, 'reading-episode', [opened.role], { episodeId: opened.id })];
  if (event.name === 'patient-moved' && before.centreId !== after.centreId)
    return [messageToRoles(after, event.id, 'follow-up-transferred', ['nurse', 'gp'])];
  return before.search === null ? messageOfSearch(after) : [];
}
