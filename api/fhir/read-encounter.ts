/** An Encounter as a message of a stay: the same as the hospital's register would send in HL7 v2. */

import type { GivenPatient } from '../../db/directory/given-patient.ts';
import type { VisitReport } from '../../db/discharge/visits/record-visit-message.ts';
import type { Disposition } from '../../domain/discharge/standing.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { systems } from './codes.ts';
import { endOfPeriod } from './instants.ts';
import { idIn } from './read-service-request.ts';
import type { Reference } from './schemas.ts';
import { findReferred } from './stay-orders/references.ts';
import { Named } from './stay-orders/schemas.ts';
import type { EncounterBody, StayTransactionBody } from './stay-schemas.ts';

/** Codes of http://terminology.hl7.org/CodeSystem/discharge-disposition; every other one is home. */
const dispositions: Readonly<Record<string, Disposition>> = {
  'other-hcf': 'other-hospital',
  long: 'institution',
  rehab: 'institution',
  psy: 'institution',
  snf: 'institution',
  hosp: 'institution',
  aadvice: 'against-advice',
  exp: 'died',
};

const eventOfStatus = { 'in-progress': 'in-progress', finished: 'A03', cancelled: 'A11' } as const satisfies Record<
  EncounterBody['status'],
  VisitReport['event']
>;

/** A clock that is a little ahead is not a lie. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** `at`: where the Encounter stands in the Bundle. Throws Problem 422. */
export function toStayReport(
  { identifier: message, timestamp, entry }: StayTransactionBody,
  encounter: EncounterBody,
  { at, receivedAt, bodyHash }: { at: string; receivedAt: number; bodyHash: Buffer },
): VisitReport {
  const hospitalId = idIn([encounter.serviceProvider], 'Organization', systems.institution);
  if (hospitalId === undefined)
    throw invalidRequestProblem(`${at}.serviceProvider`, { zh: '没有此机构标识', en: 'names no institution of the alliance' });
  const visitNumber = encounter.identifier.find(({ value }) => value !== undefined)?.value;
  if (visitNumber === undefined) throw invalidRequestProblem(`${at}.identifier`, { zh: '缺少住院号', en: 'has no visit number' });
  const recordedAt = timestamp === undefined ? receivedAt : instantAt('Bundle.timestamp', timestamp, 'start');
  if (recordedAt > receivedAt + CLOCK_SKEW_MS) throw invalidRequestProblem('Bundle.timestamp', { zh: '在将来', en: 'lies in the future' });
  const { start, end } = encounter.period ?? {};
  return {
    source: `fhir:${hospitalId}`,
    messageId: message.value,
    event: eventOfStatus[encounter.status],
    recordedAt,
    occurredAt: null,
    admittedAt: start === undefined ? null : instantAt(`${at}.period.start`, start, 'start'),
    dischargedAt: end === undefined ? null : instantAt(`${at}.period.end`, end, 'start'),
    departmentCode: null,
    admissionType: null,
    disposition: dispositionOf(encounter),
    isInpatient: encounter.class.code === 'IMP',
    hospitalId,
    visitNumber,
    patient: givenIn(withReferred(encounter.subject, encounter, entry), `${at}.subject`),
    result: null,
    bodyHash,
  };
}

/** Throws Problem 422. */
function instantAt(path: string, text: string, end: 'start' | 'end'): number {
  const at = endOfPeriod(text, end);
  if (Number.isNaN(at)) throw invalidRequestProblem(path, { zh: '不是有效的日期时间', en: 'is no date and time' });
  return at;
}

function dispositionOf({ hospitalization }: EncounterBody): Disposition | null {
  const concept = hospitalization?.dischargeDisposition;
  if (!concept) return null;
  const known = concept.coding?.flatMap(({ code }) => (code === undefined ? [] : (dispositions[code] ?? []))) ?? [];
  return known[0] ?? 'home';
}

/** A Patient that stands in the Bundle is known by its numbers: ours, else the first of another system. */
function withReferred(subject: Reference, encounter: EncounterBody, entries: StayTransactionBody['entry']): Reference {
  if (subject.identifier) return subject;
  const referred = Named.safeParse(findReferred(subject, encounter, entries));
  const identifiers = (referred.success ? referred.data.identifier : undefined) ?? [];
  const usable = identifiers.filter(({ system, value }) => system && value && value.length <= 100 && system.length <= 200);
  const chosen = usable.find(({ system }) => system === systems.patient) ?? usable[0];
  return chosen ? { identifier: { system: chosen.system, value: chosen.value } } : subject;
}

/** Whoever is not known is held and not refused; a reference that says nothing is. Throws Problem 422. */
function givenIn({ identifier, reference }: Reference, at: string): GivenPatient {
  if (identifier?.value && identifier.system === systems.patient) return { patientId: identifier.value };
  if (identifier?.value && identifier.system) return { localId: { system: identifier.system, value: identifier.value } };
  if (reference?.startsWith('Patient/')) return { patientId: reference.slice('Patient/'.length) };
  throw invalidRequestProblem(at, { zh: '缺少患者标识', en: 'names no patient' });
}
