/** The worklist: what somebody has to do first, and how much there is of it. */
import { z } from '@hono/zod-openapi';
import { auditRead } from '../../db/kit/audit.ts';
import { placeOf } from '../../db/kit/tasks.ts';
import { countWorklist, listWorklist } from '../../db/kit/worklist.ts';
import type { Place } from '../../db/kit/worklist-order.ts';
import { startOf } from '../../domain/time/local-date.ts';
import { decodeCursor, toPage } from './cursor.ts';
import { type Operation, operation } from './operation.ts';
import { DateOnly, Flag, Id, Instant, PageQuery, pageOf, SearchText } from './schemas.ts';
import { seesOverdueEverywhere } from './task-access.ts';
import { TaskSchema, taskResources } from './task-resource.ts';

const tag = 'worklist';

/** A date means the beginning of its day in Shanghai. */
const Before = z.union([Instant.transform((instant) => new Date(instant)), DateOnly.transform((date) => new Date(startOf(date)))]);

const filters = {
  mine: Flag.optional(),
  kind: z
    .array(Id)
    .transform((kinds) => [...new Set(kinds)])
    .optional()
    .openapi({ description: '任务种类，可重复 / The kind of task; given more than once, any of them' }),
  patientId: Id.optional(),
  ownerId: Id.optional(),
  teamId: Id.optional(),
  dueBefore: Before.optional().openapi({ description: '时刻或日期，不含 / An instant or a date, which is not included' }),
  overdue: Flag.optional(),
  emergency: Flag.optional(),
  query: SearchText.optional(),
};

const sorts = ['rank', 'dueAt', 'openedAt'] as const;

/** A cursor is good for the order that it was given in. */
const Cursor = z.strictObject({
  at: z.iso.datetime(),
  sort: z.enum(sorts),
  place: z.tuple([z.number(), z.number(), z.number(), z.number(), z.string()]),
});

const getWorklist = operation({
  id: 'getWorklist',
  method: 'get',
  path: '/v1/worklist',
  tag,
  summary: '待办列表：急诊、超时、已用时限、截止时间 / What to do first',
  query: z.strictObject({ ...PageQuery, ...filters, sort: z.enum(sorts).default('rank') }),
  repeatable: ['kind'],
  answers: {
    200: {
      description: 'Open tasks, the most pressing first unless another order is asked for',
      schema: pageOf(TaskSchema).extend({ now: Instant }),
    },
  },
  async handle(request) {
    const { deps, caller, actor, query, requestId } = request;
    const { limit, cursor: given, sort, kind: kinds, ...filter } = query;
    const cursor = decodeCursor(given, Cursor.extend({ sort: z.literal(sort) }));
    // All pages show the order of the first one's instant: nothing is skipped because time went on.
    const at = cursor ? new Date(cursor.at) : new Date();
    const after: Place | undefined = cursor?.place;
    const overdueEverywhere = await seesOverdueEverywhere(request);
    const rows = await listWorklist(deps.db, { ...caller, ...filter, kinds, overdueEverywhere, at, sort, limit, after });
    const { items, nextCursor } = toPage(
      rows,
      limit,
      (row) => ({ at: at.toISOString(), sort, place: placeOf(row, sort) }),
      (row) => row,
    );
    const patientIds = items.flatMap(({ patientId }) => (patientId ? [patientId] : []));
    await auditRead(deps.db, { actor, action: 'worklist.read', targetType: 'task', targetId: null, patientIds, requestId });
    return { status: 200, body: { items: await taskResources(deps.db, items, caller), nextCursor, now: new Date().toISOString() } };
  },
});

const CountsSchema = z
  .strictObject({
    all: z.number().int(),
    mine: z.number().int(),
    overdue: z.number().int(),
    emergency: z.number().int(),
    /** by the kind of task; a kind of which there is none is left out */
    kinds: z.record(z.string(), z.number().int()),
  })
  .openapi('WorklistCounts');

/** Numbers alone say nothing about a person, so that nobody's record is read. */
const getWorklistCounts = operation({
  id: 'getWorklistCounts',
  method: 'get',
  path: '/v1/worklist/counts',
  tag,
  summary: '待办数量，筛选同列表 / How many tasks there are, by the filters of the list',
  query: z.strictObject(filters),
  repeatable: ['kind'],
  answers: { 200: { description: 'What the list has on all its pages, counted', schema: CountsSchema } },
  async handle(request) {
    const { deps, caller, query } = request;
    const { kind: kinds, ...filter } = query;
    const overdueEverywhere = await seesOverdueEverywhere(request);
    return { status: 200, body: await countWorklist(deps.db, { ...caller, ...filter, kinds, overdueEverywhere, at: new Date() }) };
  },
});

export const worklistOperations: Operation[] = [getWorklist, getWorklistCounts];
