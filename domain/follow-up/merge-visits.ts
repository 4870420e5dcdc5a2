/** Visits of several protocols that fall together become one. It has the strictest of their dates, and each protocol still gets its own record. */
import { laterOf } from '../time/local-date.ts';
import { type Evaluation, type NextVisit, type ReferralUrgency, urgencyRank } from './evaluation.ts';

export interface PlannedVisit extends NextVisit {
  /** The ids that the merged visits came with, such as those of enrolments. */
  ids: string[];
}

/**
 * Merges every visit whose window is open by the earliest due date into that one. A visit that opens later stays a visit of its own, and no visit comes
 * later than it was due.
 */
export function mergeVisits(visits: readonly (NextVisit & { id: string })[]): PlannedVisit[] {
  const merged: PlannedVisit[] = [];
  for (const { id, opensOn, dueOn } of visits.toSorted((a, b) => (a.dueOn < b.dueOn ? -1 : a.dueOn > b.dueOn ? 1 : 0))) {
    const open = merged.find((plan) => opensOn <= plan.dueOn);
    if (!open) merged.push({ opensOn, dueOn, ids: [id] });
    else {
      open.ids.push(id);
      open.opensOn = laterOf(open.opensOn, opensOn);
    }
  }
  return merged;
}

/** Returns one urgency for the referral of all diseases, which is that of the most urgent. */
export function mergeReferrals(evaluations: readonly Pick<Evaluation, 'referral'>[]): ReferralUrgency {
  return evaluations.reduce<ReferralUrgency>((most, { referral }) => (urgencyRank[referral] > urgencyRank[most] ? referral : most), 'none');
}
