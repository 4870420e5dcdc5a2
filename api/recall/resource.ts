/** A recall and its lines as callers see them. */
import { z } from '@hono/zod-openapi';
import type { RecallLineRecord, RecallRecord } from '../../db/recall/recalls.ts';
import { openRecallCommands } from '../../domain/recall/decider.ts';
import { lineEnds, lineHolderTypes } from '../../domain/recall/holders.ts';
import { recallPolicies } from '../../domain/sterile-supply/vocabulary.ts';
import type { Caller } from '../kit/auth.ts';
import type { Reply } from '../kit/operation.ts';
import { Instant, NamedPersonSchema, NamedPlaceSchema, toIso } from '../kit/schemas.ts';
import { mayDo, type OperationId } from '../policy.ts';
import { pathwayMemberSchemas, pathwayMembers } from '../sterile-supply/pathway-parts.ts';
import { resourceMembers } from '../sterile-supply/thing-resource.ts';

const partHolderTypes = ['cssd', 'centre', 'round', 'infection'] as const;

export const RecallSchema = z
  .strictObject({
    ...resourceMembers,
    status: z.enum(['open', 'closed']),
    allowed: z.array(z.string()),
    drill: z.boolean(),
    policy: z.enum(recallPolicies),
    loadId: z.string().nullable(),
    steriliserId: z.string(),
    lowerLoadId: z.string().nullable(),
    outOfServiceAt: Instant.nullable(),
    reason: z.string(),
    loadIds: z.array(z.string()),
    counts: z.strictObject({ inScope: z.number().int(), ended: z.number().int() }),
    holders: z.array(
      z.strictObject({
        type: z.enum(partHolderTypes),
        id: z.string(),
        institution: NamedPlaceSchema.nullable(),
        packs: z.number().int(),
        toldAt: Instant,
        acknowledgedAt: Instant.nullable(),
      }),
    ),
    cause: z.string().nullable(),
    report: z.string().nullable(),
    signatures: z.array(
      z.strictObject({
        role: z.enum(['headnurse', 'infection']),
        personId: z.string(),
        person: NamedPersonSchema.nullable(),
        signedAt: Instant,
      }),
    ),
    ...pathwayMemberSchemas,
  })
  .openapi('Recall');

const operationOf = {
  acknowledge: 'acknowledgeRecall',
  account: 'accountRecall',
  cause: 'recordRecallCause',
  report: 'recordRecallReport',
  sign: 'signRecall',
} as const satisfies Record<(typeof openRecallCommands)[number], OperationId>;

export function recallResource(record: RecallRecord, { roles }: Caller): z.infer<typeof RecallSchema> {
  const { createdAt, outOfServiceAt, inScope, ended, holders, signatures, parts, ...members } = record;
  return {
    ...members,
    createdAt: createdAt.toISOString(),
    allowed: record.status === 'open' ? openRecallCommands.filter((name) => mayDo(operationOf[name], roles)) : [],
    outOfServiceAt: toIso(outOfServiceAt),
    counts: { inScope, ended },
    holders: holders.map((holder) => ({
      ...holder,
      toldAt: new Date(holder.toldAt).toISOString(),
      acknowledgedAt: holder.acknowledgedAt && new Date(holder.acknowledgedAt).toISOString(),
    })),
    signatures: signatures.map((signature) => ({ ...signature, signedAt: new Date(signature.signedAt).toISOString() })),
    ...pathwayMembers(parts),
  };
}

export const recallReply = (record: RecallRecord, caller: Caller, status: number): Reply => ({
  status,
  body: recallResource(record, caller),
  headers: { etag: `"${record.version}"`, ...(status === 201 ? { location: `/v1/recalls/${record.id}` } : {}) },
});

export const RecallLineSchema = z
  .strictObject({
    id: z.string(),
    packId: z.string(),
    holder: z.strictObject({ type: z.enum(lineHolderTypes), id: z.string() }).nullable(),
    state: z.enum(['open', 'ended']),
    end: z.enum(lineEnds).nullable(),
    endedAt: Instant.nullable(),
  })
  .openapi('RecallLine');

export const recallLineResource = ({ holderType, holderId, endedAt, ...line }: RecallLineRecord): z.infer<typeof RecallLineSchema> => ({
  ...line,
  // Nobody holds what was reprocessed before the recall.
  holder: holderType === 'none' ? null : { type: holderType, id: holderId },
  endedAt: toIso(endedAt),
});
