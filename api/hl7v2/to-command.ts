/** What a message says, as the bodies that the HTTP API takes, checked by the same schemas. */
import { findInstitution } from '../../db/directory/directory.ts';
import { findDepartmentByCode } from '../../db/hl7v2/messages.ts';
import type { ReferralTrigger } from '../../domain/referral/transitions.ts';
import type { ReadReferral } from '../../interop/hl7v2/referral/read-referral.ts';
import { parseBody } from '../kit/edge.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { NewReferral, type TriggerBody, triggerFormOf } from '../referral/commands.ts';

/** MSH-6 is who is asked; down goes to a centre, up to a hospital. Throws Problem 422. */
export async function checkNewReferral(
  { deps: { db }, caller }: Pick<OperationRequest, 'deps' | 'caller'>,
  { receivingFacility, departmentCode, body }: ReadReferral,
  patientId: string,
): Promise<NewReferral> {
  const institution = receivingFacility === caller.institutionId ? undefined : await findInstitution(db, receivingFacility);
  if (!institution)
    throw invalidRequestProblem('toInstitutionId', { zh: '须为联盟内的其他机构', en: 'must be another institution of the alliance' });
  const toDepartmentId = departmentCode === null ? undefined : await findDepartmentByCode(db, receivingFacility, departmentCode);
  if (toDepartmentId === null)
    throw invalidRequestProblem('toDepartmentId', { zh: '该机构没有此科室', en: 'no such department of that institution' });
  return parseBody(NewReferral, {
    ...body,
    patientId,
    toInstitutionId: receivingFacility,
    ...(toDepartmentId === undefined ? {} : { toDepartmentId }),
    direction: institution.kind === 'community-health-centre' ? 'down' : 'up',
  });
}

/** Throws Problem 422. */
export function checkBody(trigger: ReferralTrigger, { body }: ReadReferral, patientId: string): TriggerBody {
  return parseBody(triggerFormOf(trigger).body, { ...body, patientId });
}
