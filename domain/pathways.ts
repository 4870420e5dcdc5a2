/** Every pathway by its kind: who needs a decider by name finds it here. */
import { followUp } from './follow-up.ts';
import type { Decider } from './pathway.ts';
import { referral } from './referral.ts';

// biome-ignore lint/suspicious/noExplicitAny: each pathway has a state of its own
export const deciders: Record<string, Decider<any>> = { referral, 'follow-up': followUp };
