/** Loads: plan, start, end, unload, release, read. */
import { z } from '@hono/zod-openapi';
import { timelineOf } from '../../db/kit/timeline.ts';
import { blastRadius } from '../../db/recall/blast-radius.ts';
import type { Act } from '../../db/sterile-supply/act.ts';
import { loadNormRules } from '../../db/sterile-supply/norm-rules.ts';
import { abortLoad, endLoad } from '../../db/steriliser-load/cycle.ts';
import { type LoadRecord, listLoads } from '../../db/steriliser-load/loads.ts';
import { changeMembers, planLoad, printLoadLabelsOf } from '../../db/steriliser-load/plan-load.ts';
import { rejectLoad, releaseEarly, releaseLoad, reviewLoad } from '../../db/steriliser-load/release-load.ts';
import { startLoad } from '../../db/steriliser-load/start-load.ts';
import { unloadLoad } from '../../db/steriliser-load/unload-load.ts';
import { loadStatuses, programs } from '../../domain/sterile-supply/vocabulary.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { DateOnly, Id, Instant, PageQuery, pageOf, Text } from '../kit/schemas.ts';
import { TimelineSchema, timelineResource } from '../kit/timeline.ts';
import type { OperationId } from '../policy.ts';
import { actOperation, checkedInstant } from '../sterile-supply/act-operation.ts';
import { drawKeptLabels, keepLabels, LabelRequest, labelMembers } from '../sterile-supply/pack-labels.ts';
import { findVisibleLoad, seesLoads, ThingById } from './access.ts';
import { LoadSchema, loadReply, loadResource } from './resource.ts';

const tag = 'sterile-supply';
const Packs = z.array(Id).max(500);
const Reason = Text(2_000);

const NewIndicator = z.strictObject({
  kind: z.enum(['bi', 'pcd-ci']),
  product: Text(100),
  lot: Text(100),
  incubationMinutes: z.number().int().min(1).max(20_160).optional(),
  class: z.number().int().min(1).max(6).optional(),
});

const createLoad = actOperation({
  id: 'createLoad',
  path: '/v1/loads',
  tag,
  summary: '新建锅次 / Plan a load',
  body: z.object({
    steriliserId: Id,
    program: z.enum(programs),
    purpose: z.enum(['packs', 'requalification']).default('packs'),
    packIds: Packs.default([]),
    indicators: z.array(NewIndicator).max(20).default([]),
  }),
  answers: { 201: { description: 'Planned', schema: LoadSchema } },
  async perform({ act, body, caller }) {
    const { usualIncubationMinutes } = loadNormRules(localDateOf(act.happenedAt.getTime()));
    const indicators = body.indicators.map(({ kind, product, lot, incubationMinutes, class: indicatorClass }) => ({
      kind,
      product,
      lot,
      incubationMinutes: kind === 'bi' ? (incubationMinutes ?? usualIncubationMinutes) : null,
      class: indicatorClass ?? null,
    }));
    const id = await planLoad(act, { ...body, indicators });
    return loadReply(act.trx, id, caller, 201);
  },
});

/** An act on a load; its clock is that of the load's pathway. */
const loadAct = <Fields extends z.ZodRawShape>(form: {
  id: OperationId;
  name: string;
  summary: string;
  body: z.ZodObject<Fields>;
  timesOfItsOwn?: boolean;
  perform(act: Act, load: LoadRecord, body: z.output<z.ZodObject<Fields>>, demo: boolean): Promise<void>;
}): Operation =>
  actOperation<typeof ThingById, Fields, LoadRecord>({
    id: form.id,
    path: `/v1/loads/{id}/${form.name}`,
    tag,
    summary: form.summary,
    params: ThingById,
    body: form.body,
    ...(form.timesOfItsOwn ? { timesOfItsOwn: true } : {}),
    answers: { 200: { description: 'Done', schema: LoadSchema } },
    find: findVisibleLoad,
    clockOffsetMs: ({ clockOffsetMs }) => clockOffsetMs,
    async perform({ act, body, resource, caller, deps }) {
      await form.perform(act, resource, body, deps.config.CAREPATH_DEMO);
      return loadReply(act.trx, resource.id, caller);
    },
  });

const changePacks = loadAct({
  id: 'changeLoadPacks',
  name: 'packs',
  summary: '加入或移出包 / Put packs into a planned load or take them out',
  body: z.object({ add: Packs.default([]), remove: Packs.default([]) }),
  perform: (act, { id }, body) => changeMembers(act, id, body),
});

const LoadLabels = z
  .strictObject({
    ...LoadSchema.shape,
    labels: z.array(z.strictObject({ packId: z.string(), ...labelMembers })),
    document: z.string().openapi({ description: 'a PDF in base64 with a page for each label, or ZPL as text' }),
  })
  .openapi('LoadLabels');

const Printed = z.object({ load: z.looseObject({}), printed: z.unknown() });

const printLoadLabels = actOperation<typeof ThingById, (typeof LabelRequest)['shape'], LoadRecord>({
  id: 'printLoadLabels',
  path: '/v1/loads/{id}/labels',
  tag,
  summary: '打印本锅全部标签 / Print the labels of all packs of a planned load',
  params: ThingById,
  body: LabelRequest,
  answers: { 200: { description: 'The load, its labels, and the document to print', schema: LoadLabels } },
  find: findVisibleLoad,
  clockOffsetMs: ({ clockOffsetMs }) => clockOffsetMs,
  async perform({ act, resource, caller, body: { format, reason = null } }) {
    const labels = await printLoadLabelsOf(act, resource.id, { format, reason });
    const reply = await loadReply(act.trx, resource.id, caller);
    return { ...reply, body: { load: reply.body, printed: keepLabels(labels, act.happenedAt) } };
  },
  async complete(reply, { body: { format } }) {
    const { load, printed } = Printed.parse(reply.body);
    return { ...reply, body: { ...load, ...(await drawKeptLabels(printed, format)) } };
  },
});

const start = loadAct({
  id: 'startLoad',
  name: 'start',
  summary: '开始灭菌 / Start the cycle',
  body: z.object({ overrideReason: Reason.optional(), endedAt: Instant.optional() }),
  async perform(act, { id }, { overrideReason, endedAt }, demo) {
    const ended = endedAt === undefined ? null : checkedInstant(endedAt, act.recordedAt, demo, 'endedAt');
    await startLoad(act, id, { overrideReason: overrideReason ?? null, endedAt: ended });
  },
});

const temperature = z.number().min(-100).max(300);
const pressure = z.number().min(0).max(1_000);

const end = loadAct({
  id: 'endLoad',
  name: 'end',
  summary: '灭菌结束与物理监测 / Record the end of the cycle',
  body: z.object({
    exposureSeconds: z.number().min(0).max(86_400),
    minTemperatureC: temperature,
    maxTemperatureC: temperature,
    minPressureKpa: pressure,
    maxPressureKpa: pressure,
    printout: Text(2_000).optional(),
  }),
  perform: (act, { id }, record) => endLoad(act, id, record),
});

const abort = loadAct({
  id: 'abortLoad',
  name: 'abort',
  summary: '灭菌中断 / The cycle was broken off',
  body: z.object({ reason: Reason }),
  perform: (act, { id }, { reason }) => abortLoad(act, id, reason),
});

const unload = loadAct({
  id: 'unloadLoad',
  name: 'unload',
  summary: '卸载：每包的包外化学指示物与湿包 / Unload, with outer indicator and wetness of every pack',
  body: z.object({
    packs: z.array(z.strictObject({ packId: Id, outerCi: z.enum(['pass', 'fail']), wet: z.boolean() })).max(500),
  }),
  perform: (act, { id }, { packs }) => unloadLoad(act, id, packs),
});

const release = loadAct({
  id: 'releaseLoad',
  name: 'release',
  summary: '放行 / Release',
  body: z.object({}),
  perform: (act, { id }) => releaseLoad(act, id),
});

const reject = loadAct({
  id: 'rejectLoad',
  name: 'reject',
  summary: '判为不合格 / Reject',
  body: z.object({ reason: Reason }),
  perform: (act, { id }, { reason }) => rejectLoad(act, id, reason),
});

const review = loadAct({
  id: 'reviewLoad',
  name: 'review',
  summary: '护士长复核湿包 / The head nurse reviews a load with wet packs',
  body: z.object({ note: Text(2_000) }),
  timesOfItsOwn: true,
  perform: (act, { id }, { note }) => reviewLoad(act, id, note),
});

const emergencyRelease = loadAct({
  id: 'emergencyReleaseLoad',
  name: 'emergency-release',
  summary: '植入物紧急放行 / Release an implant before its biological indicator is read',
  body: z.object({ packIds: Packs.min(1), forInstitutionId: Id, clinician: Text(200), reason: Reason }),
  perform: (act, { id }, { forInstitutionId, ...form }) => releaseEarly(act, id, { ...form, institutionId: forInstitutionId }),
});

const listLoadsOperation = operation({
  id: 'listLoads',
  method: 'get',
  path: '/v1/loads',
  tag,
  summary: '锅次列表，新的在前 / Loads, newest first',
  query: z.strictObject({
    ...PageQuery,
    steriliserId: Id.optional(),
    status: z.enum(loadStatuses).optional(),
    on: DateOnly.optional(),
  }),
  answers: { 200: { description: 'A page of loads', schema: pageOf(LoadSchema) } },
  async handle({ deps, caller, query: { limit, cursor, ...filter } }) {
    const before = decodeCursor(cursor, z.uuid());
    const rows = seesLoads({ caller }) ? await listLoads(deps.db, filter, { limit, before }) : [];
    const body = toPage(
      rows,
      limit,
      ({ id }) => id,
      (row) => loadResource(row, caller),
    );
    return { status: 200, body };
  },
});

const getLoad = operation({
  id: 'getLoad',
  method: 'get',
  path: '/v1/loads/{id}',
  tag,
  summary: '查看锅次 / Read a load',
  params: ThingById,
  answers: { 200: { description: 'The load', schema: LoadSchema } },
  find: findVisibleLoad,
  handle: ({ deps, resource, caller }) => loadReply(deps.db, resource.id, caller),
});

const getTimeline = operation({
  id: 'getLoadTimeline',
  method: 'get',
  path: '/v1/loads/{id}/timeline',
  tag,
  summary: '时间线 / Timeline',
  params: ThingById,
  answers: { 200: { description: 'Everything that happened since the start, in order', schema: TimelineSchema } },
  find: findVisibleLoad,
  handle: async ({ deps, resource }) => ({
    status: 200,
    body: timelineResource('steriliser-load', await timelineOf(deps.db, resource.id)),
  }),
});

const BlastRadiusSchema = z
  .strictObject({
    lowerLoadId: z.string().nullable(),
    loadIds: z.array(z.string()),
    packIds: z.array(z.string()),
    holders: z.array(z.strictObject({ type: z.string(), id: z.string(), packs: z.number().int() })),
  })
  .openapi('BlastRadius');

const getBlastRadius = operation({
  id: 'getLoadBlastRadius',
  method: 'get',
  path: '/v1/loads/{id}/blast-radius',
  tag,
  summary: '若此时本锅生物监测不合格，将召回什么 / What a failed indicator of the load would recall at an instant',
  params: ThingById,
  query: z.strictObject({ at: Instant.optional() }),
  answers: { 200: { description: 'The loads, packs and holders', schema: BlastRadiusSchema } },
  find: findVisibleLoad,
  async handle({ deps, resource, query }) {
    const at = query.at === undefined ? new Date(Date.now() + resource.clockOffsetMs) : new Date(query.at);
    const radius = await blastRadius(deps.db, resource.id, at);
    // A load that has not begun can have exposed nobody.
    return { status: 200, body: radius ?? { lowerLoadId: null, loadIds: [], packIds: [], holders: [] } };
  },
});

export const loadOperations: Operation[] = [
  createLoad,
  listLoadsOperation,
  getLoad,
  getTimeline,
  getBlastRadius,
  changePacks,
  printLoadLabels,
  start,
  end,
  abort,
  unload,
  release,
  reject,
  review,
  emergencyRelease,
];
