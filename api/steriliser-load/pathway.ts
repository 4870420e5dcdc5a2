/** Steriliser load: what the generic routes ask of it. */
import type { PathwayApi } from '../kit/pathway-api.ts';
import { completeLoadTask, renderLoad } from './answer-inquiry.ts';
import { indicatorOperations } from './indicator-routes.ts';
import { loadOperations } from './load-routes.ts';
import { steriliserOperations } from './steriliser-routes.ts';

export const steriliserLoadApi: PathwayApi = {
  operations: [...steriliserOperations, ...loadOperations, ...indicatorOperations],
  render: renderLoad,
  completeTask: completeLoadTask,
  // No message of this pathway goes to a patient, so there is no letter about one.
  findLetterSubject: async () => undefined,
};
