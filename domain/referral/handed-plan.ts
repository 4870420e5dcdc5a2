/** What of a management plan the follow-up gets: its data. Words stay in the referral's row, and an item in words goes as a code made of them. */

import type { DownReferralAccepted } from '../follow-up/events.ts';
import type { ManagementPlan } from './management-plan.ts';
import { codesOfItems } from './plan-items.ts';

/** A text, and a record of an older client, have neither items nor medicines as lists. */
export const hasPlanData = (plan: unknown): plan is ManagementPlan =>
  typeof plan === 'object' && plan !== null && Array.isArray((plan as Partial<ManagementPlan>).items);

export const toHandedPlan = ({
  targets = {},
  visitEveryDays,
  items,
  until,
}: ManagementPlan): NonNullable<DownReferralAccepted['plan']> => ({
  targets: {
    systolic: targets.systolic ?? null,
    diastolic: targets.diastolic ?? null,
    fastingGlucose: targets.fastingGlucose ?? null,
  },
  visitEveryDays: visitEveryDays ?? null,
  items: [...new Set(codesOfItems(items))],
  until: until ?? null,
});
