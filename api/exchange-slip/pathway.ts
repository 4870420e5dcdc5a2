/** Exchange slip: what the generic routes ask of it. */
import type { PathwayApi } from '../kit/pathway-api.ts';
import { refuseCompletion } from '../kit/task-completion.ts';
import { renderSlip } from './resource.ts';
import { exchangeSlipOperations } from './routes.ts';

export const exchangeSlipApi: PathwayApi = {
  operations: exchangeSlipOperations,
  render: renderSlip,
  // What its tasks wait for is the count.
  completeTask: async (request) => refuseCompletion(request, ['count']),
  // No message of this pathway goes to a patient, so there is no letter about one.
  findLetterSubject: async () => undefined,
};
