/** A patient as the sender of a message names them: by our id, or by an id of the sender's own system. */
import { sql } from 'kysely';
import { oidOf } from '../../domain/kit/oid.ts';
import { spellingsOfNumber } from '../../domain/kit/uuid.ts';
import { toIdentityNumber } from '../../domain/residents/identity-number.ts';
import type { Database } from '../kit/database.ts';

export interface LocalId {
  system: string;
  value: string;
}

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
  return findRecordByLocalId(db, given.localId);
}

/** Resolves with the record that has the id, or with undefined when none has it, or several that are not one resident. */
export async function findRecordByLocalId(db: Database, { system, value }: LocalId): Promise<string | undefined> {
  const { rows } = await sql<{ id: string; survivorId: string }>`
    select patient_id as id, survivor.id as "survivorId" from patient_local_id cross join lateral surviving_record(patient_id) as survivor
    where system = any(${spellingsOf(system)}::text[]) and value = any(${spellingsOfValue(value)}::text[])
    order by system = ${system} desc, value = ${value} desc`.execute(db);
  return new Set(rows.map(({ survivorId }) => survivorId)).size === 1 ? rows[0]?.id : undefined;
}

/** Every way in which one number is written: the check digit X of an identity card, and UUIDs, in either case. */
export function spellingsOfValue(value: string): string[] {
  const number = toIdentityNumber(value);
  return /^\d{17}X$/.test(number) ? [...new Set([value, number, number.toLowerCase()])] : spellingsOfNumber(value);
}

/** Every way in which one system is written: an OID with and without `urn:oid:`. */
export function spellingsOf(system: string): string[] {
  const oid = oidOf(system);
  return oid === undefined ? [system] : [oid, `urn:oid:${oid}`, `URN:OID:${oid}`];
}
