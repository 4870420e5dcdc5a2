/** The identity check as the generic routes know it. */
import { findInstitution } from '../../db/directory/directory.ts';
import { listChecks } from '../../db/identity-check/checks.ts';
import { answerMove } from '../../db/identity-check/moves.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import type { CheckTaskName } from '../../domain/identity-check/tasks.ts';
import { confirmOutcomes } from '../../domain/messages/channels.ts';
import type { PathwayApi } from '../kit/pathway-api.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { type CompleteTaskRequest, refuseCompletion } from '../kit/task-completion.ts';
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
  questions: { tasks: ['confirm-move' satisfies CheckTaskName], answer: answerMoveQuestion },
  taskReport: { outcomes: confirmOutcomes, actions: [], roles: [], hasHome: true },
  describeTasks: describeCheckTasks,
  // No message of an identity check goes to a patient, so there is no letter about one.
  findLetterSubject: async () => undefined,
};

/** Throws Problem 422. */
async function answerMoveQuestion(trx: Trx, request: CompleteTaskRequest): Promise<boolean> {
  const { body, resource, actor, requestId } = request;
  const { note, outcome, homeInstitutionId } = body;
  if (!confirmOutcomes.some((one) => one === outcome))
    throw invalidRequestProblem('outcome', {
      zh: `须为以下之一：${confirmOutcomes.join('、')}`,
      en: `one of ${confirmOutcomes.join(', ')}`,
    });
  if (note === undefined) throw invalidRequestProblem('note', { zh: '须说明如何核实', en: 'say how you found out' });
  const institution = homeInstitutionId === undefined ? undefined : await findInstitution(trx, homeInstitutionId);
  const isHome = institution !== undefined && institution.kind !== 'sterile-supply-department' && outcome === 'confirmed';
  if (homeInstitutionId !== undefined && !isHome)
    throw invalidRequestProblem('homeInstitutionId', {
      zh: '联盟内没有这家医院或社康中心，或居民并未迁居',
      en: 'no such hospital or centre in the alliance, or nobody has moved',
    });
  return answerMove(trx, resource.patientId ?? '', { confirmed: outcome === 'confirmed', homeInstitutionId, note }, { actor, requestId });
}
