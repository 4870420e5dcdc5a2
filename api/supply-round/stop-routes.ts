/** Stops: read one or many, do a step, let one fail. */
import { z } from '@hono/zod-openapi';
import type { Database } from '../../db/kit/database.ts';
import { failStop } from '../../db/supply-round/fail-stop.ts';
import { recordStep } from '../../db/supply-round/record-step.ts';
import { type StepBody, signatureMethods } from '../../db/supply-round/step-bodies.ts';
import { findStop, listStops, type StopRecord } from '../../db/supply-round/stops.ts';
import { stopSteps } from '../../domain/sterile-supply/vocabulary.ts';
import { failReasons, findNextStep, mayFail } from '../../domain/supply-round/protocol.ts';
import type { Caller } from '../kit/auth.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { parseBody } from '../kit/edge.ts';
import { type Operation, operation, type Reply } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { DateOnly, Id, Instant, NamedPlaceSchema, PageQuery, pageOf } from '../kit/schemas.ts';
import { mayDo } from '../policy.ts';
import { actOperation } from '../sterile-supply/act-operation.ts';
import { holdsPost } from '../sterile-supply/posts.ts';
import { resourceMembers } from '../sterile-supply/thing-resource.ts';
import { ById, findVisibleStop, visibleRounds } from './access.ts';
import { stopStatuses } from './round-resource.ts';
import { AnyStep, StepBodySchema } from './step-schemas.ts';

const tag = 'supply-round';

const StopSchema = z
  .strictObject({
    ...resourceMembers,
    status: z.enum(stopStatuses),
    allowed: z.array(z.string()),
    roundId: z.string(),
    institutionId: z.string(),
    institution: NamedPlaceSchema,
    arriveAt: Instant,
    steps: z.array(z.strictObject({ step: z.enum(stopSteps), at: Instant, by: z.string() })),
    signatures: z.array(z.strictObject({ personId: z.string(), method: z.enum(signatureMethods), verified: z.boolean() })),
    pickups: z.array(z.string()),
    failReason: z.enum(failReasons).nullable(),
  })
  .openapi('SupplyStop');

function stopResource(stop: StopRecord, caller: Caller): z.infer<typeof StopSchema> {
  const { id, version, status, roundId, institutionId, institution, signatures, pickups, failReason } = stop;
  return {
    id,
    version,
    createdAt: stop.createdAt.toISOString(),
    status,
    allowed: allowedAtStop(stop, caller),
    roundId,
    institutionId,
    institution,
    arriveAt: stop.arriveAt.toISOString(),
    steps: stop.steps.map(({ step, at, by }) => ({ step, at, by: by.personId })),
    signatures,
    pickups,
    failReason,
  };
}

/** The step that comes next, and that the stop may still fail. */
function allowedAtStop({ status, round, steps }: StopRecord, caller: Caller): string[] {
  const next = findNextStep(
    round.mode,
    steps.map(({ step }) => step),
  );
  const mayStep = holdsPost(caller, 'k') || (next === 'checked' && holdsPost(caller, 'n'));
  const isOpen = round.status === 'departed' && status !== 'failed' && status !== 'left';
  return [
    ...(isOpen && next !== undefined && mayStep ? [next] : []),
    ...(mayFail(status) && mayDo('failStop', caller.roles) ? ['fail'] : []),
  ];
}

async function stopReply(db: Database, id: string, caller: Caller): Promise<Reply> {
  const stop = await findStop(db, id);
  if (!stop) throw new Error('A stop that was acted on is there.');
  return { status: 200, body: stopResource(stop, caller), headers: { etag: `"${stop.version}"` } };
}

const getStop = operation({
  id: 'getStop',
  method: 'get',
  path: '/v1/stops/{id}',
  tag,
  summary: '查看站点 / Read a stop',
  params: ById,
  answers: { 200: { description: 'The stop', schema: StopSchema } },
  find: findVisibleStop,
  handle: async ({ resource, caller }) => ({
    status: 200,
    body: stopResource(resource, caller),
    headers: { etag: `"${resource.version}"` },
  }),
});

const listStopsOperation = operation({
  id: 'listStops',
  method: 'get',
  path: '/v1/stops',
  tag,
  summary: '站点列表，新的在前 / Stops, newest first',
  query: z.strictObject({
    ...PageQuery,
    roundId: z.uuid().optional(),
    institutionId: Id.optional(),
    status: z.enum(stopStatuses).optional(),
    on: DateOnly.optional(),
  }),
  answers: { 200: { description: 'A page of stops', schema: pageOf(StopSchema) } },
  async handle({ deps, caller, query }) {
    const { limit, cursor, institutionId, ...filter } = query;
    const before = decodeCursor(cursor, z.uuid());
    const visible = visibleRounds(caller);
    const own = visible?.withStopAt;
    const isHidden = visible === undefined || (own !== undefined && institutionId !== undefined && institutionId !== own);
    const rows = isHidden
      ? []
      : await listStops(deps.db, { ...filter, institutionId: own ?? institutionId, ofPerson: visible.ofPerson }, { limit, before });
    const page = toPage(
      rows,
      limit,
      ({ id }) => id,
      (row) => stopResource(row, caller),
    );
    return { status: 200, body: page };
  },
});

const failStopOperation = actOperation({
  id: 'failStop',
  path: '/v1/stops/{id}/fail',
  tag,
  summary: '站点未完成 / The stop comes to nothing',
  params: ById,
  body: z.object({ reason: z.enum(failReasons) }),
  answers: { 200: { description: 'Done', schema: StopSchema } },
  find: findVisibleStop,
  clockOffsetMs: ({ clockOffsetMs }: StopRecord) => clockOffsetMs,
  async perform({ act, body, resource, caller }) {
    await failStop(act, resource.id, { ...body, cssdId: act.actor.institutionId });
    return stopReply(act.trx, resource.id, caller);
  },
});

const recordStepOperation = actOperation({
  id: 'recordStopStep',
  path: '/v1/stops/{id}/steps',
  tag,
  summary: '登记操作步骤 / Record a step of the protocol',
  params: ById,
  body: AnyStep,
  answers: { 200: { description: 'Done', schema: StopSchema } },
  find: findVisibleStop,
  clockOffsetMs: ({ clockOffsetMs }: StopRecord) => clockOffsetMs,
  async perform({ act, body: given, resource, caller }) {
    // The centre itself only checks what it was given.
    if (given.step !== 'checked' && !holdsPost(caller, 'k')) throw new Problem('role-may-not');
    const body = parseBody<StepBody>(StepBodySchema, given);
    await recordStep(act, resource.id, body);
    return stopReply(act.trx, resource.id, caller);
  },
});

export const stopOperations: readonly Operation[] = [listStopsOperation, getStop, failStopOperation, recordStepOperation];
