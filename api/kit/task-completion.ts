/** How a task of a pathway is completed: by a command that is made of what its owner writes, or only by acting on the pathway. */
import type { TaskRow } from '../../db/kit/tasks.ts';
import { type CommandSteps, runCommand } from './commands.ts';
import type { OperationRequest, Reply } from './operation.ts';
import { Problem } from './problem.ts';

/** What its owner writes of a task that is no call and no letter. */
export interface TaskReport {
  note?: string | undefined;
  result?: string | undefined;
  /** One of the outcomes and actions that the pathway's tasks have, see `taskReport` in pathway-api.ts. */
  outcome?: string | undefined;
  action?: string | undefined;
  /** Of a confirmed move. */
  homeInstitutionId?: string | undefined;
}

export type CompleteTaskRequest = OperationRequest<{ id: string }, unknown, TaskReport, TaskRow>;

export const taskProblem = (code: 'task-already-claimed' | 'task-closed' | 'task-not-yours', { id }: Pick<TaskRow, 'id'>): Problem =>
  new Problem(code, { members: { taskId: id } });

/** If-Match on a task means the task's own version. Throws Problem 412. */
export function checkTaskVersion({ ifVersion }: Pick<OperationRequest, 'ifVersion'>, task: TaskRow): void {
  if (ifVersion !== undefined && ifVersion !== task.version) throw new Problem('version-changed');
}

/** Throws Problem 412 or 409. */
function checkStillOpen(request: Pick<CompleteTaskRequest, 'ifVersion' | 'resource'>): void {
  checkTaskVersion(request, request.resource);
  if (request.resource.status !== 'open') throw taskProblem('task-closed', request.resource);
}

/** Completes the task by a command of its pathway. */
export async function completeByCommand<Body, Resource, Checked>(
  request: CompleteTaskRequest,
  steps: CommandSteps<Body, Resource, Checked>,
  { body, resource }: { body: Body; resource: Resource },
): Promise<Reply> {
  const whileOpen: CommandSteps<Body, Resource, Checked> = {
    ...steps,
    async check(asked) {
      checkStillOpen(request);
      return steps.check(asked);
    },
  };
  // The version asked for is the task's; the pathway has one of its own.
  return runCommand(whileOpen, { ...request, ifVersion: undefined, body, resource });
}

/** The work itself completes the task: accepting, scheduling, recording a visit. Throws Problem 412 or 409, with the commands that do it. */
export function refuseCompletion(request: CompleteTaskRequest, allowed: readonly string[]): never {
  checkStillOpen(request);
  throw new Problem('task-done-by-trigger', { members: { pathwayId: request.resource.pathwayId, allowed } });
}
