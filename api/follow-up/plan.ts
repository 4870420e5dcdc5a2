/** What a hospital's management plan asks of an enrolment's visits, as callers see it. */
import { z } from '@hono/zod-openapi';
import type { EnrolmentRecord } from '../../db/follow-up/enrolments.ts';
import { listKeptItems } from '../../domain/follow-up/management-plan.ts';
import { type Enrolment, visitsOf } from '../../domain/follow-up/state.ts';
import { codesOfItems } from '../../domain/referral/plan-items.ts';

export const PlanSchema = z
  .strictObject({
    referralId: z.string(),
    kept: z.array(
      // A visit says that it has done an item by the item's code in `itemsDone`; the enrolment's `items` have the codes.
      z.strictObject({ item: z.string(), kept: z.enum(['yes', 'no', 'open']) }),
    ),
  })
  .openapi('KeptPlan');

/** Returns the words of an item of the plan by its code; undefined for an item that is a code itself. */
export function itemWords({ planItems }: Pick<EnrolmentRecord, 'planItems'>): (code: string) => { zh: string; en: string } | undefined {
  const items = planItems ?? [];
  const words = new Map(codesOfItems(items).map((code, index) => [code, items[index] ?? code]));
  return (code) => {
    const written = words.get(code);
    return written === undefined || written === code ? undefined : { zh: written, en: written };
  };
}

export function planResource(record: EnrolmentRecord, { id }: Enrolment): z.infer<typeof PlanSchema> | null {
  const { managementPlan } = record.state;
  if (!managementPlan) return null;
  const wordsOf = itemWords(record);
  const kept = listKeptItems(managementPlan, visitsOf(record.state, id));
  return {
    referralId: managementPlan.referralId,
    kept: kept.map(({ item, kept: isKept }) => ({ item: wordsOf(item)?.zh ?? item, kept: isKept })),
  };
}
