/** The bodies of the steps at a stop: `step` says which members a body has. */
import { z } from '@hono/zod-openapi';
import { deliveryFlaws, type StepBody, signatureMethods } from '../../db/supply-round/step-bodies.ts';
import { specialPathogens, stopSteps } from '../../domain/sterile-supply/vocabulary.ts';
import { Id } from '../kit/schemas.ts';
import { PackIds, SealNumber } from './round-acts.ts';

const SoiledConsignment = z.strictObject({
  sealNumber: SealNumber,
  boxId: Id,
  intact: z.boolean(),
  packIds: PackIds.optional(),
  special: z.enum(specialPathogens).optional(),
});
const CourierCount = z.strictObject({ lineId: z.uuid(), quantity: z.number().int().min(0).max(10_000) });
const RejectedPack = z.strictObject({ packId: Id, reason: z.enum(deliveryFlaws) });
const Signature = z.strictObject({ personId: Id, method: z.enum(signatureMethods) });

const members = {
  consignments: z.array(SoiledConsignment).max(50),
  courierCounts: z.array(CourierCount).max(200),
  packIds: PackIds,
  accepted: PackIds,
  rejected: z.array(RejectedPack).max(500),
  checkedBy: Id,
  signatures: z.array(Signature).max(10),
};

/** Every member of every step: what the contract shows. StepBodySchema says which of them a step has. */
export const AnyStep = z.object({ step: z.enum(stopSteps), ...z.object(members).partial().shape });

export const StepBodySchema: z.ZodType<StepBody> = z.discriminatedUnion('step', [
  z.strictObject({ step: z.enum(['arrived', 'gloves-off', 'hand-hygiene', 'left']) }),
  z.strictObject({ step: z.literal('soiled-stowed'), consignments: members.consignments, courierCounts: members.courierCounts.optional() }),
  z.strictObject({ step: z.literal('sterile-handed'), packIds: members.packIds }),
  z.strictObject({
    step: z.literal('checked'),
    accepted: members.accepted,
    rejected: members.rejected,
    checkedBy: members.checkedBy.optional(),
  }),
  z.strictObject({ step: z.literal('signed'), signatures: members.signatures }),
]);
