/** The PID segment: a patient with every number that systems know them by. */
import type { Patient } from '../../../db/directory/patients.ts';
import { APPLICATION } from './acknowledgement.ts';
import { type ComponentToWrite, writeSegment } from './write-message.ts';

/** HL7 table 0001. */
const ADMINISTRATIVE_SEX: Record<Patient['sex'], string> = { male: 'M', female: 'F', other: 'O', unknown: 'U' };

export function writePatientSegment(patient: Patient): string {
  const identifiers: ComponentToWrite[][] = [
    [patient.id, '', '', APPLICATION, 'PI'],
    ...patient.localIds.map(({ system, value }) => [value, '', '', ['', system, 'URI'], 'MR']),
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
