/** Supply round: what the generic routes ask of it. */
import { isConfirmSignatureTask, stopIdOfTask } from '../../domain/supply-round/round-timers.ts';
import type { CommandSteps } from '../kit/commands.ts';
import type { PathwayApi } from '../kit/pathway-api.ts';
import { completeByCommand, refuseCompletion } from '../kit/task-completion.ts';
import { bundleOperations } from './bundle-routes.ts';
import { planOperations } from './plan-routes.ts';
import { roundActOperations } from './round-acts.ts';
import { roundCommandOperations } from './round-commands.ts';
import { roundReadOperations } from './round-reads.ts';
import { renderRound } from './round-resource.ts';
import { stopOperations } from './stop-routes.ts';

interface ConfirmedSignature {
  roundId: string;
  stopId: string;
}

/** Who completes the task says in their own session that the delivery was signed for. */
const confirmSignatureSteps: CommandSteps<unknown, ConfirmedSignature, undefined> = {
  check: async () => undefined,
  command: ({ resource: { roundId, stopId } }) => ({
    kind: 'supply-round',
    pathwayId: roundId,
    name: 'confirm-signature',
    input: { stopId },
    texts: {},
    seen: 0,
  }),
  render: renderRound,
};

export const supplyRoundApi: PathwayApi = {
  operations: [
    ...planOperations,
    ...roundCommandOperations,
    ...roundReadOperations,
    ...roundActOperations,
    ...bundleOperations,
    ...stopOperations,
  ],
  render: renderRound,
  async completeTask(request) {
    const { pathwayId, name, id } = request.resource;
    if (!isConfirmSignatureTask(name)) return refuseCompletion(request, actsOfTask[name] ?? []);
    const resource = { roundId: pathwayId, stopId: stopIdOfTask(id) };
    return completeByCommand(request, confirmSignatureSteps, { body: request.body, resource });
  },
  describeTasks: async (_db, tasks, { institutionId }) =>
    new Map(
      tasks.map((task) => [
        task.id,
        {
          isCompletable: isConfirmSignatureTask(task.name),
          allowed: task.institutionId === institutionId ? (actsOfTask[task.name] ?? []) : [],
        },
      ]),
    ),
  // No message of this pathway goes to a patient, so there is no letter about one.
  findLetterSubject: async () => undefined,
};

/** What ends each other task: the act itself. */
const actsOfTask: Readonly<Record<string, readonly string[]>> = {
  'cut-off': ['confirm'],
  'release-lead': ['complete-loading'],
  'stop-late': ['steps', 'fail'],
  'round-late': ['return'],
  'hand-over': ['hand-over'],
  reconcile: ['close'],
};
