/** A discharge plan as the pathway gets it: codes, dates and numbers. What was written stays in the command's row and in the tables of episodes. */
import type { LocalDate } from '../time/local-date.ts';
import type { GivenOrder } from './order.ts';
import type { RiskInputs } from './risk.ts';
import type { OperationSite } from './rules.ts';
import type { Joint } from './templates.ts';

export type LinkConsent = 'none' | 'patient' | 'patient-and-family';

export type Handover = { to: 'follow-up'; protocol: string } | { to: 'down-referral' };

/** An order without its words. */
export interface NewOrder {
  id: string;
  given: GivenOrder;
}

export interface PlanInformation {
  responsibleClinician: boolean;
  instructions: boolean;
  noMedication: boolean;
  noPendingResults: boolean;
}

export interface RecordPlan {
  /** The code of a disease; null without a template. */
  template: string | null;
  without: readonly string[];
  /** Which of the texts of the plan are there, and what it says there is none of. */
  information: PlanInformation;
  operatedOn: LocalDate | null;
  site: OperationSite | null;
  joint: Joint | null;
  riskInputs: RiskInputs;
  orders: readonly NewOrder[];
  /** The ids of the orders that the items of the template become. */
  itemIds: Readonly<Record<string, string>>;
  linkConsent: LinkConsent;
  handover: Handover | null;
  /** Nobody has written it: it is what the hospital's system has sent, and the ward still owes its plan. */
  byMessage?: true | undefined;
}

/** The ward has written its plan. */
export const isWritten = (plan: RecordPlan | null): boolean => plan !== null && plan.byMessage !== true;

/** What stands in a state instead of a text that somebody has written. */
export const WRITTEN = '*';
