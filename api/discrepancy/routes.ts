/** Discrepancies: report one, work on it, read it. */
import { z } from '@hono/zod-openapi';
import { listDiscrepancies } from '../../db/discrepancy/discrepancies.ts';
import { timelineOf } from '../../db/kit/timeline.ts';
import { discrepancyKinds, discrepancyStatuses } from '../../domain/sterile-supply/vocabulary.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Id, PageQuery, pageOf } from '../kit/schemas.ts';
import { TimelineSchema, timelineResource } from '../kit/timeline.ts';
import { sightOf } from '../sterile-supply/posts.ts';
import { rowCommandOperation } from '../sterile-supply/row-command-operation.ts';
import { DiscrepancyById, findVisibleDiscrepancy, isOwner } from './access.ts';
import { createDiscrepancySteps, discrepancySteps, InvestigateForm, NewDiscrepancyForm, NoBody, ResolveForm } from './commands.ts';
import { DiscrepancySchema, discrepancyReply, discrepancyResource } from './resource.ts';

const tag = 'discrepancy';
const answers = { 200: { description: 'Done', schema: DiscrepancySchema } };
const Created = z.object({ id: z.string() });

const createDiscrepancy = rowCommandOperation({
  ...createDiscrepancySteps,
  id: 'createDiscrepancy',
  path: '/v1/discrepancies',
  tag,
  summary: '上报差异 / Report a discrepancy',
  body: NewDiscrepancyForm,
  answers: { 201: { description: 'Created', schema: DiscrepancySchema } },
  headersOf: ({ body }) => ({ location: `/v1/discrepancies/${Created.parse(body).id}` }),
});

const common = { tag, params: DiscrepancyById, answers, find: findVisibleDiscrepancy };

const acknowledgeDiscrepancy = rowCommandOperation({
  ...discrepancySteps('acknowledge'),
  ...common,
  id: 'acknowledgeDiscrepancy',
  path: '/v1/discrepancies/{id}/acknowledge',
  summary: '确认收到差异 / Acknowledge a discrepancy',
  body: NoBody,
  may: ({ resource, caller }) => isOwner(resource, caller),
});

const investigateDiscrepancy = rowCommandOperation({
  ...discrepancySteps('investigate'),
  ...common,
  id: 'investigateDiscrepancy',
  path: '/v1/discrepancies/{id}/investigate',
  summary: '登记调查情况 / Say what the investigation has shown',
  body: InvestigateForm,
  may: ({ resource, caller }) => isOwner(resource, caller),
});

const resolveDiscrepancy = rowCommandOperation({
  ...discrepancySteps('resolve'),
  ...common,
  id: 'resolveDiscrepancy',
  path: '/v1/discrepancies/{id}/resolve',
  summary: '处理差异 / Resolve a discrepancy',
  body: ResolveForm,
  may: ({ resource, caller }) => isOwner(resource, caller),
});

const closeDiscrepancy = rowCommandOperation({
  ...discrepancySteps('close'),
  ...common,
  id: 'closeDiscrepancy',
  path: '/v1/discrepancies/{id}/close',
  summary: '关闭差异（须另一人） / Close a discrepancy that somebody else has resolved',
  body: NoBody,
});

const getDiscrepancy = operation({
  ...common,
  id: 'getDiscrepancy',
  method: 'get',
  path: '/v1/discrepancies/{id}',
  summary: '查看差异 / Read a discrepancy',
  handle: async ({ resource, caller }) => discrepancyReply(resource, caller),
});

const listDiscrepanciesOperation = operation({
  id: 'listDiscrepancies',
  method: 'get',
  path: '/v1/discrepancies',
  tag,
  summary: '差异列表，新的在前 / Discrepancies, newest first',
  query: z.strictObject({
    ...PageQuery,
    kind: z.enum(discrepancyKinds).optional(),
    status: z.enum(discrepancyStatuses).optional(),
    institutionId: Id.optional(),
    roundId: Id.optional(),
  }),
  answers: { 200: { description: 'A page of discrepancies', schema: pageOf(DiscrepancySchema) } },
  async handle({ deps, caller, query: { limit, cursor, ...filter } }) {
    const before = decodeCursor(cursor, z.uuid());
    const rows = await listDiscrepancies(deps.db, { ...filter, sight: sightOf(caller) }, { limit, before });
    const page = toPage(
      rows,
      limit,
      ({ id }) => id,
      (row) => discrepancyResource(row, caller),
    );
    return { status: 200, body: page };
  },
});

const getTimeline = operation({
  id: 'getDiscrepancyTimeline',
  method: 'get',
  path: '/v1/discrepancies/{id}/timeline',
  tag,
  summary: '时间线 / Timeline',
  params: DiscrepancyById,
  answers: { 200: { description: 'Everything that happened, in order', schema: TimelineSchema } },
  find: findVisibleDiscrepancy,
  async handle({ deps, resource }) {
    return { status: 200, body: timelineResource('discrepancy', await timelineOf(deps.db, resource.id)) };
  },
});

export const discrepancyOperations: Operation[] = [
  createDiscrepancy,
  acknowledgeDiscrepancy,
  investigateDiscrepancy,
  resolveDiscrepancy,
  closeDiscrepancy,
  getDiscrepancy,
  listDiscrepanciesOperation,
  getTimeline,
];
