/** Who may do what with a discrepancy. */
import type { Policy } from '../kit/rule.ts';

export const discrepancyPolicy = {} as const satisfies Policy;
