/** What a hospital's register says of a stay (ADT): one more message of it, whatever else stands beside it of the person. It is stored and never refused. */
import { recordVisitMessage, type VisitReceipt, type VisitReport } from '../../db/discharge/visits/record-visit-message.ts';
import { findWard } from '../../db/discharge/visits/wards.ts';
import { type ReadVisit, visitPlaces } from '../../interop/hl7v2/adt/read-visit.ts';
import type { Complaint, Place } from '../../interop/hl7v2/kit/hl7-error.ts';
import type { ReportingPart } from './adt-reporting.ts';
import type { MeantPatient } from './look-up.ts';

/** Stores the message. Resolves with what the sender should know of it. */
export async function reportVisit(
  { trx, request, by, source, messageId, occurredAt }: ReportingPart,
  visit: ReadVisit,
  meant: MeantPatient,
): Promise<Complaint[]> {
  const { hospitalId, ...said } = { ...visit, hospitalId: request.caller.institutionId };
  const { event, visitNumber, departmentCode, admissionType, disposition, isInpatient } = said;
  const report: VisitReport = {
    source,
    messageId,
    event,
    recordedAt: toInstant(visit.recordedAt) ?? occurredAt.getTime(),
    occurredAt: toInstant(visit.occurredAt),
    admittedAt: toInstant(visit.admittedAt),
    dischargedAt: toInstant(visit.dischargedAt),
    departmentCode,
    admissionType,
    disposition,
    isInpatient,
    hospitalId,
    visitNumber,
    patient: meant.given,
    isDoubtful: meant.patientId === undefined,
    result: null,
    bodyHash: request.requestHash,
  };
  const receipt = await recordVisitMessage(trx, report, by);
  const isWardUnknown = departmentCode !== null && (await findWard(trx, hospitalId, departmentCode)) === undefined;
  return [...noticesOf(receipt), ...(isWardUnknown ? [unknownWard] : []), ...(visit.isDispositionUnknown ? [unknownDisposition] : [])];
}

const toInstant = (at: string | null): number | null => (at === null ? null : Date.parse(at));

const MESSAGE: Place = { segment: 'MSH', sequence: 1, field: 9 };

export const heldForReview = (place: Place): Complaint => ({
  condition: '0',
  place,
  code: 'held-for-review',
  words: { zh: '已保存；须人工核对', en: 'stored; people have to look at it' },
});

const noted: Complaint = {
  condition: '0',
  place: MESSAGE,
  code: 'noted',
  words: { zh: '已保存；据此无需变更', en: 'stored; nothing changes by it' },
};

const unknownWard: Complaint = {
  condition: '0',
  place: visitPlaces.department,
  code: 'department-unknown',
  words: { zh: '没有此科室代码；由转诊办公室处理', en: 'no department has this code; the referral desk stands in' },
};

const unknownDisposition: Complaint = {
  condition: '0',
  place: visitPlaces.disposition,
  code: 'disposition-unknown',
  words: { zh: '离院方式代码未知；按回家处理', en: 'the discharge disposition is unknown; it counts as home' },
};

function noticesOf({ effect, isReviewed }: VisitReceipt): Complaint[] {
  if (effect === 'held') return [heldForReview({ segment: 'PID', sequence: 1, field: 3 })];
  return [...(effect === 'noted' ? [noted] : []), ...(isReviewed ? [heldForReview(MESSAGE)] : [])];
}
