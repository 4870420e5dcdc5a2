/** Messages of a hospital's register about a stay, over HTTP, in the manner of a HIS. */
import { randomUUID } from 'node:crypto';
import type { VisitEvent } from '../../../domain/discharge/standing.ts';

export const newVisitNumber = (): string => `V-${randomUUID().slice(0, 8)}`;

/** PID-3 of a resident by carepath's own id. */
export const pidOf = (patientId: string): string => `${patientId}^^^CAREPATH^PI`;

export interface AdtParts {
  event: VisitEvent | 'A40' | 'A31' | 'A37';
  hospital?: string;
  controlId?: string;
  /** PID-3 */
  patient: string;
  /** PID-5 to PID-8 */
  person?: string;
  visitNumber?: string;
  /** EVN-2 and EVN-6, as HL7 writes them. */
  recordedAt?: string;
  occurredAt?: string;
  patientClass?: string;
  department?: string;
  admissionType?: string;
  disposition?: string;
  admittedAt?: string;
  dischargedAt?: string;
  /** PID-30 */
  death?: string;
  /** MRG-1 */
  merged?: string;
}

export function adt(parts: AdtParts): string {
  const { event, hospital = 'inst-h1', controlId = randomUUID().slice(0, 18), patient, person = '', recordedAt = '20261001080000' } = parts;
  const pv1 = Array<string>(46).fill('');
  pv1[0] = 'PV1';
  pv1[1] = '1';
  pv1[2] = parts.patientClass ?? 'I';
  pv1[3] = parts.department ?? '';
  pv1[4] = parts.admissionType ?? '';
  pv1[19] = parts.visitNumber ?? '';
  pv1[36] = parts.disposition ?? '';
  pv1[44] = parts.admittedAt ?? '';
  pv1[45] = parts.dischargedAt ?? '';
  const named = person === '' ? '|||' : person;
  const segments = [
    `MSH|^~\\&|HIS|${hospital}|CAREPATH|${hospital}|${recordedAt}||ADT^${event}|${controlId}|P|2.5.1|||||CHN|UNICODE UTF-8`,
    `EVN|${event}|${recordedAt}||||${parts.occurredAt ?? ''}`,
    `PID|1||${patient}||${named}${parts.death ? `${'|'.repeat(22)}${parts.death}` : ''}`,
    ...(parts.merged === undefined ? [] : [`MRG|${parts.merged}`]),
    ...(['A31', 'A37', 'A40'].includes(event) ? [] : [pv1.join('|').replace(/\|+$/, '')]),
  ];
  return `${segments.join('\r')}\r`;
}
