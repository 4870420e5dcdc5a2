/** A change that must never reach running pathways: a pause before the first commit. It proves that replaying the corpus can fail. */
import { sleep } from '@temporalio/workflow';
import type { ReferralState } from '../../domain/referral-state.ts';
import type { PathwayInput } from '../../workflows/pathway.ts';
import { referral as compatible } from '../../workflows/referral.ts';

export async function referral(input: PathwayInput<ReferralState>) {
  const pause = sleep('1 second');
  const [result] = await Promise.all([compatible(input), pause]);
  return result;
}
