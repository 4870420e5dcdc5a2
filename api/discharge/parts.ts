/** What several parts of an episode have: whoever owes something, and why. */
import { z } from '@hono/zod-openapi';
import { type DischargeState, type Owner, ownerOf } from '../../domain/discharge/state.ts';
import type { Reason } from '../../domain/kit/pathway.ts';
import { RoleSchema } from '../kit/codes.ts';
import { ReasonSchema, reasonResources } from '../kit/schemas.ts';

export const OwnerSchema = z
  .strictObject({ side: z.enum(['hospital', 'centre']), institutionId: z.string(), departmentId: z.string().nullable(), role: RoleSchema })
  .openapi('EpisodeOwner');

/** The patient, or the place of one of their contacts. */
export const LinkRecipientSchema = z.union([z.literal('patient'), z.number().int().min(0).max(100)]).openapi('LinkRecipient');

export const ownerResource = (state: DischargeState, owner: Owner): z.infer<typeof OwnerSchema> => ({
  side: owner.side,
  ...ownerOf(state, owner),
});

/** `source`: the document that the rule is from; null for what is the pathway's own. */
export const EpisodeReasonSchema = z.strictObject({ ...ReasonSchema.shape, source: z.string().nullable() }).openapi('EpisodeReason');

export const toReasons = (reasons: readonly Reason[]): z.infer<typeof EpisodeReasonSchema>[] =>
  reasonResources(
    'discharge',
    reasons.map(({ source = null, ...reason }) => ({ ...reason, source })),
  );
