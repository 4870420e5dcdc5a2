/** What the referral's own tables show of a decision. Free text comes from the command's row, never through the workflow. */

import { tellPathways } from '../../db/kit/pathway-news.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import type { DownReferralAccepted } from '../../domain/follow-up/handover.ts';
import type { Refusal } from '../../domain/kit/pathway.ts';
import { partyOf, type ReferralClock, type ReferralState } from '../../domain/referral/state.ts';
import { businessStatusOf, type ReferralStatus } from '../../domain/referral/transitions.ts';
import { instantOf } from '../../domain/time/sla-clock.ts';
import type { Projected, Projection } from '../kit/projection.ts';
import { oweHl7v2 } from './hl7v2-deliveries.ts';
import { bookSlot, refuseSlot } from './slots.ts';

const instant = (at: number | null | undefined): Date | null => (at === null || at === undefined ? null : new Date(at));
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const json = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value));

async function projectReferral(trx: Trx, projected: Projected<ReferralState>): Promise<void> {
  const { pathwayId, before, after, event, texts } = projected;
  const status = after.status as ReferralStatus;
  const recipient = partyOf(after, 'recipient');
  const due = after.clock && instantOf(after.clock, 100);
  const shown = {
    status,
    patient_id: after.patientId,
    initiator_institution_id: after.initiator.institutionId,
    information_question: after.informationAskedAt === null ? null : (text(texts.question) ?? undefined),
    business_status: businessStatusOf(status),
    institution_id: recipient.institutionId,
    department_id: recipient.departmentId,
    sent_at: instant(after.sentAt),
    closed_at: instant(after.closedAt),
    due_at: instant(due),
  };
  if (before.status === null) {
    await trx
      .insertInto('referral')
      .values({
        id: pathwayId,
        ...shown,
        status_reason: after.statusReason,
        direction: after.direction,
        urgency: after.urgency,
        emergency: after.emergency,
        initiator_person_id: after.initiator.personId,
        reason: text(texts.reason) ?? '',
        summary: text(texts.summary),
        consent: json(texts.consent),
        management_plan: json(texts.managementPlan),
        replaces_id: text(texts.replaces),
        override_reason: text(texts.overrideReason),
      })
      .execute();
  } else {
    const reason = after.status === before.status ? {} : { status_reason: after.statusReason ?? text(texts.reason) };
    const consent = event.name === 'record-consent' ? { consent: json(texts.consent) } : {};
    await trx
      .updateTable('referral')
      .set({ ...shown, ...reason, ...consent })
      .where('id', '=', pathwayId)
      .execute();
  }
  await writeLegs(trx, pathwayId, before, after);
  if (before.closedAt === null && after.closedAt !== null) await tellFollowUp(trx, pathwayId, after);
  if (after.followUpClock && after.followUpClock.id !== before.followUpClock?.id)
    await handOver(trx, pathwayId, after, after.followUpClock);
  await bookSlot(trx, pathwayId, before.appointment?.slotId ?? null, after.appointment?.slotId ?? null, event.at);
  await oweHl7v2(trx, projected);
}

/** Follow-up counts anew after an outcome that was reviewed. */
const tellFollowUp = (trx: Trx, referralId: string, { patientId, initiator, closedAt, reviewedAt, status }: ReferralState): Promise<void> =>
  tellPathways(trx, {
    type: 'referral-closed',
    messageId: `referral-closed:${referralId}:${closedAt}`,
    patientId,
    institutionId: initiator.institutionId,
    occurredAt: new Date(closedAt as number),
    input: { referralId, reviewed: status === 'completed' && reviewedAt !== null },
  });

/** The centre has the patient back: their follow-up goes on there. */
async function handOver(trx: Trx, referralId: string, state: ReferralState, clock: ReferralClock): Promise<void> {
  const { plan } = await trx
    .selectFrom('referral')
    .select('management_plan as plan')
    .where('id', '=', referralId)
    .executeTakeFirstOrThrow();
  const { institutionId } = partyOf(state, 'recipient');
  const input: Omit<DownReferralAccepted, 'occurredAt'> = {
    referralId,
    institutionId,
    firstFollowUpWithinSeconds: clock.budgetMs / 1_000,
    nextVisitOn: (plan as { nextVisitOn?: string } | null)?.nextVisitOn ?? null,
  };
  await tellPathways(trx, {
    type: 'down-referral-accepted',
    messageId: `down-referral-accepted:${referralId}:${clock.id}`,
    patientId: state.patientId,
    institutionId,
    occurredAt: new Date(clock.startedAt),
    input: { ...input },
  });
}

/** A second open referral of a patient to one department needs a reason; a slot has one booking. */
async function refuseReferral(trx: Trx, { pathwayId, before, after, event }: Projected<ReferralState>): Promise<Refusal | undefined> {
  const sent = before.sentAt === null && after.sentAt !== null;
  if (sent && !after.overridden && (await hasOpenReferral(trx, pathwayId, after)))
    return { code: 'open-referral-exists', state: before.status };
  const slotId = after.appointment?.slotId ?? null;
  if (slotId !== null && slotId !== before.appointment?.slotId) return refuseSlot(trx, slotId, after, event.at);
  return undefined;
}

async function hasOpenReferral(trx: Trx, referralId: string, { patientId, addressee, replacesId }: ReferralState): Promise<boolean> {
  // Two at once for one patient: the second waits here and then sees the first.
  await trx.selectFrom('patient').select('id').where('id', '=', patientId).forNoKeyUpdate().execute();
  const open = await trx
    .selectFrom('referral')
    .select('id')
    .where('patient_id', '=', patientId)
    .where('institution_id', '=', addressee.institutionId)
    .where('department_id', 'is not distinct from', addressee.departmentId)
    .where('sent_at', 'is not', null)
    .where('closed_at', 'is', null)
    .where('status', 'not in', ['completed', 'rejected'])
    .where('id', '<>', referralId)
    .where('id', 'is distinct from', replacesId)
    .limit(1)
    .executeTakeFirst();
  return open !== undefined;
}

export const referralProjection: Projection<ReferralState> = { project: projectReferral, refuse: refuseReferral };

async function writeLegs(trx: Trx, referralId: string, before: ReferralState, after: ReferralState): Promise<void> {
  if (before.legs === after.legs) return;
  // Old legs end before a new one begins: only one is current at any time.
  for (const leg of after.legs)
    await trx
      .insertInto('referral_leg')
      .values({
        referral_id: referralId,
        n: leg.n,
        institution_id: leg.institutionId,
        department_id: leg.departmentId,
        from_at: new Date(leg.from),
        to_at: instant(leg.to),
        end_reason: leg.endReason,
      })
      .onConflict((conflict) => conflict.columns(['referral_id', 'n']).doUpdateSet({ to_at: instant(leg.to), end_reason: leg.endReason }))
      .execute();
}
