/** The worklist, and taking a task on. */
import { z } from '@hono/zod-openapi';
import { claimTask, findTask, releaseTask, type TaskMessage } from '../../db/kit/tasks.ts';
import { undeliveredOutcomes } from '../../domain/interfaces/undelivered.ts';
import { completeUndeliveredTask } from '../hl7v2/undelivered-task.ts';
import { checkMessageReport, type MessageTaskReport, messageTaskOutcomes, writeMessageReport } from '../messages/message-task.ts';
import { runOnce } from './once.ts';
import { type Operation, operation, type Reply } from './operation.ts';
import type { PathwayApi } from './pathway-api.ts';
import { invalidRequestProblem } from './problem.ts';
import { everyPathwayApi, pathwayApiOf } from './registry.ts';
import { Id, Instant, pendingAnswer, Text } from './schemas.ts';
import { auditTask, findVisibleTask, mayTakeOn, TaskById } from './task-access.ts';
import { type CompleteTaskRequest, checkTaskVersion, taskProblem } from './task-completion.ts';
import { taskAnswer, taskReply } from './task-resource.ts';

const tag = 'worklist';

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
      return taskReply(trx, resource.id, request.caller);
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
      return taskReply(trx, resource.id, request.caller);
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
    outcome: z
      .enum([
        ...new Set([
          ...messageTaskOutcomes,
          ...undeliveredOutcomes,
          ...everyPathwayApi.flatMap(({ taskReport }) => taskReport?.outcomes ?? []),
        ]),
      ])
      .optional()
      .openapi({
        description: 'Of a call, of a letter, of a message that another system does not take, or whether what was said or measured is true',
      }),
    action: z
      .enum(everyPathwayApi.flatMap(({ taskReport }) => taskReport?.actions ?? []))
      .optional()
      .openapi({ description: 'What is done about a value that was confirmed' }),
    callAt: Instant.optional().openapi({ description: 'When to call again; with call-later' }),
    homeInstitutionId: Id.optional().openapi({ description: 'Where the resident lives now; with a confirmed move within the alliance' }),
  }),
  answers: {
    200: { description: 'Done: the pathway; of a call or a letter the task', schema: z.looseObject({ id: z.string() }) },
    202: pendingAnswer,
  },
  find: findVisibleTask,
  may: mayTakeOn,
  async handle(request) {
    const { resource, body } = request;
    if (resource.deliverySeq !== null) return completeUndeliveredTask(request, { ...body, deliverySeq: resource.deliverySeq });
    const api = pathwayApiOf(resource.pathwayKind);
    checkMembers(body, resource.message ? { ...api, hasMessage: true } : api);
    const { outcome, action: _, ...report } = body;
    if (resource.message)
      return completeMessageTask(request, resource.message, { ...report, outcome: messageTaskOutcomes.find((each) => each === outcome) });
    if (api.questions?.tasks.includes(resource.name)) return answerQuestion(request, api.questions);
    return api.completeTask(request);
  },
});

/** What is answered at once, without a command. */
const answerQuestion = (request: CompleteTaskRequest, { answer }: NonNullable<PathwayApi['questions']>): Promise<Reply> =>
  runOnce(request, async (trx) => {
    const { resource, body, caller } = request;
    const task = await findTask(trx, resource.id, new Date());
    if (task) checkTaskVersion(request, task);
    if (task?.status !== 'open' || !(await answer(trx, request))) throw taskProblem('task-closed', resource);
    await auditTask(trx, request, body.outcome === 'confirmed' ? 'task.confirmed' : 'task.refuted');
    return taskReply(trx, resource.id, caller);
  });

/** A member that this kind of task does not have. Throws Problem 422. */
function checkMembers(
  {
    outcome,
    action,
    callAt,
    homeInstitutionId,
  }: Partial<Record<'outcome' | 'action' | 'callAt' | 'homeInstitutionId', string | undefined>>,
  { taskReport, hasMessage = false }: Pick<PathwayApi, 'taskReport'> & { hasMessage?: boolean },
): void {
  const ofMessages = { zh: '此任务没有此项', en: 'this task has none, or not this one' };
  if (action !== undefined && (hasMessage || !taskReport?.actions.includes(action)))
    throw invalidRequestProblem('action', { zh: '只有危急值核实任务有此项', en: 'only the confirmation of a value has one' });
  if (hasMessage) return;
  if (outcome !== undefined && !taskReport?.outcomes.includes(outcome)) throw invalidRequestProblem('outcome', ofMessages);
  if (callAt !== undefined) throw invalidRequestProblem('callAt', ofMessages);
  if (homeInstitutionId !== undefined && !taskReport?.hasHome) throw invalidRequestProblem('homeInstitutionId', ofMessages);
}

/** What came of a call, a letter, or a question. */
async function completeMessageTask(request: CompleteTaskRequest, message: TaskMessage, report: MessageTaskReport): Promise<Reply> {
  const { deps, resource, caller } = request;
  return runOnce(request, async (trx) => {
    // Inside: a repeated request gets its first answer, though its callAt has passed by now.
    const checked = await checkMessageReport(deps.db, resource, message, report);
    const task = await findTask(trx, resource.id, new Date());
    if (task) checkTaskVersion(request, task);
    const by = { actor: request.actor, requestId: request.requestId };
    const common = { taskId: resource.id, messageId: message.id, note: report.note ?? null, personId: caller.personId, by };
    if (!(await writeMessageReport(trx, common, checked))) throw taskProblem('task-closed', resource);
    await auditTask(trx, request, `task.${checked.outcome}`);
    return taskReply(trx, resource.id, request.caller);
  });
}

export const taskOperations: Operation[] = [claim, release, complete];
