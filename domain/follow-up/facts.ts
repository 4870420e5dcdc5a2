/** What happened outside: a fact is never refused; it changes what is open, and is noted on what has ended. */
import type { Reason } from '../kit/pathway.ts';
import { acceptWith, endEnrolment, type FollowUpVerdict, pauseEnrolment, recalculateDueDates, withCentre } from './changes.ts';
import { type NewEpisode, withEpisode } from './episodes.ts';
import type { FollowUpEntry, FollowUpFactEvent, ReadingEpisode } from './events.ts';
import { continueAfterHospital } from './handover.ts';
import { joinAnotherFollowUp, takeOverFollowUp } from './merge-follow-ups.ts';
import { type FollowUpMessage, messageToRoles } from './messages.ts';
import { followMoveOrder } from './move-version.ts';
import type { FollowUpState } from './state.ts';

export function decideFact(state: FollowUpState, event: FollowUpFactEvent): FollowUpVerdict {
  switch (event.name) {
    case 'version-move-ordered':
      return followMoveOrder(state, event);
    case 'down-referral-accepted':
      return continueAfterHospital(state, event);
    case 'join-follow-up':
      return joinAnotherFollowUp(state, event);
    case 'follow-up-joined':
      return takeOverFollowUp(state, event);
    default: {
      const after = applyFact(state, event);
      return acceptWith(state, after, event, [entryOf(state, after, event)], messagesOf(state, after, event));
    }
  }
}

/** Facts that change the state in a line or two, and read alike in the timeline. */
type OtherFact = Exclude<
  FollowUpFactEvent,
  { name: 'version-move-ordered' | 'down-referral-accepted' | 'join-follow-up' | 'follow-up-joined' }
>;

/** The state after the fact; the same one where the fact changes nothing here. */
function applyFact(state: FollowUpState, event: OtherFact): FollowUpState {
  const { at } = event;
  switch (event.name) {
    case 'patient-died': {
      if (state.deceasedAt !== null) return state;
      const open = state.enrolments.filter(({ status }) => status !== 'ended');
      const afterDeath: FollowUpState = { ...state, deceasedAt: event.input.occurredAt };
      return open.length > 0
        ? open.reduce((now, { id }) => endEnrolment(now, id, 'died', at), afterDeath)
        : { ...afterDeath, endedAt: state.endedAt ?? at };
    }
    case 'patient-moved': {
      const centreId = event.input.homeInstitutionId;
      return state.endedAt !== null || centreId === state.centreId ? state : withCentre(state, centreId);
    }
    case 'patient-admitted':
      return state.enrolments
        .filter(({ status }) => status === 'active')
        .reduce((now, { id }) => pauseEnrolment(now, id, 'admission', at), state);
    case 'patients-merged':
      return { ...state, patientId: event.input.survivorPatientId };
    case 'referral-closed':
      return {
        ...state,
        // An outcome that was reviewed begins the counting anew; a referral that came to nothing leaves it.
        referrals: state.referrals.flatMap((referral) => {
          if (referral.id !== event.input.referralId || referral.reviewedAt !== null) return [referral];
          return event.input.reviewed ? [{ ...referral, reviewedAt: event.input.occurredAt }] : [];
        }),
      };
    case 'reading-episode':
      return withEpisode(state, newEpisodeOf(state, event.input), at);
    case 'calendar-published':
      return recalculateDueDates({ ...state, calendar: event.input.calendar }, at);
  }
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

/** What the fact itself says: its ids, what readings have shown, the years and versions of a calendar. */
function evidenceOf(event: OtherFact): Reason['evidence'] {
  switch (event.name) {
    case 'calendar-published':
      return { years: event.input.calendar.years.map(({ year, version }) => `${year}/${version}`).join(' ') };
    case 'reading-episode': {
      const { occurredAt: _, evidence, ...ids } = event.input;
      return { ...ids, ...evidence };
    }
    default: {
      const { occurredAt: _, ...ids } = event.input;
      return ids;
    }
  }
}

function messagesOf(before: FollowUpState, after: FollowUpState, event: OtherFact): FollowUpMessage[] {
  const opened = after.episodes.find((episode) => !before.episodes.includes(episode));
  if (opened) return [messageToRoles(after, event.id, 'reading-episode', [opened.role], { episodeId: opened.id })];
  if (event.name === 'patient-moved' && before.centreId !== after.centreId)
    return [messageToRoles(after, event.id, 'follow-up-transferred', ['nurse', 'gp'])];
  return [];
}
