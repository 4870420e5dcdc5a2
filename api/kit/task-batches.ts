/** Many tasks at once: each is answered for itself, in the order in which they were asked for. */
import { z } from '@hono/zod-openapi';
import { claimTasks, findTasks, type TaskRow } from '../../db/kit/tasks.ts';
import { describeError, type ErrorCode } from '../../domain/kit/errors.ts';
import { runOnce } from './once.ts';
import { type Operation, type OperationRequest, operation } from './operation.ts';
import { auditTask, isVisible, mayTakeOn, seesOverdueEverywhere } from './task-access.ts';

const tag = 'worklist';

/** As many as a page of the worklist holds. */
const MOST_TASKS = 200;
export const TaskIds = z.array(z.string().min(1).max(100)).min(1).max(MOST_TASKS);

export const BatchSchema = z
  .strictObject({
    items: z.array(z.strictObject({ taskId: z.string(), status: z.number().int(), code: z.string().optional() })),
  })
  .openapi('TaskBatch');

export type BatchItem = z.infer<typeof BatchSchema>['items'][number];

export const done = (taskId: string): BatchItem => ({ taskId, status: 200 });
export const refused = (taskId: string, code: ErrorCode): BatchItem => ({ taskId, status: describeError(code).status, code });

/** The tasks that the caller may take on, by id, and of the others why not. */
export async function sortOut(
  request: OperationRequest,
  taskIds: readonly string[],
): Promise<{ tasks: ReadonlyMap<string, TaskRow>; refusals: ReadonlyMap<string, BatchItem> }> {
  const { deps, caller } = request;
  const overdueEverywhere = await seesOverdueEverywhere(request);
  const found = new Map((await findTasks(deps.db, taskIds, new Date())).map((task) => [task.id, task]));
  const tasks = new Map<string, TaskRow>();
  const refusals = new Map<string, BatchItem>();
  for (const id of taskIds) {
    const task = found.get(id);
    if (!task || !isVisible(task, caller, overdueEverywhere)) refusals.set(id, refused(id, 'not-found'));
    else if (!mayTakeOn({ resource: task, caller })) refusals.set(id, refused(id, 'role-may-not'));
    else tasks.set(id, task);
  }
  return { tasks, refusals };
}

const claimMany = operation({
  id: 'claimTasks',
  method: 'post',
  path: '/v1/tasks/claim',
  tag,
  summary: '批量领取任务，逐项答复 / Claim many tasks, each answered for itself',
  body: z.strictObject({ taskIds: TaskIds }),
  answers: { 200: { description: 'What came of each, in order', schema: BatchSchema } },
  async handle(request) {
    const { caller, body } = request;
    return runOnce(request, async (trx) => {
      const { tasks, refusals } = await sortOut(request, body.taskIds);
      const results = await claimTasks(trx, [...tasks.keys()], caller.personId, new Date());
      const items = body.taskIds.map((id): BatchItem => {
        const result = results.get(id);
        if (result === 'claimed') return done(id);
        return refusals.get(id) ?? refused(id, result === 'closed' ? 'task-closed' : 'task-already-claimed');
      });
      const claimed = [...tasks.values()].filter(({ id }) => results.get(id) === 'claimed');
      await Promise.all(claimed.map((resource) => auditTask(trx, { ...request, resource }, 'task.claim')));
      return { status: 200, body: { items } };
    });
  },
});

export const taskBatchOperations: Operation[] = [claimMany];
