/**
 * A system takes back a death, a merger or an admission that it has reported. The fact is stored and never refused; a person decides whether what was reported is
 * undone, because others may have said the same.
 */
import { undoReportedAdmission } from '../discharge/visits/undo-admission.ts';
import { undoReportedDeath } from '../identity-check/deaths.ts';
import { undoReportedMerger } from '../identity-check/mergers.ts';
import type { Trx } from '../kit/transaction.ts';
import type { RecordedBy } from './fact-audit.ts';
import type { FactReceipt, ReportedFact } from './facts.ts';
import { holdReport } from './held-reports.ts';
import { listRecordsOfResident } from './resident-records.ts';

export interface MessageName {
  source: string;
  messageId: string;
}

export type RetractionReport = Pick<ReportedFact, 'source' | 'messageId' | 'occurredAt' | 'bodyHash'> & {
  /** As the message names them; undefined where it names only what it takes back. */
  patient: ReportedFact['patient'] | undefined;
  retracts: MessageName;
};

interface RetractedFact {
  id: string;
  type: string;
  status: string;
  patientId: string | null;
}

/** Stores the report with its review. A repeated message is stored once. */
export async function recordRetraction(trx: Trx, report: RetractionReport, by: RecordedBy): Promise<FactReceipt> {
  const retracted = await findFact(trx, report.retracts);
  const { patient = { patientId: retracted?.patientId ?? '' }, retracts } = report;
  const held = { ...report, patient, type: 'fact-retracted', reason: 'fact-retracted', details: { retracts } } as const;
  return holdReport(trx, { ...held, patientId: retracted?.patientId ?? null }, by);
}

/**
 * Undoes what was reported, of this patient. False, and nothing is written, where there is nothing to undo: the message is unknown, has no effect any
 * more, is about somebody else, or reports neither a death, nor a merger, nor an admission.
 */
export async function undoRetracted(trx: Trx, retracts: MessageName, patientId: string, by: RecordedBy): Promise<boolean> {
  const fact = await findFact(trx, retracts);
  if (fact?.status !== 'recorded' || fact.patientId === null) return false;
  if (!(await listRecordsOfResident(trx, fact.patientId)).includes(patientId)) return false;
  switch (fact.type) {
    case 'patient-died':
      return undoReportedDeath(trx, { factId: fact.id, patientId: fact.patientId }, by);
    case 'patients-merged':
      return undoReportedMerger(trx, { factId: fact.id, patientId: fact.patientId }, by);
    case 'patient-admitted':
      return undoReportedAdmission(trx, { factId: fact.id, patientId: fact.patientId });
    default:
      return false;
  }
}

const findFact = (trx: Trx, { source, messageId }: MessageName): Promise<RetractedFact | undefined> =>
  trx
    .selectFrom('fact')
    .select(['id', 'type', 'status', 'patient_id as patientId'])
    .where('source', '=', source)
    .where('message_id', '=', messageId)
    .executeTakeFirst();
