/** The down referral by which a hospital hands a patient to their centre: its creating command is stored with the decision, and the relay sends it. */
import type { HandedOver } from '../../domain/discharge/handed-over.ts';
import type { CreateReferral } from '../../domain/referral/events.ts';
import type { ManagementPlan } from '../../domain/referral/management-plan.ts';
import type { LocalDate } from '../../domain/time/local-date.ts';
import { storeRelayedCommand } from '../kit/relayed-commands.ts';
import type { Trx } from '../kit/transaction.ts';
import { loadReferralInput, referralPolicy } from '../referral/referrals.ts';
import { idOfHandOver } from './hand-overs.ts';

interface ToCentre {
  episodeId: string;
  patientId: string;
  hospitalId: string;
  /** The ward. */
  departmentId: string | null;
  centreId: string;
  /** Whoever wrote the plan. */
  personId: string;
  nextVisitOn: LocalDate | null;
  handedOver: HandedOver;
  requestId: string;
}

/** A draft: the ward sends it when the patient has consented to it, which a plan does not say. */
export async function referToCentre(trx: Trx, asked: ToCentre): Promise<void> {
  const { episodeId, patientId, hospitalId, departmentId, centreId, personId, nextVisitOn, handedOver, requestId } = asked;
  const ground = await loadReferralInput(trx, {
    patientId,
    toInstitutionId: centreId,
    toDepartmentId: undefined,
    personId,
    institutionId: hospitalId,
    direction: 'down',
  });
  const input: CreateReferral = {
    draft: true,
    patientId,
    direction: 'down',
    urgency: 'routine',
    emergency: false,
    consentGiven: false,
    overridden: true,
    replacesId: null,
    initiatorDepartmentId: departmentId ?? ground.initiatorDepartmentId,
    firstFollowUpBy: null,
    addressee: { institutionId: centreId, departmentId: null },
    policy: referralPolicy(ground, 'down'),
  };
  const referralId = idOfHandOver(episodeId, handedOver);
  await storeRelayedCommand(trx, {
    key: `hand-over:${referralId}`,
    operation: 'createReferral',
    requestId,
    pathwayId: referralId,
    pathwayKind: 'referral',
    name: 'create',
    actor: { personId, institutionId: hospitalId, role: 'nurse' },
    input,
    texts: {
      reason: '出院后下转社康继续管理',
      overrideReason: 'discharge',
      managementPlan: await toManagementPlan(trx, episodeId, nextVisitOn),
    },
  });
}

/** Of the plan as it was written: its instructions, and the medicines that it orders. */
async function toManagementPlan(trx: Trx, episodeId: string, nextVisitOn: LocalDate | null): Promise<ManagementPlan> {
  const row = await trx.selectFrom('episode').select('plan').where('id', '=', episodeId).executeTakeFirst();
  const { instructions = '', orders = [] } = (row?.plan ?? {}) as WrittenPlan;
  const medicines = orders.flatMap(({ kind, title, medicine }) => {
    const dose = typeof medicine?.dose === 'string' ? ` ${medicine.dose}` : '';
    return kind === 'medicine' ? `${title}${dose}` : [];
  });
  return {
    ...(instructions === '' ? {} : { text: instructions }),
    ...(nextVisitOn === null ? {} : { nextVisitOn }),
    items: [],
    medicines: medicines.slice(0, 50),
  };
}

interface WrittenPlan {
  instructions?: string;
  orders?: { kind: string; title: string; medicine?: { dose?: unknown } }[];
}
