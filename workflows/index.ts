/** Every workflow that the worker runs. */
export { crisisReading as 'crisis-reading' } from './crisis-reading.ts';
export { discharge } from './discharge.ts';
export { discrepancy } from './discrepancy.ts';
export { exchangeSlip as 'exchange-slip' } from './exchange-slip.ts';
export { followUp as 'follow-up' } from './follow-up.ts';
export { identityCheck as 'identity-check' } from './identity-check.ts';
export { recall } from './recall.ts';
export { referral } from './referral.ts';
export { sterileSupplySweep as 'sterile-supply-sweep' } from './sterile-supply-sweep.ts';
export { steriliserLoad as 'steriliser-load' } from './steriliser-load.ts';
export { supplyRound as 'supply-round' } from './supply-round.ts';
