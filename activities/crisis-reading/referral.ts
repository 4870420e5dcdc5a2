/** The urgent referral that a confirmed crisis value starts, as a crisis at a visit of follow-up starts one. */
import { findOpenUrgentReferral } from '../../db/crisis-reading/crisis-readings.ts';
import { lockResident } from '../../db/directory/resident-records.ts';
import { publishFact } from '../../db/kit/publish-facts.ts';
import { storeRelayedCommand } from '../../db/kit/relayed-commands.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { findFirstHospital } from '../../db/referral/first-hospital.ts';
import { loadReferralInput, referralPolicy } from '../../db/referral/referrals.ts';
import { defaultFollowUpConfiguration } from '../../domain/alliance/configuration.ts';
import { type CrisisReadingState, worstOf } from '../../domain/crisis-reading/state.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { ReadingKind } from '../../domain/readings/reading.ts';
import type { CreateReferral } from '../../domain/referral/events.ts';
import { toShanghaiMinute } from '../../domain/time/shanghai.ts';

interface NewReferral {
  /** The id that the referral gets unless an urgent one is open already. */
  referralId: string;
  isDraft: boolean;
  actor: Actor;
  at: Date;
  eventId: string;
}

/**
 * Stores the referral's creating command with the confirmation, so that neither exists without the other. Somebody who may not refer writes a draft, which
 * a doctor has to send within the time of the confirmation. Where an urgent referral is open already, whoever has written it, the value joins that one.
 * Whoever counts visits of the resident hears of either. Resolves with the id of the referral.
 */
export async function startReferral(
  trx: Trx,
  { patientId, values, plan }: Pick<CrisisReadingState, 'patientId' | 'values' | 'plan'>,
  start: NewReferral,
): Promise<string> {
  // The end of a referral is told under the same lock, so that no follow-up hears of it before it hears that it counts on the referral.
  await lockResident(trx, patientId);
  const open = await findOpenUrgentReferral(trx, patientId);
  if (open === undefined) await createUrgentReferral(trx, { patientId, values, plan }, start);
  const started = open ?? start.referralId;
  await publishFact(trx, {
    type: 'crisis-referral-started',
    messageId: `crisis-referral-started:${started}:${start.referralId}`,
    addressee: { type: 'patient', patientId },
    institutionId: start.actor.institutionId,
    occurredAt: start.at,
    input: { referralId: started },
  });
  return started;
}

async function createUrgentReferral(
  trx: Trx,
  { patientId, values, plan }: Pick<CrisisReadingState, 'patientId' | 'values' | 'plan'>,
  { referralId, isDraft, actor, eventId }: NewReferral,
): Promise<void> {
  const worst = worstOf(values);
  const { configuration } = await loadGround(trx, patientId, actor, undefined);
  const codes = configuration.followUp?.departmentCodes ?? defaultFollowUpConfiguration.departmentCodes;
  const to = await findFirstHospital(trx, worst ? (codes[diseaseOf(worst.kind)] ?? null) : null);
  const ground = await loadGround(trx, patientId, actor, to);
  const policy = referralPolicy(ground, 'up');
  const input: CreateReferral = {
    draft: isDraft,
    patientId,
    direction: 'up',
    urgency: 'urgent',
    emergency: true,
    consentGiven: false,
    overridden: true,
    replacesId: null,
    initiatorDepartmentId: ground.initiatorDepartmentId,
    addressee: to,
    policy: {
      ...policy,
      budgetsSeconds: { ...policy.budgetsSeconds, draft: { ...policy.budgetsSeconds.draft, urgent: plan.dueWithinSeconds } },
    },
  };
  await storeRelayedCommand(trx, {
    key: `crisis-reading:${referralId}`,
    operation: 'createReferral',
    requestId: eventId,
    pathwayId: referralId,
    pathwayKind: 'referral',
    name: 'create',
    actor,
    input,
    texts: {
      reason: '危急值经核实，紧急转诊',
      summary: worst ? `${words[worst.kind]} ${worst.value} ${worst.unit}（${toShanghaiMinute(new Date(worst.measuredAt))}）` : undefined,
      overrideReason: 'crisis-reading',
    },
  });
}

const loadGround = (trx: Trx, patientId: string, actor: Actor, to: { institutionId: string; departmentId: string | null } | undefined) =>
  loadReferralInput(trx, {
    patientId,
    toInstitutionId: to?.institutionId ?? actor.institutionId,
    toDepartmentId: to?.departmentId ?? undefined,
    personId: actor.personId,
    institutionId: actor.institutionId,
    direction: 'up',
  });

const diseaseOf = (kind: ReadingKind): 'hypertension' | 'diabetes' => (kind === 'blood-pressure' ? 'hypertension' : 'diabetes');

const words: Record<ReadingKind, string> = {
  'blood-pressure': '血压',
  'fasting-glucose': '空腹血糖',
  'random-glucose': '随机血糖',
  'heart-rate': '心率',
  weight: '体重',
  temperature: '体温',
};
