/** What a message of a hospital's register says of a stay: its number, ward and kind, and when the person came and left. An empty field says nothing. */
import type { AdmissionType, Disposition, VisitEvent } from '../../../domain/discharge/standing.ts';
import { type Complaint, Hl7Error, type Place, wrongValueError } from '../kit/hl7-error.ts';
import { findSegment, type Message, placeOf, type Segment, valueAt } from '../kit/message.ts';
import { parseDayOrTimestamp } from '../kit/timestamps.ts';

export interface ReadVisit {
  event: VisitEvent;
  visitNumber: string;
  /** EVN-2, else MSH-7, as RFC 3339; null where the message has no time at all. */
  recordedAt: string | null;
  /** EVN-6 */
  occurredAt: string | null;
  /** PV1-44 and PV1-45 */
  admittedAt: string | null;
  dischargedAt: string | null;
  departmentCode: string | null;
  admissionType: AdmissionType | null;
  disposition: Disposition | null;
  /** PV1-36 has a code that says nothing of where the person went. */
  isDispositionUnknown: boolean;
  isInpatient: boolean;
}

/** HL7 table 0007, as hospitals here use it. */
const admissionTypes: Readonly<Record<string, AdmissionType>> = { E: 'emergency', U: 'urgent', A: 'urgent', C: 'elective' };

/** HL7 table 0112. */
const dispositions: Readonly<Record<string, Disposition>> = {
  '01': 'home',
  '06': 'home',
  '03': 'institution',
  '04': 'institution',
  '62': 'institution',
  '07': 'against-advice',
  '02': 'other-hospital',
  '05': 'other-hospital',
  '43': 'other-hospital',
  '65': 'other-hospital',
  '20': 'died',
  '40': 'died',
  '41': 'died',
  '42': 'died',
};

/** Places of a stay in a message. */
export const visitPlaces = {
  department: { segment: 'PV1', sequence: 1, field: 3 },
  disposition: { segment: 'PV1', sequence: 1, field: 36 },
} as const satisfies Record<string, Place>;

/** Throws Hl7Error (AE) where the number or the class of the stay is missing, or a time is none. */
export function readVisit(message: Message, event: VisitEvent): ReadVisit {
  const pv1 = findSegment(message, 'PV1');
  const msh = findSegment(message, 'MSH');
  const evn = findSegment(message, 'EVN');
  const patientClass = valueAt(message, pv1, { field: 2 });
  const visitNumber = valueAt(message, pv1, { field: 19 });
  const missing = [patientClass === '' ? [2] : [], visitNumber === '' ? [19] : []].flat();
  if (missing.length > 0) throw new Hl7Error('AE', ...missing.map(toMissing));
  const admissionType = valueAt(message, pv1, { field: 4 }).toUpperCase();
  const disposition = valueAt(message, pv1, { field: 36 });
  return {
    event,
    visitNumber,
    recordedAt: timeAt(message, evn, 2) ?? timeAt(message, msh, 7),
    occurredAt: timeAt(message, evn, 6),
    admittedAt: timeAt(message, pv1, 44),
    dischargedAt: timeAt(message, pv1, 45),
    departmentCode: valueAt(message, pv1, { field: 3 }) || null,
    admissionType: admissionType === '' ? null : (admissionTypes[admissionType] ?? 'other'),
    disposition: dispositions[disposition.padStart(2, '0')] ?? null,
    isDispositionUnknown: disposition !== '' && dispositions[disposition.padStart(2, '0')] === undefined,
    isInpatient: patientClass.toUpperCase() === 'I',
  };
}

const toMissing = (field: number): Complaint => ({
  condition: '101',
  place: { segment: 'PV1', sequence: 1, field },
  code: 'invalid-request',
  words:
    field === 2
      ? { zh: '缺少患者类别（PV1-2）', en: 'the patient class is missing' }
      : { zh: '缺少住院号（PV1-19）', en: 'the visit number is missing' },
});

/** Throws Hl7Error (AE) for one that is no time. */
function timeAt(message: Message, segment: Segment | undefined, field: number): string | null {
  const written = valueAt(message, segment, { field });
  if (!segment || written === '') return null;
  const read = parseDayOrTimestamp(written);
  if (read === undefined)
    throw wrongValueError('102', placeOf(segment, { field }), { zh: '不是有效的日期时间', en: 'is no date and time' });
  return read;
}
