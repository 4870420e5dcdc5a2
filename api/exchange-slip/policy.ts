/** Who may do what with an exchange slip. */
import type { Policy } from '../kit/rule.ts';

export const exchangeSlipPolicy = {} as const satisfies Policy;
