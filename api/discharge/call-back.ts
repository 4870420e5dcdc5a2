/** Whoever asked by a link to be called has been called: the task is done with what was said. */
import { findEpisode } from '../../db/discharge/episodes.ts';
import { callBackTaskId } from '../../domain/discharge/tasks.ts';
import type { Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { type CompleteTaskRequest, completeByCommand } from '../kit/task-completion.ts';
import { renderEpisode } from './resource.ts';

export async function completeCallBack(request: CompleteTaskRequest): Promise<Reply> {
  const { deps, body, resource: task } = request;
  const record = await findEpisode(deps.db, task.pathwayId);
  const asked = record?.state.callBacks.find((one) => task.id === `${task.pathwayId}.${callBackTaskId(one)}`);
  if (!record || !asked) throw new Problem('not-found');
  return completeByCommand(
    request,
    {
      async check() {
        if (body.note === undefined) throw invalidRequestProblem('note', { zh: '须填写通话情况', en: 'say what was spoken about' });
      },
      command: () => ({
        kind: 'discharge',
        pathwayId: record.id,
        name: 'call-back-done',
        input: { callBackId: asked.id },
        texts: { note: body.note },
        seen: record.version,
      }),
      render: renderEpisode,
    },
    { body, resource: record },
  );
}
