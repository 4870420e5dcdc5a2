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

/** Of a month these are what stands at its end: over a span they are those of its last month, and nothing that adds up. */
const stocks = ['managed', 'perSpecification', 'payment', 'clinical'] as const;

const noPart: Part = { kept: 0, decided: 0 };
const nothing: FollowUpCounts = {
  managed: 0,
  perSpecification: noPart,
  payment: noPart,
  clinical: noPart,
  enrolled: 0,
  visits: 0,
  faceToFace: 0,
  inTime: 0,
  late: 0,
  expired: 0,
  open: 0,
  referrals: 0,
  sent: 0,
  arrived: 0,
  lost: 0,
  died: 0,
  withdrawn: 0,
};

const addParts = (a: Part, b: Part): Part => ({ kept: a.kept + b.kept, decided: a.decided + b.decided });

const addCounts = (a: FollowUpCounts, b: FollowUpCounts): FollowUpCounts => ({
  managed: a.managed + b.managed,
  perSpecification: addParts(a.perSpecification, b.perSpecification),
  payment: addParts(a.payment, b.payment),
  clinical: addParts(a.clinical, b.clinical),
  enrolled: a.enrolled + b.enrolled,
  visits: a.visits + b.visits,
  faceToFace: a.faceToFace + b.faceToFace,
  inTime: a.inTime + b.inTime,
  late: a.late + b.late,
  expired: a.expired + b.expired,
  open: a.open + b.open,
  referrals: a.referrals + b.referrals,
  sent: a.sent + b.sent,
  arrived: a.arrived + b.arrived,
  lost: a.lost + b.lost,
  died: a.died + b.died,
  withdrawn: a.withdrawn + b.withdrawn,
});

export const sumOfCounts = (counts: readonly FollowUpCounts[]): FollowUpCounts => counts.reduce(addCounts, nothing);

/** What several centres and months come to. `lastMonth`: of the span, YYYY-MM. */
export function countsOfSpan(rows: readonly FollowUpIndicatorRow[], lastMonth: string): FollowUpCounts {
  const flows = sumOfCounts(rows.map(({ counts }) => counts));
  const atEnd = sumOfCounts(rows.filter(({ month }) => month === lastMonth).map(({ counts }) => counts));
  return { ...flows, ...Object.fromEntries(stocks.map((stock) => [stock, atEnd[stock]])) };
}
