/** A slip as its readers see it. */
import { z } from '@hono/zod-openapi';
import { findSlip, type SlipLineRecord, type SlipRecord } from '../../db/exchange-slip/slips.ts';
import { mayBeCounted, slipCommandsIn } from '../../domain/exchange-slip/judge.ts';
import { slipStatuses, specialPathogens } from '../../domain/sterile-supply/vocabulary.ts';
import type { Caller } from '../kit/auth.ts';
import type { AnsweredCommand, Asking } from '../kit/commands.ts';
import type { Reply } from '../kit/operation.ts';
import { NamedPlaceSchema } from '../kit/schemas.ts';
import { pathwayMemberSchemas, pathwayMembers } from '../sterile-supply/pathway-parts.ts';
import { holdsPost } from '../sterile-supply/posts.ts';
import { resourceMembers } from '../sterile-supply/thing-resource.ts';

const count = z.number().int();

export const SlipSchema = z
  .strictObject({
    ...resourceMembers,
    institutionId: z.string(),
    institution: NamedPlaceSchema,
    roundId: z.string().nullable(),
    stopId: z.string().nullable(),
    status: z.enum(slipStatuses),
    overrideReason: z.string().nullable(),
    cancelReason: z.string().nullable(),
    lines: z.array(
      z.strictObject({
        id: z.string(),
        direction: z.enum(['collect', 'deliver']),
        setTypeId: z.string(),
        declared: count,
        setInstanceIds: z.array(z.string()),
        receivedSetInstanceIds: z.array(z.string()),
        special: z.enum(specialPathogens).nullable(),
        courierCount: count.nullable(),
        count: z.strictObject({ received: count, incomplete: count, damaged: count, missing: count, extra: count }).nullable(),
        suspect: z.enum(['transport', 'centre']).nullable(),
        allocated: count,
        delivered: count.nullable(),
        outcome: z.enum(['delivered', 'short', 'counted', 'not-collected']).nullable(),
        shortReason: z.enum(['no-stock', 'not-released', 'rejected', 'recalled', 'stop-failed']).nullable(),
        discrepancyIds: z.array(z.string()),
      }),
    ),
    allowed: z.array(z.enum(['submit', 'amend', 'cancel', 'count'])),
    ...pathwayMemberSchemas,
  })
  .openapi('ExchangeSlip');

type SlipResource = z.infer<typeof SlipSchema>;

function lineResource({ received, incomplete, damaged, missing, extra, ...line }: SlipLineRecord): SlipResource['lines'][number] {
  const isCounted = received !== null && incomplete !== null && damaged !== null && missing !== null && extra !== null;
  return { ...line, count: isCounted ? { received, incomplete, damaged, missing, extra } : null };
}

function allowedFor({ status, stowed, institutionId }: SlipRecord, caller: Caller): SlipResource['allowed'] {
  const ofCentre = holdsPost(caller, 'n') && caller.institutionId === institutionId ? slipCommandsIn(status, { stowed }) : [];
  return [...ofCentre, ...(holdsPost(caller, 't') && mayBeCounted(status) ? (['count'] as const) : [])];
}

export function slipResource(slip: SlipRecord, caller: Caller): SlipResource {
  const { id, version, createdAt, institutionId, institution, roundId, stopId, status, overrideReason, cancelReason, lines } = slip;
  return {
    id,
    version,
    createdAt: createdAt.toISOString(),
    institutionId,
    institution,
    roundId,
    stopId,
    status,
    overrideReason,
    cancelReason,
    lines: lines.map(lineResource),
    allowed: allowedFor(slip, caller),
    ...pathwayMembers(slip.parts),
  };
}

export const slipReply = (slip: SlipRecord, caller: Caller, status = 200): Reply => ({
  status,
  body: slipResource(slip, caller),
  headers: { etag: `"${slip.version}"` },
});

/** The slip as it stands. Throws when there is none: whoever asks has written it. */
export async function renderSlipById(
  db: Parameters<typeof findSlip>[0],
  { id, caller, status }: { id: string; caller: Caller; status: number },
): Promise<Reply> {
  const slip = await findSlip(db, id);
  if (!slip) throw new Error('A slip that was written has its row.');
  return slipReply(slip, caller, status);
}

/** The answer to a command that has happened. A submitted draft was there before. */
export const renderSlip = ({ deps, caller }: Asking, { pathwayId, name, input }: AnsweredCommand): Promise<Reply> =>
  renderSlipById(deps.db, { id: pathwayId, caller, status: name === 'submit' && isCreation.safeParse(input).success ? 201 : 200 });

const isCreation = z.object({ slip: z.object({}) });
