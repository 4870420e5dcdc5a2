/** Who sees a follow-up, and that it was seen. */
import { z } from '@hono/zod-openapi';
import type { ReadAction } from '../../db/audit-actions.ts';
import { findInstitution } from '../../db/directory/directory.ts';
import { type EnrolmentRecord, findEnrolment } from '../../db/follow-up/enrolments.ts';
import { auditRead } from '../../db/kit/audit.ts';
import type { Caller } from '../kit/auth.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { readsAll } from '../referral/access.ts';

export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const EnrolmentById = z.object({ id: z.string().regex(uuidPattern) });

/** The centre that runs it or ran it; hospitals, the office and the auditor read every follow-up of the alliance. */
export async function findVisibleEnrolment({ deps, params, caller }: OperationRequest<{ id: string }, unknown, unknown, undefined>) {
  const record = await findEnrolment(deps.db, params.id);
  return record && (await isVisible(deps.db, record, caller)) ? record : undefined;
}

async function isVisible(db: Parameters<typeof findInstitution>[0], { state }: EnrolmentRecord, caller: Caller): Promise<boolean> {
  if ([state.centreId, ...state.formerCentreIds].includes(caller.institutionId) || readsAll(caller)) return true;
  return (await findInstitution(db, caller.institutionId))?.kind === 'hospital';
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
