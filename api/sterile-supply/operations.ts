/** Every operation of sterile supply that belongs to no single pathway, by subject. */
import type { Operation } from '../kit/operation.ts';
import { custodyExportOperations } from './custody-export.ts';
import { traceOperations } from './trace.ts';

export const sterileSupplyOperations: readonly Operation[] = [...custodyExportOperations, ...traceOperations];
