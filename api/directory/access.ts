/** Who sees which patients. */
import { getPatient, type Patient } from '../../db/directory/patients.ts';
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

/** The same for an operation whose path names the patient. */
export const findVisiblePatientById = (
  request: OperationRequest<{ id: string }, unknown, unknown, undefined>,
): Promise<Patient | undefined> => findVisiblePatient(request, request.params.id);
