/** Who sees a crisis reading, and that it was seen. */
import { z } from '@hono/zod-openapi';
import type { ReadAction } from '../../db/audit-actions.ts';
import { type CrisisReadingRecord, findCrisisReading } from '../../db/crisis-reading/crisis-readings.ts';
import { auditRead } from '../../db/kit/audit.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { reaches, reachOf } from '../kit/reach.ts';

export const CrisisReadingById = z.object({ id: z.uuid() });

export async function findVisibleCrisisReading(
  request: OperationRequest<{ id: string }, unknown, unknown, undefined>,
): Promise<CrisisReadingRecord | undefined> {
  const record = await findCrisisReading(request.deps.db, request.params.id);
  return record && reaches(await reachOf(request), record.state.centreId) ? record : undefined;
}

export const auditCrisisReadingRead = (
  { deps, actor, resource, requestId }: OperationRequest<unknown, unknown, unknown, CrisisReadingRecord>,
  action: ReadAction,
): Promise<void> =>
  auditRead(deps.db, {
    actor,
    action,
    targetType: 'crisis-reading',
    targetId: resource.id,
    patientIds: [resource.state.patientId],
    requestId,
  });
