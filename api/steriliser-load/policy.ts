/** Who may do what with a load. */
import type { Policy } from '../kit/rule.ts';

export const steriliserLoadPolicy = {} as const satisfies Policy;
