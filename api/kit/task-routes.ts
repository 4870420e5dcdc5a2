/** The worklist, and taking a task on. */
import { z } from '@hono/zod-openapi';
import { auditRead } from '../../db/kit/audit.ts';
import { claimTask, findTask, listWorklist, type Place, placeOf, releaseTask, type TaskMessage } from '../../db/kit/tasks.ts';
import { checkMessageReport, type MessageTaskReport, messageTaskOutcomes, writeMessageReport } from '../messages/message-task.ts';
import { decodeCursor, toPage } from './cursor.ts';
import { runOnce } from './once.ts';
import { type Operation, operation, type Reply } from './operation.ts';
import { invalidRequestProblem } from './problem.ts';
import { pathwayApiOf } from './registry.ts';
import { Instant, PageQuery, pageOf, pendingAnswer, Text } from './schemas.ts';
import { auditTask, findVisibleTask, mayTakeOn, seesOverdueEverywhere, TaskById } from './task-access.ts';
import { type CompleteTaskRequest, checkTaskVersion, taskProblem } from './task-completion.ts';
import { TaskSchema, taskAnswer, taskReply, taskResources } from './task-resource.ts';

const tag = 'worklist';

const Cursor = z.strictObject({ at: z.iso.datetime(), place: z.tuple([z.number(), z.number(), z.number(), z.number(), z.string()]) });

const getWorklist = operation({
  id: 'getWorklist',
  method: 'get',
  path: '/v1/worklist',
  tag,
  summary: '待办列表：急诊、超时、已用时限、截止时间 / What to do first',
  query: z.strictObject({
    ...PageQuery,
    mine: z
      .enum(['true', 'false'])
      .transform((value) => value === 'true')
      .optional(),
  }),
  answers: { 200: { description: 'Open tasks, the most pressing first', schema: pageOf(TaskSchema) } },
  async handle(request) {
    const { deps, caller, actor, query, requestId } = request;
    const { limit, mine } = query;
    const cursor = decodeCursor(query.cursor, Cursor);
    // All pages show the order of the first one's instant: nothing is skipped because time went on.
    const at = cursor ? new Date(cursor.at) : new Date();
    const after: Place | undefined = cursor?.place;
    const rows = await listWorklist(deps.db, {
      ...caller,
      overdueEverywhere: await seesOverdueEverywhere(request),
      at,
      limit,
      after,
      mine,
    });
    const { items, nextCursor } = toPage(
      rows,
      limit,
      (row) => ({ at: at.toISOString(), place: placeOf(row) }),
      (row) => row,
    );
    const patientIds = items.flatMap(({ patientId }) => (patientId ? [patientId] : []));
    await auditRead(deps.db, { actor, action: 'worklist.read', targetType: 'task', targetId: null, patientIds, requestId });
    return { status: 200, body: { items: await taskResources(deps.db, items), nextCursor } };
  },
});

const claim = operation({
  id: 'claimTask',
  method: 'post',
  path: '/v1/tasks/{id}/claim',
  tag,
  summary: '领取任务 / Claim a task',
  params: TaskById,
  body: z.strictObject({}),
  answers: taskAnswer,
  find: findVisibleTask,
  may: mayTakeOn,
  async handle(request) {
    const { caller, resource, ifVersion } = request;
    return runOnce(request, async (trx) => {
      const task = ifVersion === undefined ? undefined : await findTask(trx, resource.id, new Date());
      if (task) checkTaskVersion(request, task);
      const result = await claimTask(trx, resource.id, caller.personId, new Date());
      if (result !== 'claimed') throw taskProblem(result === 'closed' ? 'task-closed' : 'task-already-claimed', resource);
      await auditTask(trx, request, 'task.claim');
      return taskReply(trx, resource.id);
    });
  },
});

const release = operation({
  id: 'releaseTask',
  method: 'post',
  path: '/v1/tasks/{id}/release',
  tag,
  summary: '退回任务 / Release a task',
  params: TaskById,
  body: z.strictObject({}),
  answers: taskAnswer,
  find: findVisibleTask,
  async handle(request) {
    const { caller, resource } = request;
    return runOnce(request, async (trx) => {
      const task = await findTask(trx, resource.id, new Date());
      if (task) checkTaskVersion(request, task);
      if (task?.status !== 'open') throw taskProblem('task-closed', resource);
      const owner = task.ownerId;
      // A head of department gives back what somebody on leave still holds.
      const may = owner !== null && (owner === caller.personId || caller.roles.includes('head'));
      if (!may || !(await releaseTask(trx, resource.id, owner))) throw taskProblem('task-not-yours', resource);
      await auditTask(trx, request, 'task.release');
      return taskReply(trx, resource.id);
    });
  },
});

const complete = operation({
  id: 'completeTask',
  method: 'post',
  path: '/v1/tasks/{id}/complete',
  tag,
  summary: '完成任务 / Complete a task',
  params: TaskById,
  body: z.strictObject({
    note: Text(2_000).optional(),
    result: Text(8_000).optional(),
    outcome: z.enum(messageTaskOutcomes).optional().openapi({
      description: 'Of a call, of a letter, or whether what was said on the telephone is true',
    }),
    callAt: Instant.optional().openapi({ description: 'When to call again; with call-later' }),
  }),
  answers: {
    200: { description: 'Done: the pathway; of a call or a letter the task', schema: z.looseObject({ id: z.string() }) },
    202: pendingAnswer,
  },
  find: findVisibleTask,
  may: mayTakeOn,
  async handle(request) {
    const { resource, body } = request;
    if (resource.message) return completeMessageTask(request, resource.message, body);
    if (body.outcome !== undefined || body.callAt !== undefined)
      throw invalidRequestProblem(body.outcome === undefined ? 'callAt' : 'outcome', {
        zh: '只有电话、信件和核实任务有此项',
        en: 'only a call, a letter or a confirmation has one',
      });
    return pathwayApiOf(resource.pathwayKind).completeTask(request);
  },
});

/** What came of a call, a letter, or a question. */
async function completeMessageTask(request: CompleteTaskRequest, message: TaskMessage, report: MessageTaskReport): Promise<Reply> {
  const { deps, resource, caller } = request;
  return runOnce(request, async (trx) => {
    // Inside: a repeated request gets its first answer, though its callAt has passed by now.
    const checked = await checkMessageReport(deps.db, resource, message, report);
    const task = await findTask(trx, resource.id, new Date());
    if (task) checkTaskVersion(request, task);
    const common = { taskId: resource.id, messageId: message.id, note: report.note ?? null, personId: caller.personId };
    if (!(await writeMessageReport(trx, common, checked))) throw taskProblem('task-closed', resource);
    await auditTask(trx, request, `task.${checked.outcome}`);
    return taskReply(trx, resource.id);
  });
}

export const taskOperations: Operation[] = [getWorklist, claim, release, complete];
