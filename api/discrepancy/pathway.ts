/** Discrepancy: what the generic routes ask of it. */
import { findDiscrepancy } from '../../db/discrepancy/discrepancies.ts';
import { stepsAllowedIn } from '../../domain/discrepancy/transitions.ts';
import type { PathwayApi } from '../kit/pathway-api.ts';
import { refuseCompletion } from '../kit/task-completion.ts';
import { renderDiscrepancy } from './resource.ts';
import { discrepancyOperations } from './routes.ts';

export const discrepancyApi: PathwayApi = {
  operations: discrepancyOperations,
  render: renderDiscrepancy,
  async completeTask(request) {
    const record = await findDiscrepancy(request.deps.db, request.resource.pathwayId);
    return refuseCompletion(request, record ? stepsAllowedIn(record.status) : []);
  },
  // No message of this pathway goes to a patient, so there is no letter about one.
  findLetterSubject: async () => undefined,
};
