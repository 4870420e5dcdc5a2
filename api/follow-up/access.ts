/** Who sees a follow-up, and that it was seen. */
import { z } from '@hono/zod-openapi';
import type { ReadAction } from '../../db/audit-actions.ts';
import { type EnrolmentRecord, findEnrolment } from '../../db/follow-up/enrolments.ts';
import { auditRead } from '../../db/kit/audit.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { reachOf } from '../kit/reach.ts';

export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const EnrolmentById = z.object({ id: z.string().regex(uuidPattern) });

/** The centre that runs it or ran it sees a follow-up, and whoever sees those of the whole alliance. */
export async function findVisibleEnrolment(
  request: OperationRequest<{ id: string }, unknown, unknown, undefined>,
): Promise<EnrolmentRecord | undefined> {
  const { deps, params, caller } = request;
  const record = await findEnrolment(deps.db, params.id);
  if (!record) return undefined;
  const { centreId, formerCentreIds } = record.state;
  const isCentre = [centreId, ...formerCentreIds].includes(caller.institutionId);
  return isCentre || (await reachOf(request)).over === 'alliance' ? record : undefined;
}

/** The institution whose follow-ups a list shows, of those that it runs now; undefined: of all. `null`: none that the caller asked for are visible. */
export async function findListedInstitution(
  request: Pick<OperationRequest, 'deps' | 'caller' | 'operationId'>,
  asked: string | undefined,
): Promise<string | undefined | null> {
  if ((await reachOf(request)).over === 'alliance') return asked;
  const { institutionId } = request.caller;
  return asked === undefined || asked === institutionId ? institutionId : null;
}

export const auditEnrolmentRead = (request: OperationRequest<unknown, unknown, unknown, EnrolmentRecord>, action: ReadAction) =>
  auditRead(request.deps.db, {
    actor: request.actor,
    action,
    targetType: 'follow-up',
    targetId: request.resource.pathwayId,
    patientIds: [request.resource.state.patientId],
    requestId: request.requestId,
  });
