/** A change that must never reach running pathways: a pause before the first commit. It proves that replaying the corpus can fail. */
import { sleep } from '@temporalio/workflow';
import { crisisReading as presentCrisisReading } from '../../workflows/crisis-reading.ts';
import { discharge as presentDischarge } from '../../workflows/discharge.ts';
import { discrepancy as presentDiscrepancy } from '../../workflows/discrepancy.ts';
import { exchangeSlip as presentExchangeSlip } from '../../workflows/exchange-slip.ts';
import { followUp as presentFollowUp } from '../../workflows/follow-up.ts';
import { identityCheck as presentIdentityCheck } from '../../workflows/identity-check.ts';
import { recall as presentRecall } from '../../workflows/recall.ts';
import { referral as presentReferral } from '../../workflows/referral.ts';
import { steriliserLoad as presentSteriliserLoad } from '../../workflows/steriliser-load.ts';
import { supplyRound as presentSupplyRound } from '../../workflows/supply-round.ts';

const withPause =
  <Input, Result>(workflow: (input: Input) => Promise<Result>) =>
  async (input: Input): Promise<Result> => {
    const pause = sleep('1 second');
    const [result] = await Promise.all([workflow(input), pause]);
    return result;
  };

export const referral = withPause(presentReferral);
export const recall = withPause(presentRecall);
export const discrepancy = withPause(presentDiscrepancy);
export const discharge = withPause(presentDischarge);
const crisisReading = withPause(presentCrisisReading);
const followUp = withPause(presentFollowUp);
const identityCheck = withPause(presentIdentityCheck);
const exchangeSlip = withPause(presentExchangeSlip);
const steriliserLoad = withPause(presentSteriliserLoad);
const supplyRound = withPause(presentSupplyRound);
export {
  crisisReading as 'crisis-reading',
  exchangeSlip as 'exchange-slip',
  followUp as 'follow-up',
  identityCheck as 'identity-check',
  steriliserLoad as 'steriliser-load',
  supplyRound as 'supply-round',
};
