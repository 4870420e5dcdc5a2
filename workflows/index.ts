/** Every workflow that the worker runs. */
export { followUp as 'follow-up' } from './follow-up.ts';
export { referral } from './referral.ts';
