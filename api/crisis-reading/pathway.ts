/** The crisis reading as the generic routes know it. */
import { findCrisisReading } from '../../db/crisis-reading/crisis-readings.ts';
import { crisisActions, crisisOutcomes } from '../../domain/crisis-reading/events.ts';
import type { PathwayApi, TaskNotice } from '../kit/pathway-api.ts';
import { Problem } from '../kit/problem.ts';
import { completeByCommand } from '../kit/task-completion.ts';
import { confirmSteps } from './commands.ts';
import { renderCrisisReading } from './resource.ts';
import { crisisReadingOperations } from './routes.ts';

/** Why the task is there; the value stands in what the task is about. */
const criticalValue: TaskNotice = {
  code: 'critical-value',
  zh: '读数达到危急阈值，尚未核实',
  en: 'a reading is at or beyond a critical threshold and not confirmed yet',
};

export const crisisReadingApi: PathwayApi = {
  operations: crisisReadingOperations,
  render: renderCrisisReading,
  taskReport: { outcomes: crisisOutcomes, actions: crisisActions, roles: ['gp'] },
  async completeTask(request) {
    const resource = await findCrisisReading(request.deps.db, request.resource.pathwayId);
    if (!resource) throw new Problem('not-found');
    return completeByCommand(request, confirmSteps, { body: request.body, resource });
  },
  // What its owner writes completes the task.
  describeTasks: async (_, tasks) => new Map(tasks.map(({ id }) => [id, { allowed: [], isCompletable: true }])),
  notices: {
    codes: [criticalValue.code],
    find: async (_, tasks) => new Map(tasks.map(({ id }) => [id, [criticalValue]])),
  },
  // No message of a crisis reading goes to a patient, so there is no letter about one.
  findLetterSubject: async () => undefined,
};
