/** A new tier changes dates and may call for a specialist. Without a visit it comes from a clinician or from the yearly review. */
import { defaultFollowUpConfiguration } from '../alliance/configuration.ts';
import { acceptWith, agreementReason, type FollowUpVerdict, recalculateDueDates } from './changes.ts';
import { SPECIALIST, withEpisode } from './episodes.ts';
import type { FollowUpEventNamed } from './events.ts';
import { messageToRoles } from './messages.ts';
import { asksForSpecialist, type RiskUpdate, rescoreRisk, setTier, tierEntryOf } from './risk.ts';
import type { TierName } from './risk-tier.ts';
import type { FollowUpState } from './state.ts';

export interface TierReached {
  tier: TierName;
  /** The id of the episode that is closed once a specialist has been asked. */
  id: string;
  at: number;
  /** The enrolments whose visit brought the tier. They are left alone, because that visit has set their next dates already. */
  except?: readonly string[];
}

export function applyTier(state: FollowUpState, { tier, id, at, except }: TierReached): FollowUpState {
  const dated = recalculateDueDates(state, at, except);
  if (!asksForSpecialist(state, tier)) return dated;
  const dueWithinSeconds = state.configuration.consultationWithinSeconds ?? defaultFollowUpConfiguration.consultationWithinSeconds;
  return withEpisode(dated, { id, rule: SPECIALIST, role: 'gp', dueWithinSeconds }, at);
}

export function changeTier(state: FollowUpState, event: FollowUpEventNamed<'change-tier'>): FollowUpVerdict {
  return decideTier(state, event, setTier(state, event.input.tier, event.at));
}

/** Scores the person again after a year without a visit, because the age alone may have changed the tier. */
export function reviewRisk(state: FollowUpState, event: FollowUpEventNamed<'risk-review'>): FollowUpVerdict {
  return decideTier(state, event, rescoreRisk(state, event.at));
}

function decideTier(
  before: FollowUpState,
  event: FollowUpEventNamed<'change-tier' | 'risk-review'>,
  { state, change }: RiskUpdate,
): FollowUpVerdict {
  const scored = agreementReason(before, event.name, { score: state.risk?.score ?? null, tier: state.risk?.scored ?? null });
  if (!change) return acceptWith(before, state, event, [{ event: event.name, from: null, to: null, because: [scored] }]);
  const after = applyTier(state, { tier: change.to, id: event.id, at: event.at });
  const message = messageToRoles(before, `${event.id}:tier`, 'follow-up-tier-changed', ['gp']);
  return acceptWith(before, after, event, [tierEntryOf(change)], [message]);
}
