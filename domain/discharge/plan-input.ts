/** A discharge plan as the pathway gets it: codes, dates and numbers. What was written stays in the command's row and in the table of plans. */
import type { LocalDate } from '../time/local-date.ts';

/** What makes the information about a discharge complete; each is true when it was given, `[]` or "none" included. */
export interface PlanInformation {
  responsibleClinician: boolean;
  procedures: boolean;
  diagnoses: boolean;
  medicines: boolean;
  allergies: boolean;
  results: boolean;
  instructions: boolean;
}

export type LinkConsent = 'none' | 'patient' | 'patient-and-family';

export type Handover = { to: 'follow-up'; protocol: string } | { to: 'down-referral' };

export interface RecordPlan {
  /** The code of a disease; null without a template. */
  template: string | null;
  information: PlanInformation;
  operatedOn: LocalDate | null;
  linkConsent: LinkConsent;
  handover: Handover | null;
}
