/** The daily looks over everything, in place of a timer for each thing: each raises alerts where its rule says so and clears them with their cause. */
import type { NormRules } from './norm-rules.ts';

export const sweepNames = ['expiry', 'bowie-dick', 'bi-due', 'return-overdue', 'sampling'] as const;
export type SweepName = (typeof sweepNames)[number];

/** The local time of the day at which they run. */
export const sweepsAt = { hour: 6, minute: 0 } as const;

/** The nearest of the warnings that a pack has reached: the fewest days that it does not have more of. Undefined: none, or its last day is over. */
export function expiryThresholdOf(
  packaging: string,
  daysLeft: number,
  { expiryWarningDays }: Pick<NormRules, 'expiryWarningDays'>,
): number | undefined {
  if (daysLeft < 0) return undefined;
  const days = packaging === 'cotton' ? expiryWarningDays.cotton : expiryWarningDays.others;
  const reached = days.filter((threshold) => daysLeft <= threshold);
  return reached.length > 0 ? Math.min(...reached) : undefined;
}
