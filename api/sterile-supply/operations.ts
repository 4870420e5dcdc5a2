/** Every operation of sterile supply that belongs to no single pathway, by subject. */
import type { Operation } from '../kit/operation.ts';

export const sterileSupplyOperations: readonly Operation[] = [];
