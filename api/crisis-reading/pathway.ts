/** The crisis reading as the generic routes know it. */
import { findCrisisReading } from '../../db/crisis-reading/crisis-readings.ts';
import { crisisActions, crisisOutcomes } from '../../domain/crisis-reading/events.ts';
import type { PathwayApi } from '../kit/pathway-api.ts';
import { Problem } from '../kit/problem.ts';
import { completeByCommand } from '../kit/task-completion.ts';
import { confirmSteps } from './commands.ts';
import { renderCrisisReading } from './resource.ts';
import { crisisReadingOperations } from './routes.ts';

export const crisisReadingApi: PathwayApi = {
  operations: crisisReadingOperations,
  render: renderCrisisReading,
  taskReport: { outcomes: crisisOutcomes, actions: crisisActions, roles: ['gp'] },
  async completeTask(request) {
    const resource = await findCrisisReading(request.deps.db, request.resource.pathwayId);
    if (!resource) throw new Problem('not-found');
    return completeByCommand(request, confirmSteps, { body: request.body, resource });
  },
  // No message of a crisis reading goes to a patient, so there is no letter about one.
  findLetterSubject: async () => undefined,
};
