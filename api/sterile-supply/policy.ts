/** Who may do what with the things of sterile supply that belong to no single pathway. */
import type { Policy } from '../kit/rule.ts';

export const sterileSupplyPolicy = {} as const satisfies Policy;
