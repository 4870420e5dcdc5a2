/** Recall: what the generic routes ask of it. */
import { openRecallCommands } from '../../domain/recall/decider.ts';
import type { PathwayApi } from '../kit/pathway-api.ts';
import { refuseCompletion } from '../kit/task-completion.ts';
import { renderRecall } from './commands.ts';
import { recallOperations } from './routes.ts';

export const recallApi: PathwayApi = {
  operations: recallOperations,
  render: renderRecall,
  completeTask: (request) => refuseCompletion(request, openRecallCommands),
  // No message of this pathway goes to a patient, so there is no letter about one.
  findLetterSubject: async () => undefined,
};
