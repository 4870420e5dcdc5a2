/** Who sees a task and who may take it on. */
import { z } from '@hono/zod-openapi';
import type { WriteAction } from '../../db/audit-actions.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { carryingRoles, findTask, type TaskRow } from '../../db/kit/tasks.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import type { Caller } from './auth.ts';
import type { OperationRequest } from './operation.ts';

export const TaskById = z.object({ id: z.string().regex(/^[0-9a-f-]{36}\.[a-z0-9-]{1,60}$/) });

type TaskRequest = OperationRequest<unknown, unknown, unknown, TaskRow>;

export async function findVisibleTask({
  deps,
  params,
  caller,
}: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<TaskRow | undefined> {
  const task = await findTask(deps.db, params.id, new Date());
  return task && (task.institutionId === caller.institutionId || (caller.roles.includes('office') && task.overdue)) ? task : undefined;
}

/** A task is for its role; a head of department may step in. */
export const mayTakeOn = ({ resource, caller }: { resource: TaskRow; caller: Caller }): boolean =>
  caller.roles.includes(resource.role) ||
  caller.roles.includes('head') ||
  (resource.message !== null && carryingRoles.some((role) => caller.roles.includes(role)));

export async function auditTask(
  trx: Trx,
  { actor, resource, requestId }: Pick<TaskRequest, 'actor' | 'resource' | 'requestId'>,
  action: WriteAction,
): Promise<void> {
  await auditWrite(trx, { actor, action, targetType: 'task', targetId: resource.id, patientId: resource.patientId, requestId });
}
