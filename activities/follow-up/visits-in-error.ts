/** Marks a visit that was entered in error, in the transaction of the decision that judges the follow-up without it. */
import { lockResident } from '../../db/directory/resident-records.ts';
import { findAnsweredReferralsLocked, findVisitOrigin, isMarkedInError, markVisitInError } from '../../db/follow-up/visits-in-error.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import type { MarkVisitInError } from '../../domain/follow-up/events.ts';
import { describeUndone } from '../../domain/follow-up/mark-visit-in-error.ts';
import type { FollowUpState } from '../../domain/follow-up/state.ts';
import type { Actor, Refusal } from '../../domain/kit/pathway.ts';
import type { Projected } from '../kit/projection.ts';

/** Of two people who mark a visit one comes second. A referral that was answered between the question and the commit has to be looked at anew. */
export async function refuseSecondMark(trx: Trx, { before, event }: Projected<FollowUpState>): Promise<Refusal | undefined> {
  const { visitId, referrals, isReported = false } = event.input as MarkVisitInError;
  await lockResident(trx, before.patientId);
  if (await isMarkedInError(trx, visitId)) return { code: 'transition-not-allowed', state: 'entered-in-error', allowed: [] };
  if (isReported) return undefined;
  const answered = await findAnsweredReferralsLocked(
    trx,
    referrals.map(({ id }) => id),
  );
  return referrals.some(({ id, isAnswered }) => !isAnswered && answered.has(id)) ? { code: 'conflicts-with-records' } : undefined;
}

export async function markVisit(trx: Trx, { pathwayId, before, after, event, texts }: Projected<FollowUpState>): Promise<void> {
  const input = event.input as MarkVisitInError;
  const visit = await findVisitOrigin(trx, input.visitId);
  if (!visit) throw new Error('A visit that is marked has its record.');
  await markVisitInError(trx, {
    visit,
    reason: typeof texts.reason === 'string' ? texts.reason : '',
    at: new Date(event.at),
    by: { actor: event.actor as Actor, requestId: event.id },
    undone: describeUndone(pathwayId, before, after, input),
  });
}
