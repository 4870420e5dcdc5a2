/** Visits and calls are moved to another time together: each is answered for itself, in the order in which they were asked for. */
import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Database } from '../../db/kit/database.ts';
import type { TaskRow } from '../../db/kit/tasks.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { mayMoveCall, moveCall } from '../../db/messages/move-call.ts';
import { findSameRequest, storedReply } from './keyed-request.ts';
import { runOnce } from './once.ts';
import { type Operation, type OperationRequest, operation } from './operation.ts';
import { pathwayApiOf } from './registry.ts';
import { Instant, Text } from './schemas.ts';
import { auditTask } from './task-access.ts';
import { type BatchItem, BatchSchema, done, refused, sortOut, TaskIds } from './task-batches.ts';

const NewTimes = z.strictObject({
  taskIds: TaskIds,
  dueAt: Instant,
  reason: Text(500),
  /** Answers what would come of each and writes nothing. */
  dryRun: z.boolean().default(false),
});
type RescheduleRequest = OperationRequest<unknown, unknown, z.output<typeof NewTimes>, undefined>;

/** So many pathways are asked at once: a batch of a whole page ends within seconds and leaves room for others. */
const ASKED_AT_ONCE = 8;

const rescheduleTasks = operation({
  id: 'rescheduleTasks',
  method: 'post',
  path: '/v1/tasks/reschedule',
  tag: 'worklist',
  summary: '批量改期随访与电话，逐项答复；dryRun 只试算 / Move many visits and calls, each answered for itself, or try it out',
  body: NewTimes,
  answers: { 200: { description: 'What came of each, in order', schema: BatchSchema } },
  async handle(request) {
    const { body, deps } = request;
    const before = body.dryRun ? undefined : await findSameRequest(request);
    const reply = before && storedReply(before);
    if (reply) return reply;
    const { tasks, refusals } = await sortOut(request, body.taskIds);
    const mine = [...tasks.values()].filter(({ institutionId }) => institutionId === request.caller.institutionId);
    const open = mine.filter(({ status }) => status === 'open');
    const visits = await moveOnPathways(
      request,
      open.filter(({ message }) => message === null),
    );
    const calls = open.filter(({ message }) => message !== null);
    const answer = (moved: ReadonlyMap<string, BatchItem>) => {
      const itemOf = (id: string): BatchItem =>
        refusals.get(id) ??
        visits.get(id) ??
        moved.get(id) ??
        // Who sees the task of another institution because it is overdue does not agree on days with its residents.
        refused(id, mine.some((task) => task.id === id) ? 'task-closed' : 'role-may-not');
      return { status: 200, body: { items: body.taskIds.map(itemOf) } };
    };
    if (body.dryRun) return answer(await judgeCalls(deps.db, body, calls));
    // The pathways first, each under a key of its own: whoever asks again after a crash gets what they decided, and the rest is done.
    return runOnce(request, async (trx) => answer(await moveCalls(trx, request, calls)));
  },
});

export const rescheduleOperations: Operation[] = [rescheduleTasks];

/** A pathway's own tasks are moved by the pathway. */
async function moveOnPathways(request: RescheduleRequest, tasks: readonly TaskRow[]): Promise<Map<string, BatchItem>> {
  const moved = new Map<string, BatchItem>();
  const left = [...tasks];
  const moveNext = async (): Promise<void> => {
    for (let task = left.shift(); task; task = left.shift()) moved.set(task.id, await moveOnPathway(request, task));
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, moveNext));
  return moved;
}

async function moveOnPathway(request: RescheduleRequest, task: TaskRow): Promise<BatchItem> {
  const { deps, caller, actor, requestId, requestHash, operationId, language, body } = request;
  const { rescheduleTask } = pathwayApiOf(task.pathwayKind);
  if (!rescheduleTask) return refused(task.id, 'not-reschedulable');
  const { status, code } = await rescheduleTask({
    deps,
    caller,
    actor,
    requestId,
    idempotencyKey: `reschedule:${createHash('sha256').update(`${request.idempotencyKey} ${task.id}`).digest('hex')}`,
    requestHash,
    ifVersion: undefined,
    operationId,
    language,
    body: { dueAt: new Date(body.dueAt), reason: body.reason, dryRun: body.dryRun },
    resource: task,
  });
  return code === undefined ? { taskId: task.id, status } : { taskId: task.id, status, code };
}

async function judgeCalls(
  db: Database,
  { dueAt }: Pick<RescheduleRequest['body'], 'dueAt'>,
  tasks: readonly TaskRow[],
): Promise<Map<string, BatchItem>> {
  const items = tasks.map(async (task) => {
    const may = await mayMoveCall(db, task, new Date(dueAt));
    return [task.id, may ? done(task.id) : refused(task.id, 'not-reschedulable')] as const;
  });
  return new Map(await Promise.all(items));
}

async function moveCalls(trx: Trx, request: RescheduleRequest, tasks: readonly TaskRow[]): Promise<Map<string, BatchItem>> {
  const { dueAt, reason } = request.body;
  const items = await judgeCalls(trx, request.body, tasks);
  for (const task of tasks.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    if (items.get(task.id)?.status !== 200) continue;
    if (await moveCall(trx, task, { dueAt: new Date(dueAt), reason }))
      await auditTask(trx, { ...request, resource: task }, 'task.reschedule');
    else items.set(task.id, refused(task.id, 'task-closed'));
  }
  return items;
}
