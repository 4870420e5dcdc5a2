/** What another tier brings along: other dates, a specialist's word; and how it comes without a visit: by a clinician, by the year. */
import { defaultFollowUpConfiguration } from '../alliance/configuration.ts';
import type { PathwayEvent } from '../kit/pathway.ts';
import { agreement, decided, type FollowUpVerdict, redated, tell } from './changes.ts';
import { SPECIALIST, withEpisode } from './episodes.ts';
import { asksForSpecialist, type Rescored, rescored, tierEntry, tierSet } from './risk.ts';
import type { TierName } from './risk-tier.ts';
import type { FollowUpState } from './state.ts';

export interface TierReached {
  tier: TierName;
  /** of what is to be closed once a specialist has been asked */
  id: string;
  at: number;
  /** the enrolment whose visit it came with: dated by that visit already */
  except?: string;
}

export function onTier(state: FollowUpState, { tier, id, at, except }: TierReached): FollowUpState {
  const dated = redated(state, at, except);
  if (!asksForSpecialist(state, tier)) return dated;
  const dueWithinSeconds = state.configuration.consultationWithinSeconds ?? defaultFollowUpConfiguration.consultationWithinSeconds;
  return withEpisode(dated, { id, rule: SPECIALIST, role: 'gp', dueWithinSeconds }, at);
}

export function changeTier(state: FollowUpState, event: PathwayEvent, tier: TierName | null): FollowUpVerdict {
  return tierDecided(state, event, tierSet(state, tier, event.at));
}

/** A year without a visit: age alone may have moved it. */
export function riskReview(state: FollowUpState, event: PathwayEvent): FollowUpVerdict {
  return tierDecided(state, event, rescored(state, event.at));
}

function tierDecided(before: FollowUpState, event: PathwayEvent, { state, change }: Rescored): FollowUpVerdict {
  const scored = agreement(before, event.name, { score: state.risk?.score ?? null, tier: state.risk?.scored ?? null });
  if (!change) return decided(before, state, event, [{ event: event.name, from: null, to: null, because: [scored] }]);
  const after = onTier(state, { tier: change.to, id: event.id, at: event.at });
  const message = tell(before, `${event.id}:tier`, 'follow-up-tier-changed', ['gp']);
  return decided(before, after, event, [tierEntry(change)], [message]);
}
