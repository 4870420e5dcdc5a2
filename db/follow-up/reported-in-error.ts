/** A system says of a reading, or of a whole visit, that it was entered in error. The fact is stored and never refused, and takes effect at once. */
import { v7 as uuid } from 'uuid';
import { auditFact, type RecordedBy } from '../directory/fact-audit.ts';
import { type FactReceipt, findRepeated, type ReportedFact } from '../directory/facts.ts';
import { findGivenPatient, givenColumns } from '../directory/given-patient.ts';
import { findSurvivingRecord } from '../directory/resident-records.ts';
import type { Trx } from '../kit/transaction.ts';
import { findReadingOfMessage, findReadingOrigin, markReadingEnteredInError } from '../readings/entered-in-error.ts';
import { takeVisitBack } from './take-visit-back.ts';
import { findVisitOrigin } from './visits-in-error.ts';

export type InErrorReport = Pick<ReportedFact, 'source' | 'messageId' | 'occurredAt' | 'bodyHash'> & {
  /** As the message names them; undefined where it names only the entry. */
  patient: ReportedFact['patient'] | undefined;
  entry: NamedEntry;
};

/** A reading by our id or by the message that has brought it, or a visit by its id or by that of one of its parts. */
export type NamedEntry = { readingId: string } | { source: string; messageId: string } | { visitId: string };

/** What was entered in error, if it is known here. */
interface FoundEntry {
  /** The record that is kept up. */
  patientId: string;
  takeBack: (trx: Trx) => Promise<unknown>;
}

/** Stores the fact and takes the entry back. One that nobody knows, or of somebody else than the message names, stays; the audit says why. */
export async function recordInError(trx: Trx, report: InErrorReport, by: RecordedBy): Promise<FactReceipt> {
  const earlier = await findRepeated(trx, report, by);
  if (earlier) return earlier;
  const entry = await findEntry(trx, report.entry, by);
  const isOfOther = entry !== undefined && (await isAboutSomebodyElse(trx, entry, report.patient));
  const patientId = entry && !isOfOther ? entry.patientId : null;
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
      details: JSON.stringify('visitId' in report.entry ? report.entry : { reading: report.entry }),
      body_hash: report.bodyHash,
      status: patientId === null ? 'dismissed' : 'recorded',
      patient_id: patientId,
    })
    .onConflict((conflict) => conflict.columns(['source', 'message_id']).doNothing())
    .executeTakeFirst();
  if (stored.numInsertedOrUpdatedRows === 0n) return (await findRepeated(trx, report, by)) as FactReceipt;
  if (patientId !== null) await entry?.takeBack(trx);
  await auditFact(trx, by, {
    action: 'fact.entered-in-error',
    factId,
    occurredAt: report.occurredAt,
    patientId,
    code: entry === undefined ? ('visitId' in report.entry ? 'unknown-visit' : 'unknown-reading') : isOfOther ? 'other-patient' : null,
  });
  return { factId, duplicate: false };
}

const REASON = 'entered-in-error';

async function findEntry(trx: Trx, named: NamedEntry, by: RecordedBy): Promise<FoundEntry | undefined> {
  if ('visitId' in named) {
    const visit = await findVisitOrigin(trx, named.visitId);
    return visit && { patientId: visit.patientId, takeBack: (within) => takeVisitBack(within, visit.id, { reason: REASON, by }) };
  }
  const reading =
    'readingId' in named ? await findReadingOrigin(trx, named.readingId) : await findReadingOfMessage(trx, named.source, named.messageId);
  const marking = { reason: REASON, at: new Date(), by };
  return reading && { patientId: reading.patientId, takeBack: (within) => markReadingEnteredInError(within, reading, marking) };
}

async function isAboutSomebodyElse(
  trx: Trx,
  { patientId }: Pick<FoundEntry, 'patientId'>,
  patient: ReportedFact['patient'] | undefined,
): Promise<boolean> {
  if (!patient) return false;
  const named = await findGivenPatient(trx, patient);
  return named === undefined || (await findSurvivingRecord(trx, named)) !== patientId;
}
