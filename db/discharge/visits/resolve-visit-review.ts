/** Somebody says whom the messages under a number mean: all of them that wait count from then on. */
import { sql } from 'kysely';
import type { RecordedBy } from '../../directory/fact-audit.ts';
import { findGivenPatient } from '../../directory/given-patient.ts';
import { lockResident } from '../../directory/resident-records.ts';
import { contradictionReasons, type IdentityReviewTable } from '../../directory/tables.ts';
import type { Trx } from '../../kit/transaction.ts';
import { settleStays } from './settle-stays.ts';

interface AskedReview {
  reason: IdentityReviewTable['reason'];
  factId: string;
}

/** What contradicts what stands can be looked at and dismissed; there is nobody to name. */
export const isOnlyToDismiss = (reason: IdentityReviewTable['reason']): boolean =>
  contradictionReasons.some((contradiction) => contradiction === reason);

/**
 * `resolveOther` resolves the review of a fact that is no message of a stay and waits for the same answer: a death that a message has told beside the stay.
 * It comes first, so that an episode which begins now begins with it.
 */
export async function resolveVisitReview(
  trx: Trx,
  { reason, factId }: AskedReview,
  patientId: string,
  by: RecordedBy,
  resolveOther: (reviewId: string) => Promise<void>,
): Promise<'resolved' | 'unknown-patient' | 'unsuitable'> {
  const named = await findGivenPatient(trx, { patientId });
  if (named === undefined) return 'unknown-patient';
  if (isOnlyToDismiss(reason)) return 'unsuitable';
  const { recordIds } = await lockResident(trx, named);
  const waiting = await listWaiting(trx, { reason, factId });
  // A stay is one person's: whoever is named must be the one whose stay it is.
  if (reason === 'visit-of-another-patient' && waiting.some(({ ofPatientId }) => ofPatientId !== null && !recordIds.includes(ofPatientId)))
    return 'unsuitable';
  for (const other of waiting.filter(({ visitId }) => visitId === null)) await resolveOther(other.reviewId);
  const messages = waiting.filter(({ visitId }) => visitId !== null);
  const ids = sql`any(${messages.map((one) => one.factId)}::uuid[])`;
  await sql`update visit_message set patient_id = ${named} where fact_id = ${ids}`.execute(trx);
  await sql`
    update visit set patient_id = ${named}
    where patient_id is null and id = any(${messages.map(({ visitId }) => visitId)}::uuid[])`.execute(trx);
  await sql`
    update identity_review set resolved_at = now(), resolved_by = ${JSON.stringify(by.actor)}::jsonb, patient_id = ${named}
    where resolved_at is null and reason = ${reason} and fact_id = ${ids}`.execute(trx);
  await sql`update fact set patient_id = ${named} where id = ${ids}`.execute(trx);
  await openForOthersStays(trx, messages, recordIds);
  await settleStays(trx, named);
  return 'resolved';
}

interface Waiting {
  factId: string;
  reviewId: string;
  hospitalId: string;
  /** Null for what is no message of a stay. */
  visitId: string | null;
  /** Whose stay it is, as far as that is known. */
  ofPatientId: string | null;
}

/** Of an unknown patient all that waits under the number; else what waits under it about the same stay. */
async function listWaiting(trx: Trx, { reason, factId }: AskedReview): Promise<Waiting[]> {
  const { rows } = await sql<Waiting>`
    select fact.id as "factId", review.id as "reviewId", review.institution_id as "hospitalId", message.visit_id as "visitId",
      visit.patient_id as "ofPatientId"
    from fact as asked
      left join visit_message as asked_message on asked_message.fact_id = asked.id
      join fact on fact.status = 'held' and fact.given_patient_id is not distinct from asked.given_patient_id
        and fact.local_id_system is not distinct from asked.local_id_system and fact.local_id_value is not distinct from asked.local_id_value
      join identity_review as review on review.fact_id = fact.id and review.resolved_at is null and review.reason = ${reason}
      left join visit_message as message on message.fact_id = fact.id
      left join visit on visit.id = message.visit_id
    where asked.id = ${factId}
      and (message.visit_id is null and fact.type = 'patient-died' or message.visit_id is not null
        and (${reason} = 'unknown-patient' or message.visit_id = asked_message.visit_id))
    order by fact.id`.execute(trx);
  return rows;
}

/** Whom a message means is known now; that it is about another person's stay is another question. */
async function openForOthersStays(trx: Trx, messages: readonly Waiting[], recordIds: readonly string[]): Promise<void> {
  const ofOthers = messages.filter(({ ofPatientId }) => ofPatientId !== null && !recordIds.includes(ofPatientId));
  if (ofOthers.length === 0) return;
  await sql`
    insert into identity_review (id, fact_id, reason, institution_id)
    select gen_random_uuid(), (row ->> 'factId')::uuid, 'visit-of-another-patient', row ->> 'hospitalId'
    from jsonb_array_elements(${JSON.stringify(ofOthers)}::jsonb) as row`.execute(trx);
}
