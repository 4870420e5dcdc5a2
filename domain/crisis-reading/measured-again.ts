/** Whether every crisis value has been followed by one below its threshold: then a nurse may say what has become of it. */
import { findCrisis, isSameMeasurand } from '../readings/crisis.ts';
import type { ReadingKind, StandardValues } from '../readings/reading.ts';
import type { ReadingProtocol } from '../readings/reading-protocol.ts';
import type { CrisisValue } from './events.ts';

/** `measuredAt` in milliseconds. */
type MeasuredValue = StandardValues & { kind: ReadingKind; measuredAt: number };

export const hasBeenMeasuredAgain = (
  values: readonly Pick<CrisisValue, 'kind' | 'effectiveAt'>[],
  readings: readonly MeasuredValue[],
  protocol: ReadingProtocol,
): boolean =>
  values.every(({ kind, effectiveAt }) =>
    readings.some(
      (reading) => isSameMeasurand(reading.kind, kind) && reading.measuredAt > effectiveAt && findCrisis(reading, protocol) === undefined,
    ),
  );
