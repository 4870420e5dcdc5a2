/** Supply round: what the generic routes ask of it. */
import type { PathwayApi } from '../kit/pathway-api.ts';
import { refuseCompletion } from '../kit/task-completion.ts';

export const supplyRoundApi: PathwayApi = {
  operations: [],
  render: () => {
    throw new Error('No command of this pathway is answered by the generic routes yet.');
  },
  completeTask: (request) => refuseCompletion(request, []),
  // No message of this pathway goes to a patient, so there is no letter about one.
  findLetterSubject: async () => undefined,
};
