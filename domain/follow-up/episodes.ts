/** What somebody has to look at between two visits, with the time there is for it. */
import type { FollowUpConfiguration } from '../alliance/configuration.ts';
import { startClock } from '../time/sla-clock.ts';
import type { Episode, FollowUpState } from './state.ts';
import type { FollowUpTemplate } from './texts.ts';

export interface NewEpisode {
  id: string;
  rule: string;
  /** whose worklist it stands in */
  role: string;
  dueWithinSeconds: number;
  enrolmentId?: string;
}

/** Opens an episode, once for each id, and not for somebody whose follow-up has ended. */
export function withEpisode(state: FollowUpState, { dueWithinSeconds, ...episode }: NewEpisode, at: number): FollowUpState {
  const { id } = episode;
  if (state.endedAt !== null || state.episodes.some((one) => one.id === id)) return state;
  const clock = startClock({ id: `e-${id}`, name: 'reading-episode', budgetMs: dueWithinSeconds * 1_000, at, rungPercents: [100] });
  return { ...state, episodes: [...state.episodes, { ...episode, clock }] };
}

/** The rule of an episode without readings: by the rules of today the last visit calls for a referral, which it did not do then. */
const WOULD_REFER = 'would-refer';

export const buildSeeResident = (id: string, enrolmentId: string, { reviewWithinSeconds }: FollowUpConfiguration): NewEpisode => ({
  id,
  rule: WOULD_REFER,
  role: 'gp',
  dueWithinSeconds: reviewWithinSeconds,
  enrolmentId,
});

/** A visit to the enrolment is what such an episode asks for, and it is evaluated by the rules of today: the episode closes. */
export function withoutWouldRefer(state: FollowUpState, enrolmentId: string): FollowUpState {
  const left = state.episodes.filter((episode) => episode.rule !== WOULD_REFER || episode.enrolmentId !== enrolmentId);
  return left.length < state.episodes.length ? { ...state, episodes: left } : state;
}

/** The rule of another episode without readings: a person whose tier has become high is shown to a specialist. */
export const SPECIALIST = 'specialist-consultation';

interface Presentation {
  name: string;
  urgency: string;
  template: FollowUpTemplate;
}

/** How an episode stands in the worklist, and by which message it is told. */
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
