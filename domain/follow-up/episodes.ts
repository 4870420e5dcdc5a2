/** What somebody has to look at between two visits, with the time there is for it. */
import type { FollowUpConfiguration } from '../alliance/configuration.ts';
import type { MessageTemplate } from '../messages/templates.ts';
import { startClock } from '../time/sla-clock.ts';
import type { Episode, FollowUpState } from './state.ts';

export interface NewEpisode {
  id: string;
  rule: string;
  /** whose worklist it stands in */
  role: string;
  dueWithinSeconds: number;
  enrolmentId?: string;
}

/** Once for each id, and not for somebody whose follow-up has ended. */
export function withEpisode(state: FollowUpState, { dueWithinSeconds, ...episode }: NewEpisode, at: number): FollowUpState {
  const { id } = episode;
  if (state.endedAt !== null || state.episodes.some((one) => one.id === id)) return state;
  const clock = startClock({ id: `e-${id}`, name: 'reading-episode', budgetMs: dueWithinSeconds * 1_000, at, rungPercents: [100] });
  return { ...state, episodes: [...state.episodes, { ...episode, clock }] };
}

/** No reading: the rules of today say of the last visit what they did not say then. */
const WOULD_REFER = 'would-refer';

export const seeResident = (id: string, enrolmentId: string, { reviewWithinSeconds }: FollowUpConfiguration): NewEpisode => ({
  id,
  rule: WOULD_REFER,
  role: 'gp',
  dueWithinSeconds: reviewWithinSeconds,
  enrolmentId,
});

/** A visit is what was asked for: the rules judge it by themselves. */
export function withoutSeen(state: FollowUpState, enrolmentId: string): FollowUpState {
  const left = state.episodes.filter((episode) => episode.rule !== WOULD_REFER || episode.enrolmentId !== enrolmentId);
  return left.length < state.episodes.length ? { ...state, episodes: left } : state;
}

/** No reading either: a person whose tier has become high is shown to a specialist. */
export const SPECIALIST = 'specialist-consultation';

interface Shown {
  name: string;
  urgency: string;
  template: MessageTemplate;
}

/** How it stands in the worklist, and how it is told. */
export function shownAs(episode: Pick<Episode, 'rule'> | undefined): Shown {
  switch (episode?.rule) {
    case WOULD_REFER:
      return { name: 'see-resident', urgency: 'routine', template: 'follow-up-see' };
    case SPECIALIST:
      return { name: SPECIALIST, urgency: 'routine', template: 'follow-up-tier-changed' };
    default:
      return { name: 'reading-episode', urgency: 'urgent', template: 'reading-episode' };
  }
}
