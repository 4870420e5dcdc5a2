/** Who sees which patients. */
import { getPatient, type Patient } from '../../db/directory/directory.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { reaches, reachOf } from '../kit/reach.ts';

/** Resolves with undefined when there is no such patient, or none that the caller may know of. */
export async function findVisiblePatient(
  request: Pick<OperationRequest, 'deps' | 'caller' | 'operationId'>,
  id: string,
): Promise<Patient | undefined> {
  const patient = await getPatient(request.deps.db, id);
  return patient && reaches(await reachOf(request), patient.homeInstitutionId) ? patient : undefined;
}
