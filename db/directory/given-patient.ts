/** A patient as the sender of a message names them: by our id, or by an id of the sender's own system. */
import type { Database } from '../kit/database.ts';
import type { LocalId } from './patients.ts';

export type GivenPatient = { patientId: string } | { localId: LocalId };

/** The columns of the table `fact` that keep the name as it was given. */
export const givenColumns = (patient: GivenPatient) =>
  'patientId' in patient
    ? { given_patient_id: patient.patientId, local_id_system: null, local_id_value: null }
    : { given_patient_id: null, local_id_system: patient.localId.system, local_id_value: patient.localId.value };

/** Resolves with the record that is named, or with undefined when the directory has none. */
export async function findGivenPatient(db: Database, given: GivenPatient): Promise<string | undefined> {
  if ('patientId' in given) {
    const patient = await db.selectFrom('patient').select('id').where('id', '=', given.patientId).executeTakeFirst();
    return patient?.id;
  }
  const { system, value } = given.localId;
  const known = await db
    .selectFrom('patient_local_id')
    .select('patient_id')
    .where('system', '=', system)
    .where('value', '=', value)
    .executeTakeFirst();
  return known?.patient_id;
}
