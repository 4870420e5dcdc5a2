/** Every workflow that the worker runs. */
export { referral } from './referral.ts';
