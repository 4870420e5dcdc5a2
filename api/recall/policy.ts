/** Who may do what with a recall. */
import type { Policy } from '../kit/rule.ts';

export const recallPolicy = {} as const satisfies Policy;
