/** Facts that are held because nobody can be sure whom they mean, and the review that each of them gets. */
import { v7 as uuid } from 'uuid';
import type { VisitFact } from '../../domain/discharge/visit-facts.ts';
import type { PatientFact, PersonReport, RetractingReport } from '../../domain/kit/facts.ts';
import type { HeldReadingsFact } from '../../domain/readings/reading.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { contradict } from '../identity-check/contradiction.ts';
import type { Trx } from '../kit/transaction.ts';
import { listRecordsLeadingToSurvivor } from './resident-records.ts';
import type { IdentityReviewTable } from './tables.ts';

export type HoldReason = IdentityReviewTable['reason'];

/** The types of facts that may be held. */
export type HeldFactType = VisitFact | PatientFact | HeldReadingsFact | RetractingReport | PersonReport;

/** Returns why somebody has to look at the fact first, or undefined when everything is certain. */
export async function findReasonToHold(
  trx: Trx,
  patientId: string | undefined,
  { survivorPatientId }: { survivorPatientId?: string },
  { type, occurredAt }: { type: HeldFactType; occurredAt: Date },
): Promise<HoldReason | undefined> {
  if (patientId === undefined) return 'unknown-patient';
  if (type === 'patient-died' && (await isBeforeBirth(trx, patientId, occurredAt))) return 'died-before-birth';
  if (survivorPatientId === undefined) return undefined;
  const survivors = await listRecordsLeadingToSurvivor(trx, survivorPatientId);
  if (survivors.length === 0) return 'unknown-survivor';
  if (survivors.includes(patientId)) return 'merge-cycle';
  if (await contradict(trx, patientId, survivorPatientId)) return 'merger-contradicts';
  const records = await listRecordsLeadingToSurvivor(trx, patientId);
  const isMerged = records.length > 1;
  return isMerged && records.at(-1) !== survivors.at(-1) ? 'merged-already' : undefined;
}

async function isBeforeBirth(trx: Trx, patientId: string, at: Date): Promise<boolean> {
  const { birth_date: birthDate } = await trx
    .selectFrom('patient')
    .select('birth_date')
    .where('id', '=', patientId)
    .executeTakeFirstOrThrow();
  return localDateOf(at.getTime()) < birthDate;
}

export async function openReview(
  trx: Trx,
  { factId, reason, institutionId }: { factId: string; reason: HoldReason; institutionId: string },
): Promise<void> {
  await trx.insertInto('identity_review').values({ id: uuid(), fact_id: factId, reason, institution_id: institutionId }).execute();
}
