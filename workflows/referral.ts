/** The referral as a durable pathway. */
import { referral as decider } from '../domain/referral/decider.ts';
import type { ReferralState } from '../domain/referral/state.ts';
import type { PathwayInput } from './kit/pathway.ts';
import { runPathway } from './kit/run-pathway.ts';

export function referral(input: PathwayInput<ReferralState>) {
  return runPathway(decider, input, referral);
}
