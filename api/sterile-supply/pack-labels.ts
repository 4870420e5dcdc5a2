import type { Operation } from '../kit/operation.ts';
export const packLabelOperations: readonly Operation[] = [];
