/** The number that is paid for and the number that is treated to, as a visit shows them. */
import { z } from '@hono/zod-openapi';

export const TargetSchema = z.strictObject({
  systolic: z.number().nullable(),
  diastolic: z.number().nullable(),
  fastingGlucose: z.number().nullable(),
});

export const IndicatorSchema = z.strictObject({
  indicator: z.enum(['payment', 'clinical']),
  protocol: z.string(),
  version: z.number().int(),
  target: TargetSchema,
  /** Null when nothing was measured. */
  controlled: z.boolean().nullable(),
});

/** Of a recorded visit. null: of a visit of old; a disease without such a number has none. */
export const VisitIndicatorsSchema = z
  .strictObject({ payment: IndicatorSchema.nullable(), clinical: IndicatorSchema.nullable() })
  .nullable()
  .openapi('VisitIndicators');
