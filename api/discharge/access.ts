/** Who sees an episode, and that it was seen. */
import { z } from '@hono/zod-openapi';
import type { ReadAction } from '../../db/audit-actions.ts';
import { type EpisodeRecord, findEpisode } from '../../db/discharge/episodes.ts';
import { auditRead } from '../../db/kit/audit.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { reaches, reachOf } from '../kit/reach.ts';

export const EpisodeById = z.object({ id: z.uuid() });

/** The hospital of the stay, the patient's centre, and whoever sees those of the whole alliance. */
export async function findVisibleEpisode(
  request: OperationRequest<{ id: string }, unknown, unknown, undefined>,
): Promise<EpisodeRecord | undefined> {
  const record = await findEpisode(request.deps.db, request.params.id);
  if (!record) return undefined;
  const reach = await reachOf(request);
  const { hospitalId, centreId } = record.state;
  return reaches(reach, hospitalId) || reaches(reach, centreId) ? record : undefined;
}

export const auditEpisodeRead = (
  { deps, actor, resource, requestId }: OperationRequest<unknown, unknown, unknown, EpisodeRecord>,
  action: ReadAction,
): Promise<void> =>
  auditRead(deps.db, {
    actor,
    action,
    targetType: 'discharge',
    targetId: resource.id,
    patientIds: [resource.state.patientId],
    requestId,
  });
