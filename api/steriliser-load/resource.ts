/** Loads and indicators as callers see them. */
import { z } from '@hono/zod-openapi';
import type { Database } from '../../db/kit/database.ts';
import { findIndicator, type IndicatorRecord } from '../../db/steriliser-load/indicators.ts';
import { findLoad, type LoadRecord } from '../../db/steriliser-load/loads.ts';
import { nextActs } from '../../db/steriliser-load/read-indicator.ts';
import { loadStatuses, programs } from '../../domain/sterile-supply/vocabulary.ts';
import { allowedLoadActs, type LoadAct, loadActs } from '../../domain/steriliser-load/allowed-acts.ts';
import type { Caller } from '../kit/auth.ts';
import type { Reply } from '../kit/operation.ts';
import { Instant, NamedPersonSchema, NamedPlaceSchema, toIso } from '../kit/schemas.ts';
import { mayDo, type OperationId } from '../policy.ts';
import { pathwayMemberSchemas, pathwayMembers } from '../sterile-supply/pathway-parts.ts';
import { resourceMembers } from '../sterile-supply/thing-resource.ts';

const NullableInstant = Instant.nullable();
const Verdict = z.enum(['pass', 'fail']);

export const LoadSchema = z
  .strictObject({
    ...resourceMembers,
    ...pathwayMemberSchemas,
    status: z.enum(loadStatuses),
    number: z.string(),
    steriliserId: z.string(),
    steriliser: z.strictObject({ id: z.string(), code: z.string() }),
    program: z.enum(programs),
    purpose: z.enum(['packs', 'requalification']),
    operatorId: z.string().nullable(),
    operator: NamedPersonSchema.nullable(),
    startedAt: NullableInstant,
    endedAt: NullableInstant,
    physical: Verdict.nullable(),
    cycle: z.unknown(),
    unloadedAt: NullableInstant,
    reviewedBy: z.string().nullable(),
    reviewNote: z.string().nullable(),
    releasedAt: NullableInstant,
    releasedBy: z.string().nullable(),
    emergency: z
      .strictObject({
        packIds: z.array(z.string()),
        forInstitutionId: z.string(),
        forInstitution: NamedPlaceSchema.nullable(),
        clinician: z.string(),
        reason: z.string(),
        by: z.string(),
        at: Instant,
      })
      .nullable(),
    overrideReason: z.string().nullable(),
    failedAt: NullableInstant,
    packIds: z.array(z.string()),
    indicatorIds: z.array(z.string()),
    recallIds: z.array(z.string()),
    allowed: z.array(z.enum(loadActs)),
  })
  .openapi('Load');

const operationOf = {
  packs: 'changeLoadPacks',
  labels: 'printLoadLabels',
  start: 'startLoad',
  end: 'endLoad',
  abort: 'abortLoad',
  unload: 'unloadLoad',
  release: 'releaseLoad',
  reject: 'rejectLoad',
  review: 'reviewLoad',
  'emergency-release': 'emergencyReleaseLoad',
} as const satisfies Record<LoadAct, OperationId>;

export function loadResource(load: LoadRecord, caller: Caller): z.infer<typeof LoadSchema> {
  const { emergency } = load;
  const standing = { status: load.status, purpose: load.purpose, unloaded: load.unloadedAt !== null };
  return {
    id: load.id,
    number: load.number,
    status: load.status,
    version: load.version,
    createdAt: load.createdAt.toISOString(),
    steriliserId: load.steriliserId,
    steriliser: load.steriliser,
    program: load.program,
    purpose: load.purpose,
    operatorId: load.operatorId,
    operator: load.operator,
    startedAt: toIso(load.startedAt),
    endedAt: toIso(load.endedAt),
    physical: load.physical,
    cycle: load.cycle,
    unloadedAt: toIso(load.unloadedAt),
    reviewedBy: load.reviewedBy,
    reviewNote: load.reviewNote,
    releasedAt: toIso(load.releasedAt),
    releasedBy: load.releasedBy,
    emergency: emergency && {
      packIds: emergency.packIds,
      forInstitutionId: emergency.institutionId,
      forInstitution: load.emergencyInstitution,
      clinician: emergency.clinician,
      reason: emergency.reason,
      by: emergency.by,
      at: emergency.at,
    },
    overrideReason: load.overrideReason,
    failedAt: toIso(load.failedAt),
    packIds: load.packIds,
    indicatorIds: load.indicatorIds,
    recallIds: load.recallIds,
    ...pathwayMembers(load.parts),
    allowed: allowedLoadActs(standing).filter((act) => mayDo(operationOf[act], caller.roles)),
  };
}

export async function loadReply(db: Database, id: string, caller: Caller, status = 200): Promise<Reply> {
  const load = await findLoad(db, id);
  if (!load) throw new Error(`The load ${id} has gone; loads are never deleted.`);
  const headers = { etag: `"${load.version}"`, ...(status === 201 ? { location: `/v1/loads/${id}` } : {}) };
  return { status, body: loadResource(load, caller), headers };
}

const ControlSchema = z.strictObject({ lot: z.string(), growth: z.boolean() });

const indicatorActs = ['incubate', 'read', 'correct'] as const;
const indicatorStatuses = ['placed', 'incubating', 'pass', 'fail', 'invalid'] as const;
export const IndicatorStatus = z.enum(indicatorStatuses);

export const IndicatorSchema = z
  .strictObject({
    ...resourceMembers,
    status: IndicatorStatus,
    kind: z.enum(['bi', 'pcd-ci']),
    loadId: z.string(),
    steriliserId: z.string(),
    product: z.string(),
    lot: z.string(),
    incubationMinutes: z.number().int().nullable(),
    class: z.number().int().nullable(),
    incubatedAt: NullableInstant,
    dueAt: NullableInstant,
    readAt: NullableInstant,
    readBy: z.string().nullable(),
    growth: z.boolean().nullable(),
    control: ControlSchema.nullable(),
    corrections: z.array(
      z.strictObject({
        status: IndicatorStatus,
        growth: z.boolean().nullable(),
        control: ControlSchema.nullable(),
        readBy: z.string().nullable(),
        correctedBy: z.string(),
        correctedAt: Instant,
        reason: z.string(),
      }),
    ),
    allowed: z.array(z.enum(indicatorActs)),
  })
  .openapi('LoadIndicator');

const operationOfIndicator = {
  incubate: 'incubateLoadIndicator',
  read: 'readLoadIndicator',
  correct: 'correctLoadIndicator',
} as const satisfies Record<(typeof indicatorActs)[number], OperationId>;

export const indicatorResource = (indicator: IndicatorRecord, caller: Caller): z.infer<typeof IndicatorSchema> => {
  const { clockOffsetMs: _, incubatedAt, dueAt, readAt, createdAt, ...shown } = indicator;
  return {
    ...shown,
    incubatedAt: toIso(incubatedAt),
    dueAt: toIso(dueAt),
    readAt: toIso(readAt),
    createdAt: createdAt.toISOString(),
    allowed: nextActs(indicator).filter((act) => mayDo(operationOfIndicator[act], caller.roles)),
  };
};

export async function indicatorReply(db: Database, id: string, caller: Caller): Promise<Reply> {
  const indicator = await findIndicator(db, id);
  if (!indicator) throw new Error(`The indicator ${id} has gone; indicators are never deleted.`);
  return { status: 200, body: indicatorResource(indicator, caller), headers: { etag: `"${indicator.version}"` } };
}
