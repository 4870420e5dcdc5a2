/** Who sees a task and who may take it on. */
import { z } from '@hono/zod-openapi';
import type { WriteAction } from '../../db/audit-actions.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { findTask, type TaskRow } from '../../db/kit/tasks.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { carryingRoles } from '../../db/kit/worklist-order.ts';
import { isSharedWith } from '../../domain/kit/shared-tasks.ts';
import type { Caller } from './auth.ts';
import type { OperationRequest } from './operation.ts';
import { reachOf } from './reach.ts';
import { pathwayApiOf } from './registry.ts';

export const TaskById = z.object({ id: z.string().regex(/^[0-9a-f-]{36}\.[a-z0-9-]{1,60}$/) });

type TaskRequest = OperationRequest<unknown, unknown, unknown, TaskRow>;

export async function findVisibleTask(
  request: OperationRequest<{ id: string }, unknown, unknown, undefined>,
): Promise<TaskRow | undefined> {
  const { deps, params, caller } = request;
  const task = await findTask(deps.db, params.id, new Date());
  return task && isVisible(task, caller, await seesOverdueEverywhere(request)) ? task : undefined;
}

/** Of other institutions' tasks whoever sees the whole alliance's sees what is overdue, and whoever was called about one sees that one. */
export const isVisible = (task: TaskRow, caller: Caller, overdueEverywhere: boolean): boolean =>
  task.institutionId === caller.institutionId || wasCalled(task, caller) || (task.overdue && overdueEverywhere);

/** Says whether an escalation of the task has reached one of the caller's roles where they are signed in. */
const wasCalled = ({ escalatedTo }: TaskRow, { roles, institutionId }: Caller): boolean =>
  escalatedTo.some((call) => roles.includes(call.role) && (call.role === 'office' || call.institutionId === institutionId));

/** Says whether the caller sees what is overdue at any institution. */
export const seesOverdueEverywhere = async (request: Pick<OperationRequest, 'deps' | 'caller' | 'operationId'>): Promise<boolean> =>
  (await reachOf(request)).over === 'alliance';

/**
 * A task is for its role and for those that it is shared with; a head of department may step in, and so may the head nurse of the supply department and
 * whoever was called about it where it stands.
 */
export const mayTakeOn = ({ resource, caller }: { resource: TaskRow; caller: Caller }): boolean =>
  caller.roles.includes(resource.role) ||
  caller.roles.includes('head') ||
  caller.roles.includes('headnurse') ||
  isSharedWith(resource.name, caller.roles) ||
  (resource.institutionId === caller.institutionId && wasCalled(resource, caller)) ||
  (pathwayApiOf(resource.pathwayKind).taskReport?.roles ?? []).some((role) => caller.roles.includes(role)) ||
  (resource.message !== null && carryingRoles.some((role) => caller.roles.includes(role)));

export async function auditTask(
  trx: Trx,
  { actor, resource, requestId }: Pick<TaskRequest, 'actor' | 'resource' | 'requestId'>,
  action: WriteAction,
): Promise<void> {
  await auditWrite(trx, { actor, action, targetType: 'task', targetId: resource.id, patientId: resource.patientId, requestId });
}
