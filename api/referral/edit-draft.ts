/** Changes a draft before it is sent: to whom it goes, how urgent it is, what it says, whether the patient has consented. */
import { z } from '@hono/zod-openapi';
import { type GroundQuestion, loadReferralInput, type ReferralRecord, referralPolicy } from '../../db/referral/referrals.ts';
import { draftFields, type EditDraft } from '../../domain/referral/events.ts';
import { commandOperation } from '../kit/command-operation.ts';
import type { CommandSteps } from '../kit/commands.ts';
import { toMessage } from '../kit/field-words.ts';
import type { Operation } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { Id, Text } from '../kit/schemas.ts';
import { findVisibleReferral, ReferralById } from './access.ts';
import { ConsentForm, checkAddressee, checkConsentTime } from './commands.ts';
import { ManagementPlanSchema, planDataOf } from './management-plan.ts';
import { ReferralSchema, renderReferral } from './resource.ts';

const DraftChange = z
  .strictObject({
    urgency: z.enum(['urgent', 'same-day', 'routine']).optional(),
    toInstitutionId: Id.optional(),
    toDepartmentId: Id.nullable().optional().openapi({ description: 'null: the referral desk' }),
    reason: Text(2_000).optional(),
    summary: Text(8_000).optional(),
    managementPlan: ManagementPlanSchema.optional(),
    consent: ConsentForm.optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), toMessage({ zh: '没有要修改的内容', en: 'changes nothing' }))
  .openapi('DraftChange');
type DraftChange = z.output<typeof DraftChange>;

type Addressing = Pick<EditDraft, 'addressee' | 'policy'>;

/** Throws Problem 422. What is no draft is refused by the pathway itself. */
async function checkDraftChange({
  deps,
  caller,
  body,
  resource,
}: Parameters<CommandSteps<DraftChange, ReferralRecord, Addressing>['check']>[0]): Promise<Addressing> {
  const { state } = resource;
  if (state.status !== 'draft') return {};
  checkConsentTime(body.consent, pathwayNow(resource));
  if (state.emergency && body.urgency !== undefined && body.urgency !== 'urgent')
    throw invalidRequestProblem('urgency', { zh: '急诊转诊只能为紧急', en: 'an emergency is urgent' });
  if (body.toInstitutionId === undefined && body.toDepartmentId === undefined) return {};
  const institutionId = body.toInstitutionId ?? state.addressee.institutionId;
  // A department belongs to its institution, so another institution is asked at its referral desk unless its department is named.
  const departmentId = body.toDepartmentId ?? null;
  const { direction, patientId } = state;
  const question: GroundQuestion = {
    patientId,
    toInstitutionId: institutionId,
    toDepartmentId: departmentId ?? undefined,
    direction,
    personId: caller.personId,
    institutionId: state.initiator.institutionId,
  };
  const ground = await loadReferralInput(deps.db, question);
  checkAddressee(
    { direction, toInstitutionId: institutionId, toDepartmentId: departmentId ?? undefined },
    ground,
    state.initiator,
    'toInstitutionId',
  );
  return { addressee: { institutionId, departmentId }, policy: { ...state.policy, reroute: referralPolicy(ground, direction).reroute } };
}

const editDraftSteps: CommandSteps<DraftChange, ReferralRecord, Addressing> = {
  check: checkDraftChange,
  command({ body, resource }, addressing) {
    const { urgency, reason, summary, managementPlan, consent } = body;
    const input: EditDraft = {
      ...(urgency === undefined ? {} : { urgency }),
      ...addressing,
      ...(consent === undefined ? {} : { consentGiven: consent.given }),
      ...(managementPlan === undefined ? {} : { firstFollowUpBy: planDataOf(managementPlan)?.firstFollowUpBy ?? null }),
      fields: draftFields.filter((field) => body[field] !== undefined),
    };
    return {
      kind: 'referral',
      pathwayId: resource.id,
      name: 'edit-draft',
      input,
      texts: { reason, summary, managementPlan, consent },
      seen: resource.version,
    };
  },
  render: renderReferral,
};

export const editDraftOperation: Operation = commandOperation({
  ...editDraftSteps,
  id: 'editReferralDraft',
  method: 'patch',
  path: '/v1/referrals/{id}',
  tag: 'referral',
  summary: '修改转诊草稿 / Change a draft',
  params: ReferralById,
  body: DraftChange,
  answers: { 200: { description: 'Changed', schema: ReferralSchema } },
  find: findVisibleReferral,
});
