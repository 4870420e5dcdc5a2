/** A discrepancy as its readers see it. */
import { z } from '@hono/zod-openapi';
import { type DiscrepancyRecord, findDiscrepancy } from '../../db/discrepancy/discrepancies.ts';
import { stepsAllowedIn } from '../../domain/discrepancy/transitions.ts';
import { discrepancyKinds, discrepancyResolutions, discrepancyStatuses } from '../../domain/sterile-supply/vocabulary.ts';
import type { Caller } from '../kit/auth.ts';
import type { AnsweredCommand, Asking } from '../kit/commands.ts';
import type { Reply } from '../kit/operation.ts';
import { NamedPlaceSchema } from '../kit/schemas.ts';
import { pathwayMemberSchemas, pathwayMembers } from '../sterile-supply/pathway-parts.ts';
import { holdsPost } from '../sterile-supply/posts.ts';
import { resourceMembers } from '../sterile-supply/thing-resource.ts';
import { isOwner } from './access.ts';

const id = z.string().nullable();

export const DiscrepancySchema = z
  .strictObject({
    ...resourceMembers,
    kind: z.enum(discrepancyKinds),
    subject: z.strictObject({ type: z.string(), id: z.string() }),
    status: z.enum(discrepancyStatuses),
    institutionId: id,
    institution: NamedPlaceSchema.nullable(),
    slipId: id,
    lineId: id,
    roundId: id,
    stopId: id,
    recallId: id,
    suspect: z.enum(['transport', 'centre']).nullable(),
    owner: z.strictObject({ role: z.enum(['head', 'dispatcher', 'headnurse']), institutionId: z.string(), institution: NamedPlaceSchema }),
    note: z.string().nullable(),
    investigation: z.string().nullable(),
    resolution: z.enum(discrepancyResolutions).nullable(),
    resolutionNote: z.string().nullable(),
    resolvedBy: z.string().nullable(),
    closedBy: z.string().nullable(),
    candidates: z.array(
      z.strictObject({
        slipId: z.string(),
        lineId: z.string(),
        institutionId: z.string(),
        institution: NamedPlaceSchema,
        setTypeId: z.string(),
        quantity: z.number().int(),
        setInstanceIds: z.array(z.string()),
      }),
    ),
    allowed: z.array(z.enum(['acknowledge', 'investigate', 'resolve', 'close'])),
    ...pathwayMemberSchemas,
  })
  .openapi('Discrepancy');

type DiscrepancyResource = z.infer<typeof DiscrepancySchema>;

function allowedFor(record: DiscrepancyRecord, caller: Caller): DiscrepancyResource['allowed'] {
  const steps = stepsAllowedIn(record.status);
  return steps.filter((step) =>
    step === 'close' ? holdsPost(caller, 'h') && record.resolvedBy !== caller.personId : isOwner(record, caller),
  );
}

export function discrepancyResource(record: DiscrepancyRecord, caller: Caller): DiscrepancyResource {
  const { subjectType, subjectId, createdAt, evidence: _, parts, ...rest } = record;
  return {
    ...rest,
    subject: { type: subjectType, id: subjectId },
    createdAt: createdAt.toISOString(),
    allowed: allowedFor(record, caller),
    ...pathwayMembers(parts),
  };
}

export const discrepancyReply = (record: DiscrepancyRecord, caller: Caller, status = 200): Reply => ({
  status,
  body: discrepancyResource(record, caller),
  headers: { etag: `"${record.version}"` },
});

/** The answer to a command that has happened. */
export async function renderDiscrepancy({ deps, caller }: Asking, { pathwayId, name }: AnsweredCommand): Promise<Reply> {
  const record = await findDiscrepancy(deps.db, pathwayId);
  if (!record) throw new Error('A decided discrepancy has its row.');
  return discrepancyReply(record, caller, name === 'open' ? 201 : 200);
}
