/** The PID segment: a patient with every number that systems know them by. */
import type { Patient } from '../../../db/directory/patients.ts';
import { oidOf } from '../../../domain/kit/oid.ts';
import { APPLICATION } from './acknowledgement.ts';
import { type ComponentToWrite, writeSegment } from './write-message.ts';

/** HL7 table 0001. */
const ADMINISTRATIVE_SEX: Record<Patient['sex'], string> = { male: 'M', female: 'F', other: 'O', unknown: 'U' };

/** HL7 has a type of its own for OIDs. */
function universalIdOf(system: string): [id: string, type: string] {
  const oid = oidOf(system);
  return oid === undefined ? [system, 'URI'] : [oid, 'ISO'];
}

export function writePatientSegment(patient: Patient): string {
  const identifiers: ComponentToWrite[][] = [
    [patient.id, '', '', APPLICATION, 'PI'],
    ...patient.localIds.map(({ system, value }) => [value, '', '', ['', ...universalIdOf(system)], 'MR']),
  ];
  return writeSegment('PID', {
    1: '1',
    3: { repeated: identifiers },
    // The directory keeps a Chinese name as one text, so all of it stands where HL7 has the family name.
    5: [patient.name, '', '', '', '', '', 'L'],
    7: patient.birthDate.replaceAll('-', ''),
    8: ADMINISTRATIVE_SEX[patient.sex],
  });
}
