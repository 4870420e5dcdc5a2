/** The data of a management plan, which a hospital gives with a patient whom it sends back to a centre. */
import type { LocalDate } from '../time/local-date.ts';

/** Values that the patient is to stay below. */
export interface PlanTargets {
  /** In mmHg. */
  systolic?: number | undefined;
  /** In mmHg. */
  diastolic?: number | undefined;
  /** In mmol/L. */
  fastingGlucose?: number | undefined;
}

export interface ManagementPlan {
  text?: string | undefined;
  nextVisitOn?: LocalDate | undefined;
  targets?: PlanTargets | undefined;
  visitEveryDays?: number | undefined;
  /** What each visit does beyond the protocol: codes of a protocol's items, or words. */
  items: string[];
  medicines: string[];
  firstFollowUpBy?: LocalDate | undefined;
  /** The last day on which the plan holds. */
  until?: LocalDate | undefined;
}
