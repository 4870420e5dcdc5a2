/** How long a pack stays sterile: by its packaging, from the local date of the start of its cycle, and by the worst storage so far. It never lengthens. */
import { addDays, earlierOf, type LocalDate, localDateOf } from '../time/local-date.ts';
import type { NormRules } from './norm-rules.ts';
import type { Packaging } from './vocabulary.ts';

/** The date that a cycle counts as, whatever its end: that of its start. `startedAt` in milliseconds. */
export const sterilisedOnOf = (startedAt: number): LocalDate => localDateOf(startedAt);

/** The last day, itself included, of a pack that was stored as the norm asks. */
export const nominalExpiresOn = (packaging: Packaging, sterilisedOn: LocalDate, { expiryDays }: NormRules): LocalDate =>
  addDays(sterilisedOn, expiryDays[packaging].conforming);

/** The last day of a pack that was outside the climate at any time. */
const exposedExpiresOn = (packaging: Packaging, sterilisedOn: LocalDate, { expiryDays }: NormRules): LocalDate =>
  addDays(sterilisedOn, Math.min(expiryDays[packaging].exposed, expiryDays[packaging].conforming));

export interface Storage {
  packaging: Packaging;
  sterilisedOn: LocalDate;
  exposed: boolean;
  /** The last day as it was known before; null before the first cycle. */
  expiresOn: LocalDate | null;
}

/** The last day by the worst storage so far. It is never later than it was known before. */
export function expiresOnOf({ packaging, sterilisedOn, exposed, expiresOn }: Storage, rules: NormRules): LocalDate {
  const byRule = exposed ? exposedExpiresOn(packaging, sterilisedOn, rules) : nominalExpiresOn(packaging, sterilisedOn, rules);
  return expiresOn === null ? byRule : earlierOf(expiresOn, byRule);
}

/** Whether what was exposed in this packaging has to be looked at before it goes on. */
export const needsClimateReview = (packaging: Packaging, { climateReviewPackagings }: NormRules): boolean =>
  climateReviewPackagings.includes(packaging);
