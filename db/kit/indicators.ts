/** What is asked of every pathway's indicators, and the row that comes back. */

export interface IndicatorRow<Counts> {
  institutionId: string;
  /** YYYY-MM in Asia/Shanghai. */
  month: string;
  counts: Counts;
}

export interface IndicatorQuestion {
  /** Without one, the question is about every institution. */
  institutionId?: string | undefined;
  /** The beginning of a month in Asia/Shanghai. */
  from: Date;
  /** The first instant that no longer counts: the beginning of a month too. */
  to: Date;
}
