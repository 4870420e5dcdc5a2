/** An episode is something that a member of staff has to look at between two visits, within a time. */
import type { FollowUpConfiguration } from '../alliance/configuration.ts';
import { startClock } from '../time/sla-clock.ts';
import type { Episode, FollowUpState } from './state.ts';
import type { EpisodeTaskName } from './task-names.ts';
import type { FollowUpTemplate } from './texts.ts';

export interface NewEpisode {
  id: string;
  rule: string;
  /** The role in whose worklist the episode stands. */
  role: string;
  dueWithinSeconds: number;
  enrolmentId?: string;
}

/** Returns the state with a new episode; the same state when the id has one already or the follow-up has ended. */
export function withEpisode(state: FollowUpState, { dueWithinSeconds, ...episode }: NewEpisode, at: number): FollowUpState {
  const { id } = episode;
  if (state.endedAt !== null || state.episodes.some((one) => one.id === id)) return state;
  const clock = startClock({ id: `e-${id}`, name: 'reading-episode', budgetMs: dueWithinSeconds * 1_000, at, rungPercents: [100] });
  return { ...state, episodes: [...state.episodes, { ...episode, clock }] };
}

/** The rule of an episode without readings: the last visit calls for a referral by the rules of today, and did not by those of its own day. */
const WOULD_REFER = 'would-refer';

export const buildSeeResident = (id: string, enrolmentId: string, { reviewWithinSeconds }: FollowUpConfiguration): NewEpisode => ({
  id,
  rule: WOULD_REFER,
  role: 'gp',
  dueWithinSeconds: reviewWithinSeconds,
  enrolmentId,
});

/** Closes the episodes that ask somebody to look at a resident again, because a visit does that and is evaluated by the rules of today. */
export function withoutWouldRefer(state: FollowUpState, enrolmentId: string): FollowUpState {
  const left = state.episodes.filter((episode) => episode.rule !== WOULD_REFER || episode.enrolmentId !== enrolmentId);
  return left.length < state.episodes.length ? { ...state, episodes: left } : state;
}

/** The rule of another episode without readings: a specialist has to be asked about a person whose tier has become high. */
export const SPECIALIST = 'specialist-consultation';

interface Presentation {
  name: EpisodeTaskName;
  urgency: string;
  template: FollowUpTemplate;
}

/** Returns the name and urgency of an episode in the worklist, and the message about it. */
export function presentationOf(episode: Pick<Episode, 'rule'> | undefined): Presentation {
  switch (episode?.rule) {
    case WOULD_REFER:
      return { name: 'see-resident', urgency: 'routine', template: 'follow-up-see' };
    case SPECIALIST:
      return { name: SPECIALIST, urgency: 'routine', template: 'follow-up-tier-changed' };
    default:
      return { name: 'reading-episode', urgency: 'urgent', template: 'reading-episode' };
  }
}
