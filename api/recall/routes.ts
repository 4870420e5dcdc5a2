/** Recalls: opened by command, acknowledged, accounted for, closed by two signatures. */
import { z } from '@hono/zod-openapi';
import { timelineOf } from '../../db/kit/timeline.ts';
import { openRecallByCommand } from '../../db/recall/open-recall.ts';
import { findRecall, listRecallLines, listRecalls, type RecallRecord } from '../../db/recall/recalls.ts';
import { refuseField } from '../../db/sterile-supply/act.ts';
import { findThings, resolveThing } from '../../db/sterile-supply/find-things.ts';
import { lineHolderTypes } from '../../domain/recall/holders.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Id, PageQuery, pageOf, Text } from '../kit/schemas.ts';
import { TimelineSchema, timelineResource } from '../kit/timeline.ts';
import { actOperation } from '../sterile-supply/act-operation.ts';
import { rowCommandOperation } from '../sterile-supply/row-command-operation.ts';
import { findVisibleRecall, RecallById, recallReachOf } from './access.ts';
import {
  Account,
  Acknowledgement,
  accountSteps,
  acknowledgeSteps,
  causeSteps,
  RecallText,
  reportSteps,
  Signature,
  signSteps,
} from './commands.ts';
import { RecallLineSchema, RecallSchema, recallLineResource, recallReply, recallResource } from './resource.ts';

const tag = 'recall';
const done = { 200: { description: 'Done', schema: RecallSchema } };

const openRecall = actOperation({
  id: 'openRecall',
  path: '/v1/recalls',
  tag,
  summary: '启动召回或召回演练 / Open a recall of a load alone or of a steriliser, or a drill',
  timesOfItsOwn: true,
  body: z.object({ loadId: Id.optional(), steriliserId: Id.optional(), reason: Text(2_000), drill: z.boolean().default(false) }),
  answers: { 201: { description: 'Opened: the holders have been told', schema: RecallSchema } },
  async perform({ act, caller, body: { loadId, steriliserId, reason, drill } }) {
    if ((loadId === undefined) === (steriliserId === undefined))
      throw refuseField('loadId', { zh: '须填写 loadId 或 steriliserId 之一', en: 'give either loadId or steriliserId' });
    const id = await openRecallByCommand(act, {
      loadId: loadId === undefined ? undefined : await resolveThing(act.trx, 'steriliser_load', loadId, 'loadId'),
      steriliserId: steriliserId === undefined ? undefined : await resolveThing(act.trx, 'steriliser', steriliserId, 'steriliserId'),
      reason,
      drill,
    });
    const record = await findRecall(act.trx, id, { over: 'alliance' });
    if (!record) throw new Error('A recall that was opened has its row.');
    return recallReply(record, caller, 201);
  },
});

const onRecall = { tag, params: RecallById, answers: done, find: findVisibleRecall };

const acknowledgeRecall = rowCommandOperation({
  ...onRecall,
  ...acknowledgeSteps,
  id: 'acknowledgeRecall',
  path: '/v1/recalls/{id}/acknowledge',
  summary: '确认收到停用通知 / Acknowledge for a holder of recalled packs',
  body: Acknowledgement,
});

const accountRecall = rowCommandOperation({
  ...onRecall,
  ...accountSteps,
  id: 'accountRecall',
  path: '/v1/recalls/{id}/account',
  summary: '登记召回包的去向 / Account for recalled packs',
  body: Account,
});

const recordRecallCause = rowCommandOperation({
  ...onRecall,
  ...causeSteps,
  id: 'recordRecallCause',
  path: '/v1/recalls/{id}/cause',
  summary: '登记原因 / Record the cause',
  body: RecallText,
});

const recordRecallReport = rowCommandOperation({
  ...onRecall,
  ...reportSteps,
  id: 'recordRecallReport',
  path: '/v1/recalls/{id}/report',
  summary: '登记召回报告 / Record the report',
  body: RecallText,
});

const signRecall = rowCommandOperation({
  ...onRecall,
  ...signSteps,
  id: 'signRecall',
  path: '/v1/recalls/{id}/sign',
  summary: '签字结束召回 / Sign; the second signature closes the recall',
  body: Signature,
});

const getRecall = operation({
  id: 'getRecall',
  method: 'get',
  path: '/v1/recalls/{id}',
  tag,
  summary: '查看召回 / Read a recall',
  params: RecallById,
  answers: { 200: { description: 'The recall', schema: RecallSchema } },
  find: findVisibleRecall,
  handle: async ({ resource, caller }) => recallReply(resource, caller, 200),
});

const getRecallTimeline = operation({
  id: 'getRecallTimeline',
  method: 'get',
  path: '/v1/recalls/{id}/timeline',
  tag,
  summary: '时间线 / Timeline',
  params: RecallById,
  answers: { 200: { description: 'Everything that happened, in order', schema: TimelineSchema } },
  find: findVisibleRecall,
  handle: async ({ deps, resource }) => ({ status: 200, body: timelineResource('recall', await timelineOf(deps.db, resource.id)) }),
});

const listRecallsOperation = operation({
  id: 'listRecalls',
  method: 'get',
  path: '/v1/recalls',
  tag,
  summary: '召回列表 / Recalls, the newest first',
  query: z.strictObject({
    ...PageQuery,
    status: z.enum(['open', 'closed']).optional(),
    steriliserId: Id.optional(),
    drill: z.enum(['true', 'false']).optional(),
  }),
  answers: { 200: { description: 'A page of recalls', schema: pageOf(RecallSchema) } },
  async handle({ deps, caller, query }) {
    const { limit, cursor, status, steriliserId, drill } = query;
    const reach = recallReachOf(caller);
    if (!reach) return { status: 200, body: { items: [], nextCursor: null } };
    const place = decodeCursor(cursor, z.tuple([z.iso.datetime(), z.uuid()]));
    const rows = await listRecalls(deps.db, {
      reach,
      status,
      steriliserId: steriliserId && ((await findThings(deps.db, 'steriliser', [steriliserId])).get(steriliserId) ?? steriliserId),
      drill: drill === undefined ? undefined : drill === 'true',
      limit,
      before: place && { createdAt: place[0], id: place[1] },
    });
    const placeOf = ({ createdAt, id }: RecallRecord) => [createdAt.toISOString(), id];
    return { status: 200, body: toPage(rows, limit, placeOf, (row) => recallResource(row, caller)) };
  },
});

const listLines = operation({
  id: 'listRecallLines',
  method: 'get',
  path: '/v1/recalls/{id}/lines',
  tag,
  summary: '召回包清单 / The packs of a recall, each with its holder and its end',
  params: RecallById,
  query: z.strictObject({
    ...PageQuery,
    holderType: z.enum(lineHolderTypes).optional(),
    holderId: Id.optional(),
    state: z.enum(['open', 'ended']).optional(),
  }),
  answers: { 200: { description: 'A page of lines', schema: pageOf(RecallLineSchema) } },
  find: findVisibleRecall,
  async handle({ deps, caller, resource, query }) {
    const reach = recallReachOf(caller);
    if (!reach) throw new Problem('not-found');
    const { limit, cursor, ...filters } = query;
    const after = decodeCursor(cursor, z.tuple([z.uuid()]))?.[0];
    const rows = await listRecallLines(deps.db, { recallId: resource.id, reach, ...filters, limit, after });
    return { status: 200, body: toPage(rows, limit, ({ id }) => [id], recallLineResource) };
  },
});

export const recallOperations: Operation[] = [
  openRecall,
  listRecallsOperation,
  getRecall,
  getRecallTimeline,
  listLines,
  acknowledgeRecall,
  accountRecall,
  recordRecallCause,
  recordRecallReport,
  signRecall,
];
