/** Batches of the washers and inspections after them. */
import { z } from '@hono/zod-openapi';
import { isLate } from '../../db/sterile-supply/act.ts';
import { resolveThing, resolveThings } from '../../db/sterile-supply/find-things.ts';
import { loadNormRules } from '../../db/sterile-supply/norm-rules.ts';
import {
  findInspection,
  findWashBatch,
  type InspectionRow,
  listInspections,
  listWashBatches,
  recordInspections,
  recordWashBatch,
  type WashBatchRow,
} from '../../db/sterile-supply/washing.ts';
import { inspectionResults, type MissingItem } from '../../domain/sterile-supply/sets.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { toMessage } from '../kit/field-words.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { Id, Instant, PageQuery, pageOf, Text } from '../kit/schemas.ts';
import { actOperation, checkedInstant } from './act-operation.ts';
import { idAfter, pageById, resourceMembers, resourceReply } from './thing-resource.ts';

const tag = 'sterile-supply';

const WashBatchSchema = z
  .strictObject({
    ...resourceMembers,
    status: z.enum(['pass', 'fail']),
    washerId: z.string(),
    startedAt: Instant,
    endedAt: Instant,
    temperatureC: z.number(),
    seconds: z.number(),
    directUse: z.boolean(),
    pretreatment: z.string().nullable(),
    setInstanceIds: z.array(z.string()),
    result: z.enum(['pass', 'fail']),
    row: z.string().nullable().openapi({ description: 'the row of the norm that temperature and time both reach' }),
    a0: z.number(),
    allowed: z.array(z.string()),
  })
  .openapi('WashBatch');

const washBatchResource = (row: WashBatchRow): z.infer<typeof WashBatchSchema> => ({
  id: row.id,
  status: row.result,
  version: row.version,
  createdAt: row.created_at.toISOString(),
  washerId: row.washer_id,
  startedAt: row.started_at.toISOString(),
  endedAt: row.ended_at.toISOString(),
  temperatureC: row.temperature_c,
  seconds: row.seconds,
  directUse: row.direct_use,
  pretreatment: row.pretreatment,
  setInstanceIds: row.set_instance_ids,
  result: row.result,
  row: row.norm_row,
  a0: row.a0,
  allowed: [],
});

const MissingItems = z.array(z.strictObject({ itemCode: Text(50), quantity: z.int().min(1).max(1_000) })).max(500);

const InspectionSchema = z
  .strictObject({
    ...resourceMembers,
    status: z.enum(inspectionResults),
    setInstanceId: z.string(),
    result: z.enum(inspectionResults),
    missingItems: z.array(z.strictObject({ itemCode: z.string(), quantity: z.number() })),
    inspectedAt: Instant,
    inspectedBy: z.string(),
    allowed: z.array(z.string()),
  })
  .openapi('Inspection');

const inspectionResource = (row: InspectionRow): z.infer<typeof InspectionSchema> => ({
  id: row.id,
  status: row.result,
  version: row.version,
  createdAt: row.created_at.toISOString(),
  setInstanceId: row.set_instance_id,
  result: row.result,
  missingItems: row.missing_items as MissingItem[],
  inspectedAt: row.inspected_at.toISOString(),
  inspectedBy: (row.inspected_by as { personId: string }).personId,
  allowed: [],
});

const InspectionItem = z
  .strictObject({ setInstanceId: Id, result: z.enum(inspectionResults), missingItems: MissingItems.optional() })
  .refine(
    ({ result, missingItems = [] }) => result !== 'pass' || missingItems.length === 0,
    toMessage({ zh: '合格的器械包没有缺件', en: 'what has passed lacks nothing' }),
  );

/** No batch and no trolley holds more. */
const MOST_SETS = 500;

export const washingOperations: readonly Operation[] = [
  actOperation({
    id: 'recordWashBatch',
    path: '/v1/wash-batches',
    tag,
    summary:
      '登记清洗批次；温度与时间均达到规范一行为合格 / Record a batch of a washer; it passes when temperature and time both reach a row of the norm',
    body: z.object({
      washerId: Id,
      startedAt: Instant,
      endedAt: Instant,
      temperatureC: z.number().min(0).max(200),
      seconds: z.number().min(0).max(86_400),
      directUse: z.boolean().optional(),
      pretreatment: Text(2_000).optional(),
      setInstanceIds: z.array(Id).min(1).max(MOST_SETS),
    }),
    timesOfItsOwn: true,
    answers: { 201: { description: 'The batch', schema: WashBatchSchema } },
    async perform({ act, body, deps }) {
      const demo = deps.config.CAREPATH_DEMO;
      const startedAt = checkedInstant(body.startedAt, act.recordedAt, demo, 'startedAt');
      const endedAt = checkedInstant(body.endedAt, act.recordedAt, demo, 'endedAt');
      if (endedAt <= startedAt) throw invalidRequestProblem('endedAt', { zh: '须晚于 startedAt', en: 'lies not after startedAt' });
      const washerId = await resolveThing(act.trx, 'washer', body.washerId, 'washerId');
      const setInstanceIds = await resolveThings(act.trx, 'set_instance', body.setInstanceIds, 'setInstanceIds');
      const { temperatureC, seconds, directUse = false, pretreatment = null } = body;
      const batch = await recordWashBatch(
        { ...act, happenedAt: endedAt, late: isLate(endedAt, act.recordedAt) },
        { washerId, startedAt, endedAt, temperatureC, seconds, directUse, pretreatment, setInstanceIds },
        loadNormRules(localDateOf(endedAt.getTime())),
      );
      return resourceReply(201, washBatchResource(batch));
    },
  }),
  operation({
    id: 'listWashBatches',
    method: 'get',
    path: '/v1/wash-batches',
    tag,
    summary: '清洗批次 / List the batches of the washers, the oldest first',
    query: z.strictObject(PageQuery),
    answers: { 200: { description: 'A page', schema: pageOf(WashBatchSchema) } },
    async handle({ deps, query: { limit, cursor } }) {
      return { status: 200, body: pageById(await listWashBatches(deps.db, { limit, after: idAfter(cursor) }), limit, washBatchResource) };
    },
  }),
  operation({
    id: 'getWashBatch',
    method: 'get',
    path: '/v1/wash-batches/{id}',
    tag,
    summary: '清洗批次 / A batch of a washer',
    params: z.strictObject({ id: Id }),
    answers: { 200: { description: 'The batch', schema: WashBatchSchema } },
    find: ({ deps, params }) => findWashBatch(deps.db, params.id),
    handle: async ({ resource }) => resourceReply(200, washBatchResource(resource)),
  }),
  actOperation({
    id: 'recordInspections',
    path: '/v1/inspections',
    tag,
    summary: '登记清洗后检查结果（全部或全不） / Record what the inspection of washed sets found, all of them or none',
    body: z.object({ items: z.array(InspectionItem).min(1).max(MOST_SETS) }),
    answers: {
      201: { description: 'The inspections, in the order given', schema: z.strictObject({ items: z.array(InspectionSchema) }) },
    },
    async perform({ act, body: { items } }) {
      const ids = await resolveThings(
        act.trx,
        'set_instance',
        items.map(({ setInstanceId }) => setInstanceId),
        'items',
      );
      const stored = await recordInspections(
        act,
        items.map(({ result, missingItems = [] }, index) => ({ setInstanceId: ids[index] as string, result, missingItems })),
      );
      return { status: 201, body: { items: stored.map(inspectionResource) } };
    },
  }),
  operation({
    id: 'listInspections',
    method: 'get',
    path: '/v1/inspections',
    tag,
    summary: '检查记录 / List the inspections, the oldest first',
    query: z.strictObject(PageQuery),
    answers: { 200: { description: 'A page', schema: pageOf(InspectionSchema) } },
    async handle({ deps, query: { limit, cursor } }) {
      return { status: 200, body: pageById(await listInspections(deps.db, { limit, after: idAfter(cursor) }), limit, inspectionResource) };
    },
  }),
  operation({
    id: 'getInspection',
    method: 'get',
    path: '/v1/inspections/{id}',
    tag,
    summary: '检查记录 / What the inspection of a set found',
    params: z.strictObject({ id: Id }),
    answers: { 200: { description: 'The inspection', schema: InspectionSchema } },
    find: ({ deps, params }) => findInspection(deps.db, params.id),
    handle: async ({ resource }) => resourceReply(200, inspectionResource(resource)),
  }),
];
