/** What follow-up counts by institution, month and disease. */
import type { IndicatorRow } from '../kit/indicators.ts';

/** A share as its two numbers: `kept` out of `decided`. */
interface Part {
  kept: number;
  decided: number;
}

export interface FollowUpCounts {
  /** Counted from the beginning of the year to the end of the month. */
  managed: number;
  perSpecification: Part;
  payment: Part;
  clinical: Part;
  /** of the month */
  enrolled: number;
  visits: number;
  faceToFace: number;
  /** Windows are counted in the month of their last day. */
  inTime: number;
  late: number;
  expired: number;
  open: number;
  /** Referrals that visits of the month have started. */
  referrals: number;
  sent: number;
  arrived: number;
  /** Enrolments that ended in the month and have not been reopened. */
  lost: number;
  died: number;
  withdrawn: number;
}

export interface FollowUpIndicatorRow extends IndicatorRow<FollowUpCounts> {
  disease: string;
}
