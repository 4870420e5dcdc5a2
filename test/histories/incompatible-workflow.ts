/** A change that must never reach running pathways: a pause before the first commit. It proves that replaying the corpus can fail. */
import { sleep } from '@temporalio/workflow';
import type { FollowUpState } from '../../domain/follow-up/state.ts';
import type { ReferralState } from '../../domain/referral/state.ts';
import { followUp } from '../../workflows/follow-up.ts';
import type { PathwayInput } from '../../workflows/kit/pathway.ts';
import { referral as compatible } from '../../workflows/referral.ts';

export async function referral(input: PathwayInput<ReferralState>) {
  const pause = sleep('1 second');
  const [result] = await Promise.all([compatible(input), pause]);
  return result;
}

async function brokenFollowUp(input: PathwayInput<FollowUpState>) {
  const pause = sleep('1 second');
  const [result] = await Promise.all([followUp(input), pause]);
  return result;
}
export { brokenFollowUp as 'follow-up' };
