/** A system says of a reading that it has told, or that somebody has, that it was entered in error. The fact is stored and never refused, and takes effect at once. */
import { v7 as uuid } from 'uuid';
import { auditFact, type RecordedBy } from '../directory/fact-audit.ts';
import { type FactReceipt, findRepeated, type ReportedFact } from '../directory/facts.ts';
import { findGivenPatient, givenColumns } from '../directory/given-patient.ts';
import { findSurvivingRecord } from '../directory/resident-records.ts';
import type { Trx } from '../kit/transaction.ts';
import { findReadingOfMessage, findReadingOrigin, markReadingEnteredInError, type RecordedReadingOrigin } from './entered-in-error.ts';

export type ReadingInErrorReport = Pick<ReportedFact, 'source' | 'messageId' | 'occurredAt' | 'bodyHash'> & {
  /** As the message names them; undefined where it names only the reading. */
  patient: ReportedFact['patient'] | undefined;
  reading: { readingId: string } | { source: string; messageId: string };
};

/** Stores the fact and takes the reading back. One that nobody knows, or of somebody else than the message names, stays; the audit says why. */
export async function recordReadingInError(trx: Trx, report: ReadingInErrorReport, by: RecordedBy): Promise<FactReceipt> {
  const earlier = await findRepeated(trx, report, by);
  if (earlier) return earlier;
  const reading = await findReported(trx, report.reading);
  const isOfOther = reading !== undefined && (await isAboutSomebodyElse(trx, reading, report.patient));
  const patientId = reading && !isOfOther ? reading.patientId : null;
  const factId = uuid();
  const stored = await trx
    .insertInto('fact')
    .values({
      id: factId,
      source: report.source,
      message_id: report.messageId,
      type: 'entered-in-error',
      occurred_at: report.occurredAt,
      sender_id: by.actor.personId,
      sender_institution_id: by.actor.institutionId,
      ...givenColumns(report.patient ?? { patientId: patientId ?? '' }),
      details: JSON.stringify({ reading: report.reading }),
      body_hash: report.bodyHash,
      status: patientId === null ? 'dismissed' : 'recorded',
      patient_id: patientId,
    })
    .onConflict((conflict) => conflict.columns(['source', 'message_id']).doNothing())
    .executeTakeFirst();
  if (stored.numInsertedOrUpdatedRows === 0n) return (await findRepeated(trx, report, by)) as FactReceipt;
  if (reading && patientId !== null) await markReadingEnteredInError(trx, reading, { reason: 'entered-in-error', at: new Date(), by });
  await auditFact(trx, by, {
    action: 'fact.entered-in-error',
    factId,
    occurredAt: report.occurredAt,
    patientId,
    code: reading === undefined ? 'unknown-reading' : isOfOther ? 'other-patient' : null,
  });
  return { factId, duplicate: false };
}

const findReported = (trx: Trx, reading: ReadingInErrorReport['reading']): Promise<RecordedReadingOrigin | undefined> =>
  'readingId' in reading ? findReadingOrigin(trx, reading.readingId) : findReadingOfMessage(trx, reading.source, reading.messageId);

async function isAboutSomebodyElse(
  trx: Trx,
  reading: RecordedReadingOrigin,
  patient: ReportedFact['patient'] | undefined,
): Promise<boolean> {
  if (!patient) return false;
  const named = await findGivenPatient(trx, patient);
  return named === undefined || (await findSurvivingRecord(trx, named)) !== reading.patientId;
}
