/** Who may do what with a round. */
import type { Policy } from '../kit/rule.ts';

export const supplyRoundPolicy = {} as const satisfies Policy;
