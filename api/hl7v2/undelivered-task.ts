/** Completing the task of a message that another system does not take. */

import { reportUndelivered } from '../../db/hl7v2/undelivered-tasks.ts';
import { findTask } from '../../db/kit/tasks.ts';
import { undeliveredOutcomes } from '../../domain/interfaces/undelivered.ts';
import { runOnce } from '../kit/once.ts';
import type { Reply } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { auditTask } from '../kit/task-access.ts';
import { type CompleteTaskRequest, checkTaskVersion, taskProblem } from '../kit/task-completion.ts';
import { taskReply } from '../kit/task-resource.ts';

export interface UndeliveredTaskBody {
  deliverySeq: string;
  outcome?: string | undefined;
  note?: string | undefined;
  result?: string | undefined;
  action?: string | undefined;
  callAt?: string | undefined;
  homeInstitutionId?: string | undefined;
}

/** Throws Problem 422, 412 or 409. */
export async function completeUndeliveredTask(request: CompleteTaskRequest, body: UndeliveredTaskBody): Promise<Reply> {
  const { resource, caller } = request;
  const outcome = undeliveredOutcomes.find((each) => each === body.outcome);
  if (outcome === undefined)
    throw invalidRequestProblem('outcome', {
      zh: `须为以下之一：${undeliveredOutcomes.join('、')}`,
      en: `one of ${undeliveredOutcomes.join(', ')}`,
    });
  for (const member of ['result', 'action', 'callAt', 'homeInstitutionId'] as const)
    if (body[member] !== undefined) throw invalidRequestProblem(member, { zh: '此任务没有此项', en: 'this task has none' });
  if (outcome !== 'send-again' && body.note === undefined)
    throw invalidRequestProblem('note', { zh: '须说明告知了谁，或为何放弃', en: 'say who was told, or why it is given up' });
  return runOnce(request, async (trx) => {
    const task = await findTask(trx, resource.id, new Date());
    if (task) checkTaskVersion(request, task);
    const report = { taskId: resource.id, deliverySeq: body.deliverySeq, outcome, note: body.note ?? null, personId: caller.personId };
    if (!(await reportUndelivered(trx, report))) throw taskProblem('task-closed', resource);
    await auditTask(trx, request, `task.${outcome}`);
    return taskReply(trx, resource.id, caller);
  });
}
