/** The identity reviews of messages about stays: opened and closed by what the messages say together. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { contradictionReasons, type IdentityReviewTable } from '../../directory/tables.ts';
import type { Trx } from '../../kit/transaction.ts';

type ReviewReason = IdentityReviewTable['reason'];

export interface WantedReview {
  factId: string;
  hospitalId: string;
  reason: ReviewReason;
}

/** What the messages decide by themselves. That an episode is over stays so, and people dismiss it. */
const closedByMessages: readonly ReviewReason[] = [
  'unknown-patient',
  'visit-of-another-patient',
  ...contradictionReasons.filter((reason) => reason !== 'episode-over'),
];

/** Whoever a review is closed by when its question does not arise any more. */
const BY_ITSELF = { personId: 'carepath', role: 'system' };

/**
 * Opens the reviews that are wanted and not there, and closes those of the same messages that are wanted no more. What somebody has dismissed is not asked
 * again. `patientId`: the resident whom the messages mean by now.
 */
export async function updateReviews(
  trx: Trx,
  { factIds, wanted, patientId }: { factIds: readonly string[]; wanted: readonly WantedReview[]; patientId: string },
): Promise<void> {
  if (factIds.length === 0) return;
  const known = await trx
    .selectFrom('identity_review')
    .select(['id', 'fact_id as factId', 'reason', 'resolved_at as resolvedAt', 'dismiss_reason as dismissReason'])
    .where('fact_id', '=', sql<string>`any(${[...factIds]}::uuid[])`)
    .execute();
  const isSame = (one: { factId: string; reason: ReviewReason }, other: { factId: string; reason: ReviewReason }) =>
    one.factId === other.factId && one.reason === other.reason;
  const missing = wanted.filter(
    (one) => !known.some((review) => isSame(one, review) && (review.resolvedAt === null || review.dismissReason !== null)),
  );
  const unwanted = known.filter(
    (review) => review.resolvedAt === null && closedByMessages.includes(review.reason) && !wanted.some((one) => isSame(one, review)),
  );
  if (missing.length > 0)
    await trx
      .insertInto('identity_review')
      .values(missing.map(({ factId, hospitalId, reason }) => ({ id: uuid(), fact_id: factId, reason, institution_id: hospitalId })))
      .execute();
  if (unwanted.length > 0)
    await sql`
      update identity_review set resolved_at = now(), resolved_by = ${JSON.stringify(BY_ITSELF)}::jsonb, patient_id = ${patientId}
      where id = any(${unwanted.map(({ id }) => id)}::uuid[])`.execute(trx);
}
