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

/**
 * What counts is told to the sums as changes, which wait until there are so many, and are added in steps of so many. They cost a reader of indicators a
 * buffer for some forty to seventy.
 */
export const MOST_CHANGES_WAITING = 1_000;
