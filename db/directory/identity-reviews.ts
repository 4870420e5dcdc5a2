/** Facts that wait until a person says whom they mean, and what was said. */
import { sql } from 'kysely';
import { isOnlyToDismiss, resolveVisitReview } from '../discharge/visits/resolve-visit-review.ts';
import type { Database } from '../kit/database.ts';
import { waitingBehindFact } from '../kit/registry.ts';
import type { Trx } from '../kit/transaction.ts';
import { auditFact, type RecordedBy } from './fact-audit.ts';
import { applyFact, type FactDetails } from './facts.ts';
import { findGivenPatient } from './given-patient.ts';
import { findReasonToHold, type HeldFactType, type HoldReason, openReview } from './held-facts.ts';
import { applyReportedPerson } from './reported-persons.ts';
import { holdRecordsTogether } from './resident-records.ts';
import { undoRetracted } from './retracted-facts.ts';

export interface IdentityReview {
  id: string;
  reason: HoldReason;
  institutionId: string;
  openedAt: Date;
  resolvedAt: Date | null;
  resolvedById: string | null;
  /** whom the fact was said to mean (of a merger whose survivor was in doubt: the survivor); null while open, and for a fact that was dismissed */
  patientId: string | null;
  dismissReason: string | null;
  fact: {
    id: string;
    type: HeldFactType;
    source: string;
    messageId: string;
    occurredAt: Date;
    recordedAt: Date;
    givenPatientId: string | null;
    localIdSystem: string | null;
    localIdValue: string | null;
    /** The patient whom the fact concerns, where that was certain from the beginning. */
    patientId: string | null;
    details: FactDetails;
  };
}

export interface ReviewFilter {
  status: 'open' | 'resolved';
  /** Only reviews of this institution; undefined for those of all. */
  institutionId: string | undefined;
}

const reviews = sql`
  select review.id, review.reason, review.institution_id as "institutionId", review.opened_at as "openedAt", review.resolved_at as "resolvedAt",
    review.resolved_by ->> 'personId' as "resolvedById", review.patient_id as "patientId", review.dismiss_reason as "dismissReason",
    fact.id as "factId", fact.type, fact.source, fact.message_id as "messageId", fact.occurred_at as "occurredAt", fact.recorded_at as "recordedAt",
    fact.given_patient_id as "givenPatientId", fact.local_id_system as "localIdSystem", fact.local_id_value as "localIdValue",
    fact.patient_id as "factPatientId", fact.details
  from identity_review as review join fact on fact.id = review.fact_id`;

type FlatReview = Omit<IdentityReview, 'fact'> &
  Omit<IdentityReview['fact'], 'id' | 'patientId'> & { factId: string; factPatientId: string | null };

function asReview(row: FlatReview): IdentityReview {
  const { id, reason, institutionId, openedAt, resolvedAt, resolvedById, patientId, dismissReason, factId, factPatientId, ...fact } = row;
  const review = { id, reason, institutionId, openedAt, resolvedAt, resolvedById, patientId, dismissReason };
  return { ...review, fact: { ...fact, id: factId, patientId: factPatientId } };
}

/** Oldest first. One more than `limit` when there are more. */
export async function listIdentityReviews(
  db: Database,
  { status, institutionId }: ReviewFilter,
  { limit, after }: { limit: number; after: string | undefined },
): Promise<IdentityReview[]> {
  const { rows } = await sql<FlatReview>`
    ${reviews}
    where (review.resolved_at is null) = ${status === 'open'}
      and (${institutionId ?? null}::text is null or review.institution_id = ${institutionId ?? null})
      and (${after ?? null}::uuid is null or review.id > ${after ?? null})
    order by review.id limit ${limit + 1}`.execute(db);
  return rows.map(asReview);
}

export async function findIdentityReview(db: Database, id: string): Promise<IdentityReview | undefined> {
  const { rows } = await sql<FlatReview>`${reviews} where review.id = ${id}`.execute(db);
  return rows[0] && asReview(rows[0]);
}

export type Resolution = { patientId: string } | { dismissReason: string };

/**
 * resolved: once and for all; the fact has taken effect or is dismissed. closed: somebody was quicker. unknown-patient: no such patient.
 * unsuitable: with this patient the fact could not take effect either.
 */
export type Resolving = 'resolved' | 'closed' | 'unknown-patient' | 'unsuitable';

export async function resolveIdentityReview(
  trx: Trx,
  { id, reason, fact }: IdentityReview,
  resolution: Resolution,
  resolvedAt: Date,
  by: RecordedBy,
): Promise<Resolving> {
  // What waits behind a fact may come from another sender at this moment too, so readings wait here as mergers do.
  await holdRecordsTogether(trx, {
    merging: fact.type === 'patients-merged' || fact.type === 'fact-retracted' || waitingBehindFact[fact.type] !== undefined,
  });
  const review = await trx.selectFrom('identity_review').select('resolved_at').where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
  if (review.resolved_at !== null) return 'closed';

  const close = (values: { patient_id: string } | { dismiss_reason: string }) =>
    trx
      .updateTable('identity_review')
      .set({ ...values, resolved_at: sql<Date>`now()`, resolved_by: JSON.stringify(by.actor) })
      .where('id', '=', id)
      .execute();
  const audited = { factId: fact.id, occurredAt: fact.occurredAt };

  if ('dismissReason' in resolution) {
    await close({ dismiss_reason: resolution.dismissReason });
    // What only contradicts something counts all the same.
    if (!isOnlyToDismiss(reason)) await trx.updateTable('fact').set({ status: 'dismissed' }).where('id', '=', fact.id).execute();
    await waitingBehindFact[fact.type]?.dismiss(trx, fact.id);
    await auditFact(trx, by, { ...audited, action: 'identity-review.dismiss', patientId: fact.patientId, code: reason });
    return 'resolved';
  }

  if (fact.details.visitNumber !== undefined) {
    const released = await resolveVisitReview(trx, { reason, factId: fact.id }, resolution.patientId, by, async (reviewId) => {
      await resolveIdentityReview(trx, (await findIdentityReview(trx, reviewId)) as IdentityReview, resolution, resolvedAt, by);
    });
    if (released === 'resolved')
      await auditFact(trx, by, { ...audited, action: 'identity-review.resolve', patientId: resolution.patientId, code: reason });
    return released;
  }

  const named = await findGivenPatient(trx, resolution);
  if (named === undefined) return 'unknown-patient';
  const { retracts, correction } = fact.details;
  if (retracts || correction) {
    const done = retracts ? await undoRetracted(trx, retracts, named, by) : await applyReportedPerson(trx, named, correction ?? {}, by);
    if (!done) return 'unsuitable';
    await close({ patient_id: named });
    await trx.updateTable('fact').set({ status: 'recorded', patient_id: named }).where('id', '=', fact.id).execute();
    await auditFact(trx, by, { ...audited, action: 'identity-review.resolve', patientId: named, code: reason });
    return 'resolved';
  }
  const { patientId, details } = withAnswer({ reason, fact }, named);
  const stillInDoubt = await findReasonToHold(trx, patientId, details, fact);
  // Whom the fact means is known now. If the record that it goes over into is in doubt as well, that is another question.
  if (stillInDoubt && reason !== 'unknown-patient') return 'unsuitable';
  await close({ patient_id: named });
  if (stillInDoubt) {
    await trx.updateTable('fact').set({ patient_id: patientId }).where('id', '=', fact.id).execute();
    await openReview(trx, { factId: fact.id, reason: stillInDoubt, institutionId: by.actor.institutionId });
  } else {
    const survivorId = await applyFact(trx, { id: fact.id, type: fact.type, occurredAt: fact.occurredAt, patientId, details });
    await waitingBehindFact[fact.type]?.record(trx, fact.id, survivorId, { now: resolvedAt, by });
  }
  await auditFact(trx, by, { ...audited, action: 'identity-review.resolve', patientId, code: stillInDoubt ?? null });
  return 'resolved';
}

/** The patient named answers the question that was open: who died, moved, was admitted; or into which record another one goes over. */
function withAnswer({ reason, fact }: Pick<IdentityReview, 'reason' | 'fact'>, named: string): { patientId: string; details: FactDetails } {
  if (reason === 'unknown-patient' || reason === 'died-before-birth') return { patientId: named, details: fact.details };
  return { patientId: fact.patientId as string, details: { ...fact.details, survivorPatientId: named } };
}
