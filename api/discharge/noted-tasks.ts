/** Tasks of an episode that are completed by a note of what was done. */
import type { EpisodeRecord } from '../../db/discharge/episodes.ts';
import { findEpisode } from '../../db/discharge/episodes.ts';
import type { FinishTask } from '../../domain/discharge/events.ts';
import type { CommandSteps } from '../kit/commands.ts';
import type { Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { type CompleteTaskRequest, completeByCommand, type TaskReport } from '../kit/task-completion.ts';
import { renderEpisode } from './resource.ts';

/** The id of a task is that of its pathway with the part that is its own. */
const idInPathway = ({ id, pathwayId }: { id: string; pathwayId: string }): string => id.slice(pathwayId.length + 1);

const finishSteps = (taskId: string): CommandSteps<TaskReport, EpisodeRecord, undefined> => ({
  async check({ body: { note, result, outcome, action } }) {
    for (const [field, value] of Object.entries({ result, outcome, action }))
      if (value !== undefined) throw invalidRequestProblem(field, { zh: '请改用 note', en: 'use note' });
    if (note === undefined) throw invalidRequestProblem('note', { zh: '须说明如何办理', en: 'say what was done' });
  },
  command: ({ resource: { id, version }, body: { note } }) => {
    const input: FinishTask = { taskId };
    return { kind: 'discharge', pathwayId: id, name: 'finish-task', input, texts: { note }, seen: version };
  },
  render: renderEpisode,
});

export async function completeByNote(request: CompleteTaskRequest): Promise<Reply> {
  const resource = await findEpisode(request.deps.db, request.resource.pathwayId);
  if (!resource) throw new Problem('not-found');
  return completeByCommand(request, finishSteps(idInPathway(request.resource)), { body: request.body, resource });
}
