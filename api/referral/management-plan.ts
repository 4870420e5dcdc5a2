/** The plan that a hospital gives with a patient whom it sends back: data that the centre's follow-up goes by, or a text. */
import { z } from '@hono/zod-openapi';
import type { ManagementPlan as PlanData } from '../../domain/referral/management-plan.ts';
import { toMessage } from '../kit/field-words.ts';
import { DateOnly, Text } from '../kit/schemas.ts';

/** A target below or above these is a slip of the pen: nobody is treated to 20 mmHg. */
const Systolic = z.number().int().min(90).max(200);
const Diastolic = z.number().int().min(40).max(130);
const FastingGlucose = z.number().min(3.5).max(20);

const Targets = z.strictObject({
  systolic: Systolic.optional().openapi({ description: 'mmHg, to be below' }),
  diastolic: Diastolic.optional().openapi({ description: 'mmHg, to be below' }),
  fastingGlucose: FastingGlucose.optional().openapi({ description: 'mmol/L, to be below' }),
});

const members = {
  text: Text(8_000).optional(),
  nextVisitOn: DateOnly.optional().openapi({ description: 'The day by which the centre sees the patient in follow-up' }),
  targets: Targets.optional(),
  visitEveryDays: z.number().int().min(1).max(366).optional(),
  items: z
    .array(Text(200))
    .max(50)
    .default([])
    .openapi({ description: 'What each visit does beyond the protocol: codes of items, or words' }),
  medicines: z.array(Text(500)).max(50).default([]),
  firstFollowUpBy: DateOnly.optional().openapi({ description: 'The day by which the centre sees the patient first' }),
  until: DateOnly.optional().openapi({ description: 'The last day on which the plan holds' }),
};
const PlanDataSchema = z.strictObject(members).openapi('ManagementPlan');

/** Older clients send a record of their own. One that uses a name of the plan's data means that data, and is checked as such. */
const FreeRecord = z
  .record(z.string().max(100), z.union([z.string().max(8_000), z.number(), z.boolean(), z.array(z.string().max(2_000)).max(100)]))
  .refine((plan) => !Object.keys(plan).some((name) => name in members), toMessage({ zh: '管理方案不符合要求', en: 'is no such plan' }));

export const ManagementPlanSchema = z.union([Text(8_000), PlanDataSchema, FreeRecord]);

/** Returns the data of a plan as it is stored; undefined for a text and for a record of an older client, which bend nothing. */
export function planDataOf(plan: unknown): PlanData | undefined {
  const parsed = PlanDataSchema.safeParse(plan);
  return parsed.success ? parsed.data : undefined;
}
