/** A report that changes nothing by itself: it is stored with its review, and a person decides. */
import { v7 as uuid } from 'uuid';
import type { PersonReport, RetractingReport } from '../../domain/kit/facts.ts';
import type { Trx } from '../kit/transaction.ts';
import { auditFact, type RecordedBy } from './fact-audit.ts';
import { type FactDetails, type FactReceipt, findRepeated, type ReportedFact } from './facts.ts';
import { givenColumns } from './given-patient.ts';
import { type HoldReason, openReview } from './held-facts.ts';

export interface HeldReport extends Pick<ReportedFact, 'source' | 'messageId' | 'occurredAt' | 'bodyHash' | 'patient'> {
  type: RetractingReport | PersonReport;
  reason: HoldReason;
  details: FactDetails;
  /** Whom it concerns, where that is certain. */
  patientId: string | null;
}

/** A repeated message is stored once. The institution that has sent it decides. */
export async function holdReport(
  trx: Trx,
  { type, reason, details, patientId, ...report }: HeldReport,
  by: RecordedBy,
): Promise<FactReceipt> {
  const earlier = await findRepeated(trx, report, by);
  if (earlier) return earlier;
  const factId = uuid();
  const stored = await trx
    .insertInto('fact')
    .values({
      id: factId,
      source: report.source,
      message_id: report.messageId,
      type,
      occurred_at: report.occurredAt,
      sender_id: by.actor.personId,
      sender_institution_id: by.actor.institutionId,
      ...givenColumns(report.patient),
      details: JSON.stringify(details),
      body_hash: report.bodyHash,
      status: 'held',
      patient_id: patientId,
    })
    .onConflict((conflict) => conflict.columns(['source', 'message_id']).doNothing())
    .executeTakeFirst();
  if (stored.numInsertedOrUpdatedRows === 0n) return (await findRepeated(trx, report, by)) as FactReceipt;
  await openReview(trx, { factId, reason, institutionId: by.actor.institutionId });
  await auditFact(trx, by, { action: `fact.${type}`, factId, occurredAt: report.occurredAt, patientId, code: reason });
  return { factId, duplicate: false };
}
