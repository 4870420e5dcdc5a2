/** Scans of the steps at a stop that there is. */
import type { StopStep } from '../../../domain/sterile-supply/vocabulary.ts';
import type { ObservedScan, ObservedStop } from './resolve-scans.ts';
import { isStep } from './scan-bodies.ts';

export interface StepScan extends ObservedScan {
  type: StopStep;
  stop: ObservedStop;
}

export const stepScansOf = (scans: readonly ObservedScan[]): StepScan[] =>
  scans.filter((scan): scan is StepScan => scan.stop !== undefined && isStep(scan.type));
