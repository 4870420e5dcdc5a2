/** The commands on a referral: what their bodies hold, how they are checked, what the pathway is asked. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { findInstitution, listDepartments } from '../../db/directory/directory.ts';
import type { Database } from '../../db/kit/database.ts';
import {
  findReferral,
  type GroundQuestion,
  loadReferralInput,
  type ReferralGround,
  type ReferralRecord,
  referralPolicy,
} from '../../db/referral/referrals.ts';
import { findSlot } from '../../db/referral/slots.ts';
import type { CreateReferral, ReferralCommand } from '../../domain/referral/events.ts';
import { checkOutcomes, type Party } from '../../domain/referral/state.ts';
import type { ReferralTrigger } from '../../domain/referral/transitions.ts';
import type { Caller } from '../kit/auth.ts';
import { UrgencySchema } from '../kit/codes.ts';
import type { CommandSteps } from '../kit/commands.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { reaches, reachUnder } from '../kit/reach.ts';
import { withRecordOf } from '../kit/record-of-resident.ts';
import { DayOrInstant, Id, Instant, Text } from '../kit/schemas.ts';
import { ruleOf } from '../policy.ts';
import { uuidPattern } from './access.ts';
import { refuseImpossibleAppointment } from './appointment.ts';
import { ManagementPlanSchema, planDataOf } from './management-plan.ts';
import { type ConsentSchema, renderReferral } from './resource.ts';

/** The clock of the caller's machine may be a little ahead, so this much of the future is accepted. */
const CLOCK_SKEW_MS = 5 * 60_000;

// --- create -------------------------------------------------------------------------

/** What the patient has said about the referral, and when that was recorded. */
export const ConsentForm = z.strictObject({ given: z.boolean(), recordedAt: DayOrInstant });

export const NewReferral = z
  .strictObject({
    patientId: Id,
    direction: z.enum(['up', 'down']),
    urgency: UrgencySchema,
    toInstitutionId: Id,
    toDepartmentId: Id.optional(),
    reason: Text(2_000),
    summary: Text(8_000).optional(),
    emergency: z.boolean().default(false),
    consent: ConsentForm.optional(),
    managementPlan: ManagementPlanSchema.optional(),
    replaces: Id.optional(),
    overrideReason: Text(2_000).optional(),
    draft: z.boolean().default(false),
  })
  .openapi('NewReferral');
export type NewReferral = z.output<typeof NewReferral>;

/** Throws Problem 422 for what the form itself can tell. */
function checkForm(body: NewReferral): void {
  // A draft waits at its writer's institution, so the consent may still come.
  if (!body.emergency && !body.draft && body.consent?.given !== true)
    throw invalidRequestProblem('consent', {
      zh: '须有患者的知情同意，急诊除外',
      en: 'consent of the patient is required, except in an emergency',
    });
  checkConsentTime(body.consent, Date.now());
  if (body.direction === 'down' && body.managementPlan === undefined)
    throw invalidRequestProblem('managementPlan', { zh: '下转须附管理方案', en: 'a down referral needs a management plan' });
}

/** Throws Problem 422. `now` is an instant on the clock of the resident or of the referral. */
export function checkConsentTime(consent: z.output<typeof ConsentForm> | undefined, now: number): void {
  if (consent && Date.parse(consent.recordedAt) > now + CLOCK_SKEW_MS)
    throw invalidRequestProblem('consent.recordedAt', { zh: '在将来', en: 'lies in the future' });
}

/** Throws Problem 422 for what the alliance's directory tells. */
function checkGround(body: NewReferral, ground: ReferralGround, caller: Caller): void {
  const reach = reachUnder(ruleOf('createReferral'), caller, ground.initiatorKind);
  if (ground.patientHomeInstitutionId === null || !reaches(reach, ground.patientHomeInstitutionId))
    throw invalidRequestProblem('patientId', { zh: '没有这位由您机构管理的患者', en: 'no such patient of yours' });
  if (ground.patientHasDied) throw new Problem('patient-died');
  if (ground.patientMergedIntoId !== null)
    throw invalidRequestProblem('patientId', {
      zh: `与 ${ground.patientMergedIntoId} 为同一人`,
      en: `is a double of ${ground.patientMergedIntoId}`,
    });
  checkAddressee(body, ground, caller);
}

/** Throws Problem 422 when the institution or department cannot be asked. */
export function checkAddressee(
  { direction, toInstitutionId, toDepartmentId }: Pick<NewReferral, 'direction' | 'toInstitutionId' | 'toDepartmentId'>,
  ground: ReferralGround,
  initiator: { institutionId: string },
  /** The member at which the request says where it goes to. */
  directionAt: 'direction' | 'toInstitutionId' = 'direction',
): void {
  if (toInstitutionId === initiator.institutionId)
    throw invalidRequestProblem('toInstitutionId', { zh: '是您自己的机构', en: 'is your own institution' });
  if (ground.toInstitutionKind === null) throw invalidRequestProblem('toInstitutionId', { zh: '没有这个机构', en: 'no such institution' });
  if (ground.toInstitutionKind === 'sterile-supply-department')
    throw invalidRequestProblem('toInstitutionId', { zh: '该机构不接诊患者', en: 'does not take patients' });
  if (toDepartmentId !== undefined && ground.toDepartmentCode === null)
    throw invalidRequestProblem('toDepartmentId', { zh: '该机构没有此科室', en: 'no such department of that institution' });
  if (direction === 'up' && ground.toInstitutionKind !== 'hospital')
    throw invalidRequestProblem(directionAt, { zh: '上转须转至医院', en: 'an up referral goes to a hospital' });
  if (direction === 'down' && (ground.initiatorKind !== 'hospital' || ground.toInstitutionKind !== 'community-health-centre'))
    throw invalidRequestProblem(directionAt, {
      zh: '下转须由医院转至社康中心',
      en: 'a down referral goes from a hospital to a community health centre',
    });
}

/** What is replaced is the caller's own referral of the same patient. Throws Problem 422. */
async function checkReplaces(db: Database, { replaces, patientId }: NewReferral, caller: Caller): Promise<void> {
  if (replaces === undefined) return;
  const replaced = uuidPattern.test(replaces) ? await findReferral(db, replaces) : undefined;
  const mine = replaced?.state.patientId === patientId && replaced.state.initiator.institutionId === caller.institutionId;
  if (!mine)
    throw invalidRequestProblem('replaces', { zh: '没有您为该患者开具的此转诊', en: 'no such referral of yours for this patient' });
}

/** Creates a referral; `resource` is the id that it has already where another system's number for it has been noted. */
export const createReferralSteps: CommandSteps<NewReferral, string | undefined, ReferralGround> = {
  async check({ deps, caller, body }) {
    checkForm(body);
    const { patientId, toInstitutionId, toDepartmentId, direction } = body;
    const { personId, institutionId } = caller;
    const question: GroundQuestion = { patientId, toInstitutionId, toDepartmentId, direction, personId, institutionId };
    const ground = await loadReferralInput(deps.db, question);
    checkGround(body, ground, caller);
    await checkReplaces(deps.db, body, caller);
    return ground;
  },
  command({ body, resource: pathwayId = uuid() }, ground) {
    const { patientId, direction, reason, summary, consent, managementPlan, replaces, overrideReason } = body;
    const input: CreateReferral = {
      draft: body.draft,
      patientId,
      direction,
      urgency: body.urgency,
      emergency: body.emergency,
      consentGiven: consent?.given === true,
      overridden: overrideReason !== undefined,
      replacesId: replaces ?? null,
      initiatorDepartmentId: ground.initiatorDepartmentId,
      firstFollowUpBy: planDataOf(managementPlan)?.firstFollowUpBy ?? null,
      addressee: { institutionId: body.toInstitutionId, departmentId: body.toDepartmentId ?? null },
      policy: referralPolicy(ground, direction),
    };
    return {
      kind: 'referral',
      pathwayId,
      name: 'create',
      input,
      texts: { reason, summary, consent, managementPlan, replaces, overrideReason },
      seen: 0,
      reliesOn: { patientId, patientVersion: ground.patientVersion as number },
    };
  },
  render: renderReferral,
};

// --- triggers -----------------------------------------------------------------------

const patientId = Id.optional();
const CheckOutcomeSchema = z.enum(checkOutcomes);
const Empty = z.strictObject({ patientId });
const WithReason = z.strictObject({ patientId, reason: Text(2_000) });
const Appointment = z.union([
  z.strictObject({ patientId, startsAt: Instant, endsAt: Instant }).openapi({ title: 'Times' }),
  z.strictObject({ patientId, slotId: z.uuid() }).openapi({ title: 'Slot' }),
]);
const NextInstitution = { patientId, toDepartmentId: Id.optional() };

export interface TriggerForm {
  trigger: ReferralTrigger;
  summary: string;
  body: z.ZodType<TriggerBody>;
}

export type TriggerBody = Partial<{
  patientId: string | undefined;
  reason: string | undefined;
  note: string | undefined;
  outcome: string;
  startsAt: string;
  endsAt: string;
  slotId: string;
  consent: z.infer<typeof ConsentSchema> | undefined;
  toInstitutionId: string | undefined;
  toDepartmentId: string | undefined;
  question: string;
  answer: string;
}>;

export const triggerForms: TriggerForm[] = [
  {
    trigger: 'send-referral-package',
    summary: '发出转诊（须有知情同意，急诊除外） / Send a draft, with consent unless it is an emergency',
    body: z.strictObject({ patientId, consent: ConsentForm.optional() }),
  },
  { trigger: 'send-acceptance', summary: '接收 / Accept', body: Empty },
  { trigger: 'send-decline', summary: '拒绝 / Decline', body: WithReason },
  { trigger: 'request-cancellation', summary: '申请取消 / Ask to cancel', body: WithReason },
  { trigger: 'schedule-visit', summary: '预约就诊 / Schedule a visit', body: Appointment },
  {
    trigger: 'send-interim-note',
    summary: '发送进展 / Send an interim note',
    body: z.strictObject({ patientId, note: Text(8_000) }),
  },
  {
    trigger: 'send-outcome',
    summary: '回传结果 / Send the outcome',
    body: z.strictObject({ patientId, outcome: Text(8_000) }),
  },
  { trigger: 'reschedule-visit', summary: '改约 / Reschedule a visit', body: Appointment },
  { trigger: 'report-no-show', summary: '登记未到诊 / Report a no-show', body: Empty },
  { trigger: 'cancel-appointment', summary: '取消预约 / Cancel the appointment', body: WithReason },
  { trigger: 'confirm-cancellation', summary: '确认取消 / Confirm a cancellation', body: Empty },
  { trigger: 'withdraw', summary: '撤回 / Withdraw', body: WithReason },
  { trigger: 'review-result', summary: '审阅结果 / Review the result', body: Empty },
  {
    trigger: 'answer-check',
    summary: '完成两周追踪 / Answer the two-week check',
    body: z.strictObject({
      patientId,
      outcome: CheckOutcomeSchema.openapi({ description: 'Whether the patient has arrived where they were referred to' }),
      note: Text(2_000),
    }),
  },
  {
    trigger: 'record-consent',
    summary: '补录知情同意 / Record the consent of an emergency',
    body: z.strictObject({ patientId, consent: z.strictObject({ given: z.literal(true), recordedAt: DayOrInstant }) }),
  },
  {
    trigger: 'refer-onward',
    summary: '转至其他机构 / Refer onward to another institution',
    body: z.strictObject({ ...NextInstitution, toInstitutionId: Id, reason: Text(2_000) }),
  },
  {
    trigger: 'reroute',
    summary: '联盟办公室改派（不指定则按名单） / Ask the next institution, or the one named',
    body: z.strictObject({ ...NextInstitution, toInstitutionId: Id.optional(), reason: Text(2_000).optional() }),
  },
  {
    trigger: 'request-information',
    summary: '要求补充资料 / Ask the initiator',
    body: z.strictObject({ patientId, question: Text(4_000) }),
  },
  {
    trigger: 'answer-information',
    summary: '补充资料 / Answer the recipient',
    body: z.strictObject({ patientId, answer: Text(8_000) }),
  },
  { trigger: 'reopen', summary: '重新打开（7 天内） / Reopen within 7 days', body: WithReason },
];

export function triggerFormOf(trigger: ReferralTrigger): TriggerForm {
  const form = triggerForms.find((each) => each.trigger === trigger);
  if (!form) throw new Error(`No form of the trigger ${trigger}.`);
  return form;
}

/** What goes through the workflow, and what stays in the command's row. */
export interface Acting {
  input: ReferralCommand;
  texts: Record<string, unknown>;
}

/** Reads what the body names (a slot, an institution) and checks it. Throws Problem 422. */
async function prepare(db: Database, trigger: ReferralTrigger, record: ReferralRecord, body: TriggerBody): Promise<Acting> {
  const { patientId, reason, note, outcome, consent, question, answer } = body;
  const now = pathwayNow(record);
  checkConsentTime(consent, now);
  const checkOutcome = trigger === 'answer-check' ? CheckOutcomeSchema.parse(outcome) : undefined;
  const [appointment, to] = [await appointmentOf(db, body, now), await nextPartyOf(db, record, body)];
  return {
    input: {
      ...(patientId === undefined ? {} : { patientId }),
      ...(appointment ? { appointment } : {}),
      ...(to ? { to } : {}),
      ...(consent === undefined ? {} : { consentGiven: consent.given }),
      ...(checkOutcome === undefined ? {} : { checkOutcome }),
    },
    texts: { reason, note: note ?? reason ?? outcome ?? question ?? answer, outcome, consent, question, answer },
  };
}

async function appointmentOf(
  db: Database,
  { startsAt, endsAt, slotId }: TriggerBody,
  now: number,
): Promise<ReferralCommand['appointment']> {
  if (slotId !== undefined) {
    const slot = await findSlot(db, slotId);
    if (!slot) throw invalidRequestProblem('slotId', { zh: '没有此号源', en: 'no such slot' });
    const times = { startsAt: slot.startsAt.getTime(), endsAt: slot.endsAt.getTime() };
    refuseImpossibleAppointment(times, now, 'slotId');
    return { ...times, slotId };
  }
  if (startsAt === undefined || endsAt === undefined) return undefined;
  const appointment = { startsAt: Date.parse(startsAt), endsAt: Date.parse(endsAt), slotId: null };
  refuseImpossibleAppointment(appointment, now);
  return appointment;
}

async function nextPartyOf(
  db: Database,
  { state }: ReferralRecord,
  { toInstitutionId, toDepartmentId }: TriggerBody,
): Promise<Party | undefined> {
  if (toInstitutionId === undefined) {
    if (toDepartmentId !== undefined)
      throw invalidRequestProblem('toInstitutionId', { zh: '指定科室时须同时指定机构', en: 'is needed with a department' });
    return undefined;
  }
  const institution = await findInstitution(db, toInstitutionId);
  const wanted = state.direction === 'up' ? 'hospital' : 'community-health-centre';
  if (!institution) throw invalidRequestProblem('toInstitutionId', { zh: '没有这个机构', en: 'no such institution' });
  if (institution.kind !== wanted)
    throw invalidRequestProblem('toInstitutionId', { zh: wanted === 'hospital' ? '须为医院' : '须为社康中心', en: `is not a ${wanted}` });
  if (toDepartmentId === undefined) return { institutionId: toInstitutionId, departmentId: null };
  const { items } = await listDepartments(db, { institutionId: toInstitutionId }, { limit: 200 });
  if (!items.some(({ id }) => id === toDepartmentId))
    throw invalidRequestProblem('toDepartmentId', { zh: '该机构没有此科室', en: 'no such department of that institution' });
  return { institutionId: toInstitutionId, departmentId: toDepartmentId };
}

export const triggerSteps = (trigger: ReferralTrigger): CommandSteps<TriggerBody, ReferralRecord, Acting> => ({
  check: async ({ deps, body, resource }) => prepare(deps.db, trigger, resource, await withRecordOf(deps.db, body, resource)),
  command: ({ resource }, { input, texts }) => ({
    kind: 'referral',
    pathwayId: resource.id,
    name: trigger,
    input,
    texts,
    seen: resource.version,
  }),
  render: renderReferral,
});
