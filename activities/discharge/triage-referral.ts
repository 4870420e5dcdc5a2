/** The urgent referral that a triage asks for, as a crisis at a visit of follow-up starts one: stored with the decision, sent by the relay. */
import { findOpenUrgentReferral } from '../../db/crisis-reading/crisis-readings.ts';
import { lockResident } from '../../db/directory/resident-records.ts';
import { storeRelayedCommand } from '../../db/kit/relayed-commands.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { loadReferralInput, referralPolicy } from '../../db/referral/referrals.ts';
import type { AnswerTriage } from '../../domain/discharge/events.ts';
import type { DischargeState } from '../../domain/discharge/state.ts';
import { needsReferral } from '../../domain/discharge/triage-actions.ts';
import { mayRefer } from '../../domain/follow-up/visits.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { CreateReferral } from '../../domain/referral/events.ts';
import type { Projected } from '../kit/projection.ts';

/** The members of the body from which the referral is made. */
interface ReferralTexts {
  toInstitutionId?: string;
  toDepartmentId?: string;
  consent?: { given: boolean; recordedAt: string };
}

/**
 * From the centre to the hospital of the stay unless another one is named. A doctor of the centre sends it at once, the consent may follow; of anybody else
 * it is a draft that a doctor of the centre sends. Where an urgent referral is open already, that one goes on.
 */
export async function referAfterTriage(trx: Trx, { after, event, texts }: Projected<DischargeState>): Promise<void> {
  const { action, referralId } = event.input as AnswerTriage;
  if (!needsReferral({ action }) || referralId === undefined) return;
  const { patientId, centreId, hospitalId, departmentId } = after;
  await lockResident(trx, patientId);
  if ((await findOpenUrgentReferral(trx, patientId)) !== undefined) return;
  const { toInstitutionId, toDepartmentId, consent } = (texts.referral ?? {}) as ReferralTexts;
  const to =
    toInstitutionId === undefined
      ? { institutionId: hospitalId, departmentId }
      : { institutionId: toInstitutionId, departmentId: toDepartmentId ?? null };
  const by = event.actor as Actor;
  const actor: Actor = { ...by, institutionId: centreId };
  const ground = await loadReferralInput(trx, {
    patientId,
    toInstitutionId: to.institutionId,
    toDepartmentId: to.departmentId ?? undefined,
    personId: actor.personId,
    institutionId: centreId,
    direction: 'up',
  });
  const input: CreateReferral = {
    draft: by.institutionId !== centreId || !mayRefer(by),
    patientId,
    direction: 'up',
    urgency: 'urgent',
    emergency: true,
    consentGiven: consent?.given === true,
    overridden: true,
    replacesId: null,
    initiatorDepartmentId: ground.initiatorDepartmentId,
    addressee: to,
    policy: referralPolicy(ground, 'up'),
  };
  await storeRelayedCommand(trx, {
    key: `triage:${referralId}`,
    operation: 'createReferral',
    requestId: event.id,
    pathwayId: referralId,
    pathwayKind: 'referral',
    name: 'create',
    actor,
    input,
    texts: { reason: '出院后反映的情况经分诊，紧急转诊', summary: texts.note, consent, overrideReason: 'discharge' },
  });
}
