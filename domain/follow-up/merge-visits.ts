/** Visits of several protocols that fall together become one: the stricter date wins, each protocol still gets its own record. */
import { laterOf } from '../time/local-date.ts';
import type { Evaluation, NextVisit, ReferralUrgency } from './evaluation.ts';

export interface PlannedVisit extends NextVisit {
  /** of the enrolments, or whatever the visits were of */
  ids: string[];
}

/**
 * The earliest due date takes along every visit whose window is open by then. What opens later stays a visit of its own.
 * No visit is ever later than it was due.
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

const urgency: Record<ReferralUrgency, number> = { none: 0, routine: 1, urgent: 2 };

/** One referral for all diseases, as urgent as the most urgent of them. */
export function mergeReferrals(evaluations: readonly Pick<Evaluation, 'referral'>[]): ReferralUrgency {
  return evaluations.reduce<ReferralUrgency>((most, { referral }) => (urgency[referral] > urgency[most] ? referral : most), 'none');
}
