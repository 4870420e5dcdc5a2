/** The identity check as the generic routes know it. */
import { listChecks } from '../../db/identity-check/checks.ts';
import type { PathwayApi } from '../kit/pathway-api.ts';
import { refuseCompletion } from '../kit/task-completion.ts';
import { deathOperations } from './death-routes.ts';
import { mergerOperations } from './merger-routes.ts';
import { completedBy, describeCheckTasks } from './task-details.ts';

export const identityCheckApi: PathwayApi = {
  operations: [...deathOperations, ...mergerOperations],
  render: () => Promise.reject(new Error('No request waits for a command of an identity check.')),
  async completeTask(request) {
    const [check] = await listChecks(request.deps.db, [request.resource.pathwayId]);
    return refuseCompletion(request, check ? completedBy[check.kind] : []);
  },
  describeTasks: describeCheckTasks,
  // No message of an identity check goes to a patient, so there is no letter about one.
  findLetterSubject: async () => undefined,
};
