/** What somebody has to look at between two visits, with the time there is for it. */
import { startClock } from '../sla-clock.ts';
import type { FollowUpState } from './state.ts';

export interface NewEpisode {
  id: string;
  rule: string;
  /** whose worklist it stands in */
  role: string;
  dueWithinSeconds: number;
}

/** Once for each id, and not for somebody whose follow-up has ended. */
export function withEpisode(state: FollowUpState, { id, rule, role, dueWithinSeconds }: NewEpisode, at: number): FollowUpState {
  if (state.endedAt !== null || state.episodes.some((episode) => episode.id === id)) return state;
  const clock = startClock({ id: `e-${id}`, name: 'reading-episode', budgetMs: dueWithinSeconds * 1_000, at, rungPercents: [100] });
  return { ...state, episodes: [...state.episodes, { id, rule, role, clock }] };
}
