/** Steriliser load: what the generic routes ask of it. */
import type { PathwayApi } from '../kit/pathway-api.ts';
import { refuseCompletion } from '../kit/task-completion.ts';
import { indicatorOperations } from './indicator-routes.ts';
import { loadOperations } from './load-routes.ts';
import { loadReply } from './resource.ts';
import { steriliserOperations } from './steriliser-routes.ts';

export const steriliserLoadApi: PathwayApi = {
  operations: [...steriliserOperations, ...loadOperations, ...indicatorOperations],
  render: ({ deps, caller }, { pathwayId }) => loadReply(deps.db, pathwayId, caller),
  completeTask: (request) => refuseCompletion(request, []),
  // No message of this pathway goes to a patient, so there is no letter about one.
  findLetterSubject: async () => undefined,
};
