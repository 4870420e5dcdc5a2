/** A slot as callers see it. */
import { z } from '@hono/zod-openapi';
import type { Slot } from '../../db/referral/slots.ts';
import { Instant, NamedPlaceSchema, toIso } from '../kit/schemas.ts';

export const SlotSchema = z
  .strictObject({
    id: z.string(),
    institutionId: z.string(),
    institution: NamedPlaceSchema,
    departmentId: z.string(),
    department: NamedPlaceSchema,
    startsAt: Instant,
    endsAt: Instant,
    reserved: z.boolean(),
    releaseAt: Instant.nullable(),
    /** Since when nobody can book it. */
    withdrawnAt: Instant.nullable(),
    booked: z.boolean(),
  })
  .openapi('Slot');

export const slotResource = ({ startsAt, endsAt, releaseAt, withdrawnAt, ...slot }: Slot): z.infer<typeof SlotSchema> => ({
  ...slot,
  startsAt: startsAt.toISOString(),
  endsAt: endsAt.toISOString(),
  releaseAt: toIso(releaseAt),
  withdrawnAt: toIso(withdrawnAt),
});
