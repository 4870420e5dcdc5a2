/** Writes a decision into the referral's own tables. Free text comes from the command's row, never through the workflow. */
import { tellEpisodesOfVisit } from '../../db/discharge/tell-contacts.ts';
import { publishFact } from '../../db/kit/publish-facts.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import {
  findManagementPlan,
  hasOtherOpenReferral,
  insertReferral,
  saveEnding,
  saveLegs,
  updateReferral,
} from '../../db/referral/write-referral.ts';
import type { DownReferralAccepted } from '../../domain/follow-up/events.ts';
import type { Refusal } from '../../domain/kit/pathway.ts';
import { hasPlanData, toHandedPlan } from '../../domain/referral/handed-plan.ts';
import type { ManagementPlan } from '../../domain/referral/management-plan.ts';
import { partyOf, type ReferralClock, type ReferralState } from '../../domain/referral/state.ts';
import { businessStatusOf, type ReferralStatus } from '../../domain/referral/transitions.ts';
import { instantOf } from '../../domain/time/sla-clock.ts';
import type { Projected, Projection } from '../kit/projection.ts';
import { oweStepMessage } from './hl7v2-deliveries.ts';
import { moveBooking, refuseSlot } from './slots.ts';

const dateOf = (at: number | null | undefined): Date | null => (at === null || at === undefined ? null : new Date(at));
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const toJson = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value));

async function projectReferral(trx: Trx, projected: Projected<ReferralState>): Promise<void> {
  const { pathwayId, before, after, event, texts } = projected;
  const status = after.status as ReferralStatus;
  const recipient = partyOf(after, 'recipient');
  const due = after.clock && instantOf(after.clock, 100);
  const shown = {
    status,
    patient_id: after.patientId,
    initiator_institution_id: after.initiator.institutionId,
    ...toQuestionText(after, texts),
    business_status: businessStatusOf(status),
    institution_id: recipient.institutionId,
    department_id: recipient.departmentId,
    sent_at: dateOf(after.sentAt),
    closed_at: dateOf(after.closedAt),
    due_at: dateOf(due),
  };
  await Promise.all([
    before.status === null
      ? insertReferral(trx, {
          id: pathwayId,
          ...shown,
          status_reason: after.statusReason,
          direction: after.direction,
          urgency: after.urgency,
          emergency: after.emergency,
          initiator_person_id: after.initiator.personId,
          reason: text(texts.reason) ?? '',
          summary: text(texts.summary),
          summary_data: toJson(texts.summaryData),
          consent: toJson(texts.consent),
          management_plan: toJson(texts.managementPlan),
          replaces_id: text(texts.replaces),
          override_reason: text(texts.overrideReason),
        })
      : updateReferral(trx, pathwayId, {
          ...shown,
          ...(after.status === before.status ? {} : { status_reason: after.statusReason ?? text(texts.reason) }),
          ...toConsent(texts),
          ...(event.name === 'edit-draft' ? toEditedDraft(after, texts) : {}),
        }),
    before.legs === after.legs ? undefined : saveLegs(trx, pathwayId, after.legs),
    before.pastAppointment !== after.pastAppointment || event.name === 'send-outcome'
      ? saveEnding(trx, pathwayId, { ...after, outcome: event.name === 'send-outcome' ? text(texts.note) : null })
      : undefined,
    before.closedAt === null && after.closedAt !== null ? publishClosing(trx, pathwayId, after) : undefined,
    after.followUpClock && after.followUpClock.id !== before.followUpClock?.id
      ? publishAcceptance(trx, pathwayId, after, after.followUpClock)
      : undefined,
    before.followUpClock !== null && event.name === 'send-outcome' ? tellFirstFollowUp(trx, pathwayId, after) : undefined,
    moveBooking(trx, pathwayId, { before: before.appointment?.slotId ?? null, after: after.appointment?.slotId ?? null, at: event.at }),
    oweStepMessage(trx, projected),
  ]);
}

/** What the patient has said stands until they say something else. */
const toConsent = ({ consent }: Record<string, unknown>) => (consent === undefined ? {} : { consent: toJson(consent) });

/** What the command leaves out stays as it is. */
const toEditedDraft = ({ urgency }: ReferralState, { reason, summary, managementPlan }: Record<string, unknown>) => ({
  urgency,
  ...(typeof reason === 'string' ? { reason } : {}),
  ...(typeof summary === 'string' ? { summary } : {}),
  ...(managementPlan === undefined ? {} : { management_plan: toJson(managementPlan) }),
});

/** The question stays until it is answered; a later step that says nothing of it leaves it as it is. */
function toQuestionText(
  { informationAskedAt }: ReferralState,
  { question }: Record<string, unknown>,
): { information_question?: string | null } {
  if (informationAskedAt === null) return { information_question: null };
  return typeof question === 'string' ? { information_question: question } : {};
}

/** A referral has closed: whoever counts visits of the patient counts anew after an outcome that was reviewed. */
const publishClosing = (
  trx: Trx,
  referralId: string,
  { patientId, initiator, closedAt, reviewedAt, status }: ReferralState,
): Promise<void> =>
  publishFact(trx, {
    type: 'referral-closed',
    messageId: `referral-closed:${referralId}:${closedAt}`,
    addressee: { type: 'patient', patientId },
    institutionId: initiator.institutionId,
    occurredAt: new Date(closedAt as number),
    input: { referralId, reviewed: status === 'completed' && reviewedAt !== null },
  });

/** The centre has seen the patient for the first time, which is a visit of every episode after a stay in hospital. */
const tellFirstFollowUp = (trx: Trx, referralId: string, state: ReferralState): Promise<void> =>
  tellEpisodesOfVisit(
    trx,
    {
      patientId: state.patientId,
      institutionId: partyOf(state, 'recipient').institutionId,
      at: new Date(),
      id: `first-follow-up:${referralId}`,
    },
    'clinic',
  );

/** The centre has the patient back, so that their follow-up goes on there. */
async function publishAcceptance(trx: Trx, referralId: string, state: ReferralState, clock: ReferralClock): Promise<void> {
  const stored = await findManagementPlan(trx, referralId);
  const plan = (stored ?? {}) as Partial<ManagementPlan>;
  const { institutionId } = partyOf(state, 'recipient');
  const input: Omit<DownReferralAccepted, 'occurredAt'> = {
    referralId,
    institutionId,
    firstFollowUpWithinSeconds: clock.budgetMs / 1_000,
    nextVisitOn: plan.nextVisitOn ?? null,
    ...(hasPlanData(plan) ? { plan: toHandedPlan(plan) } : {}),
  };
  await publishFact(trx, {
    type: 'down-referral-accepted',
    messageId: `down-referral-accepted:${referralId}:${clock.id}`,
    addressee: { type: 'patient', patientId: state.patientId },
    institutionId,
    occurredAt: new Date(clock.startedAt),
    input: { ...input },
  });
}

/** A second open referral of a patient to one department needs a reason; a slot has one booking. */
async function refuseReferral(trx: Trx, { pathwayId, before, after, event }: Projected<ReferralState>): Promise<Refusal | undefined> {
  const sent = before.sentAt === null && after.sentAt !== null;
  if (sent && !after.overridden && (await hasOtherOpenReferral(trx, pathwayId, after)))
    return { code: 'open-referral-exists', state: before.status };
  const slotId = after.appointment?.slotId ?? null;
  if (slotId !== null && slotId !== before.appointment?.slotId) return refuseSlot(trx, slotId, { ...after, status: before.status }, event);
  return undefined;
}

export const referralProjection: Projection<ReferralState> = { project: projectReferral, refuse: refuseReferral };
