/** What other systems report of a stay in hospital, as facts: each has its message of HL7 v2, and both are one fold. */
import type { VisitEvent } from './standing.ts';

export const factOfVisitEvent = {
  A01: 'patient-admitted',
  A08: 'visit-updated',
  A02: 'patient-transferred',
  A12: 'transfer-cancelled',
  A03: 'patient-discharged',
  A13: 'discharge-cancelled',
  A11: 'admission-cancelled',
} as const satisfies Record<VisitEvent, string>;

/** A result that the hospital reports of a stay; it changes no standing. */
export const RESULT_REPORTED = 'result-reported';

export type VisitFact = (typeof factOfVisitEvent)[VisitEvent] | typeof RESULT_REPORTED;

/** A result of the laboratory or of another examination, by the number that the hospital orders it by. */
export interface ReportedResult {
  number: string;
  name: string;
  abnormal: boolean;
  /** A critical value (危急值). */
  critical: boolean;
}
