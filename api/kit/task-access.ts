/** Who sees a task and who may take it on. */
import { z } from '@hono/zod-openapi';
import type { WriteAction } from '../../db/audit-actions.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { findTask, type TaskRow } from '../../db/kit/tasks.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { carryingRoles } from '../../db/kit/worklist-order.ts';
import type { Caller } from './auth.ts';
import type { OperationRequest } from './operation.ts';
import { reachOf } from './reach.ts';

export const TaskById = z.object({ id: z.string().regex(/^[0-9a-f-]{36}\.[a-z0-9-]{1,60}$/) });

type TaskRequest = OperationRequest<unknown, unknown, unknown, TaskRow>;

/** Of other institutions' tasks whoever sees the whole alliance's sees what is overdue. */
export async function findVisibleTask(
  request: OperationRequest<{ id: string }, unknown, unknown, undefined>,
): Promise<TaskRow | undefined> {
  const { deps, params, caller } = request;
  const task = await findTask(deps.db, params.id, new Date());
  if (!task) return undefined;
  return task.institutionId === caller.institutionId || (task.overdue && (await reachOf(request)).over === 'alliance') ? task : undefined;
}

/** The same for the worklist. */
export const seesOverdueEverywhere = async (request: Pick<OperationRequest, 'deps' | 'caller' | 'operationId'>): Promise<boolean> =>
  (await reachOf(request)).over === 'alliance';

/** A task is for its role; a head of department may step in, and so may the head nurse of the supply department. */
export const mayTakeOn = ({ resource, caller }: { resource: TaskRow; caller: Caller }): boolean =>
  caller.roles.includes(resource.role) ||
  caller.roles.includes('head') ||
  caller.roles.includes('headnurse') ||
  (resource.message !== null && carryingRoles.some((role) => caller.roles.includes(role)));

export async function auditTask(
  trx: Trx,
  { actor, resource, requestId }: Pick<TaskRequest, 'actor' | 'resource' | 'requestId'>,
  action: WriteAction,
): Promise<void> {
  await auditWrite(trx, { actor, action, targetType: 'task', targetId: resource.id, patientId: resource.patientId, requestId });
}
