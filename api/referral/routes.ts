/** Referrals: create, read, act on. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import type { ReadAction } from '../../db/audit-actions.ts';
import { findInstitution, listDepartments } from '../../db/directory/directory.ts';
import { auditRead } from '../../db/kit/audit.ts';
import type { Database } from '../../db/kit/database.ts';
import { timelineOf } from '../../db/kit/timeline.ts';
import {
  findReferral,
  type GroundQuestion,
  listReferrals,
  type ReferralGround,
  type ReferralRecord,
  referralGround,
  referralPolicy,
} from '../../db/referral/referrals.ts';
import { findSlot } from '../../db/referral/slots.ts';
import { obligationsOf } from '../../domain/referral/clocks.ts';
import type { CreateReferral, ReferralCommand } from '../../domain/referral/decider.ts';
import { type Party, sideOf } from '../../domain/referral/state.ts';
import type { ReferralTrigger } from '../../domain/referral/transitions.ts';
import type { Caller } from '../kit/auth.ts';
import { checkedFirst, isReply, type PathwayCommand, submit } from '../kit/commands.ts';
import { decodeCursor, page } from '../kit/cursor.ts';
import { saying } from '../kit/field-words.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { invalid, Problem } from '../kit/problem.ts';
import { DateOnly, Id, Instant, iso, PageQuery, pageOf, pendingAnswer, ReasonSchema, Text } from '../kit/schemas.ts';
import { TimelineSchema, timelineResource } from '../kit/timeline.ts';
import { type ConsentSchema, isFormer, operationOf, pathwayNow, ReferralSchema, readsAll, referralResource } from './resource.ts';

const tag = 'referral';
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const ById = z.object({ id: z.string().regex(uuidPattern) });
const KIND = 'referral';
/** a clock that is a little ahead is not a lie */
const CLOCK_SKEW_MS = 5 * 60_000;

// --- who sees what -----------------------------------------------------------------

/** A party sees the referral; a draft only whoever wrote it. */
export const isVisible = ({ state }: ReferralRecord, caller: Caller): boolean =>
  sideOf(state, caller.institutionId) !== undefined || (readsAll(caller) && state.status !== 'draft');

export async function find({
  deps,
  params,
  caller,
}: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<ReferralRecord | undefined> {
  const record = await findReferral(deps.db, params.id);
  return record && isVisible(record, caller) ? record : undefined;
}

const etag = (version: number) => ({ etag: `"${version}"` });

function reply(record: ReferralRecord, caller: Caller, status = 200): Reply {
  return { status, body: referralResource(record, caller), headers: etag(record.version) };
}

export const renderReferral =
  ({ deps, caller }: Pick<OperationRequest, 'deps' | 'caller'>, id: string, status: number) =>
  async (): Promise<Reply> => {
    const record = await findReferral(deps.db, id);
    if (!record) throw new Error('A decided referral has its row.');
    return reply(record, caller, status);
  };

// --- create -------------------------------------------------------------------------

const ManagementPlan = z.union([
  Text(8_000),
  z
    .record(z.string().max(100), z.union([z.string().max(8_000), z.number(), z.boolean(), z.array(z.string().max(2_000)).max(100)]))
    .refine(({ nextVisitOn }) => nextVisitOn === undefined || DateOnly.safeParse(nextVisitOn).success, {
      path: ['nextVisitOn'],
      message: saying({ zh: '须为日期，如 2026-03-01', en: 'a date such as 2026-03-01' }),
    })
    .openapi({ description: 'nextVisitOn: the day by which the centre sees the patient in follow-up' }),
]);

export const NewReferral = z
  .strictObject({
    patientId: Id,
    direction: z.enum(['up', 'down']),
    urgency: z.enum(['urgent', 'same-day', 'routine']),
    toInstitutionId: Id,
    toDepartmentId: Id.optional(),
    reason: Text(2_000),
    summary: Text(8_000).optional(),
    emergency: z.boolean().default(false),
    consent: z.strictObject({ given: z.boolean(), recordedAt: Instant }).optional(),
    managementPlan: ManagementPlan.optional(),
    replaces: Id.optional(),
    overrideReason: Text(2_000).optional(),
    draft: z.boolean().default(false),
  })
  .openapi('NewReferral');
export type NewReferral = z.output<typeof NewReferral>;

/** Throws Problem 422 for what the form itself can tell. */
function checkForm(body: NewReferral, caller: Caller): void {
  if (!body.emergency && body.consent?.given !== true)
    throw invalid('consent', { zh: '须有患者的知情同意，急诊除外', en: 'consent of the patient is required, except in an emergency' });
  if (body.consent && Date.parse(body.consent.recordedAt) > Date.now() + CLOCK_SKEW_MS)
    throw invalid('consent.recordedAt', { zh: '在将来', en: 'lies in the future' });
  if (body.direction === 'down' && body.managementPlan === undefined)
    throw invalid('managementPlan', { zh: '下转须附管理方案', en: 'a down referral needs a management plan' });
  if (body.toInstitutionId === caller.institutionId)
    throw invalid('toInstitutionId', { zh: '是您自己的机构', en: 'is your own institution' });
}

/** Throws Problem 422 for what the alliance's directory tells. */
function checkGround(body: NewReferral, ground: ReferralGround, caller: Caller): void {
  const mine = ground.initiatorKind === 'hospital' || ground.patientHomeInstitutionId === caller.institutionId;
  if (ground.patientHomeInstitutionId === null || !mine)
    throw invalid('patientId', { zh: '没有这位由您机构管理的患者', en: 'no such patient of yours' });
  if (ground.patientHasDied) throw invalid('patientId', { zh: '患者已去世', en: 'the patient has died' });
  if (ground.patientMergedIntoId !== null)
    throw invalid('patientId', { zh: `与 ${ground.patientMergedIntoId} 为同一人`, en: `is a double of ${ground.patientMergedIntoId}` });
  if (ground.toInstitutionKind === null) throw invalid('toInstitutionId', { zh: '没有这个机构', en: 'no such institution' });
  if (ground.toInstitutionKind === 'sterile-supply-department')
    throw invalid('toInstitutionId', { zh: '该机构不接诊患者', en: 'does not take patients' });
  if (body.toDepartmentId !== undefined && ground.toDepartmentCode === null)
    throw invalid('toDepartmentId', { zh: '该机构没有此科室', en: 'no such department of that institution' });
  if (body.direction === 'up' && ground.toInstitutionKind !== 'hospital')
    throw invalid('direction', { zh: '上转须转至医院', en: 'an up referral goes to a hospital' });
  if (body.direction === 'down' && (ground.initiatorKind !== 'hospital' || ground.toInstitutionKind !== 'community-health-centre'))
    throw invalid('direction', { zh: '下转须由医院转至社康中心', en: 'a down referral goes from a hospital to a community health centre' });
}

/** What is replaced is the caller's own referral of the same patient. Throws Problem 422. */
async function checkReplaces(db: Database, { replaces, patientId }: NewReferral, caller: Caller): Promise<void> {
  if (replaces === undefined) return;
  const replaced = uuidPattern.test(replaces) ? await findReferral(db, replaces) : undefined;
  const mine = replaced?.state.patientId === patientId && replaced.state.initiator.institutionId === caller.institutionId;
  if (!mine) throw invalid('replaces', { zh: '没有您为该患者开具的此转诊', en: 'no such referral of yours for this patient' });
}

/**
 * `pathwayId`: of a referral that has its id already, because another system's number for it has been noted. Checked again as often as the
 * patient's record changes between the check and the command's row.
 */
export async function createFrom(request: OperationRequest, body: NewReferral, pathwayId = uuid()): Promise<Reply> {
  for (let checks = 1; checks <= MOST_CHECKS; checks++) {
    const answered = await createOnce(request, body, pathwayId);
    if (!answered) continue;
    if (answered.status !== 201) return answered;
    return { ...answered, headers: { ...answered.headers, location: `/v1/referrals/${(answered.body as { id: string }).id}` } };
  }
  throw new Problem('unavailable', { headers: { 'retry-after': '1' } });
}

/** A patient of whom this many facts come in within a request is somebody's defect. */
const MOST_CHECKS = 5;

async function createOnce(request: OperationRequest, body: NewReferral, pathwayId: string): Promise<Reply | undefined> {
  const { deps, caller } = request;
  const { patientId, toInstitutionId, toDepartmentId, direction } = body;
  const check = async () => {
    checkForm(body, caller);
    const question: GroundQuestion = {
      patientId,
      toInstitutionId,
      toDepartmentId,
      direction,
      personId: caller.personId,
      institutionId: caller.institutionId,
    };
    const ground = await referralGround(deps.db, question);
    checkGround(body, ground, caller);
    await checkReplaces(deps.db, body, caller);
    return ground;
  };
  const ground = await checkedFirst(request, check, (row) => renderReferral(request, row.pathwayId as string, 201));
  if (isReply(ground)) return ground;
  const input: CreateReferral = {
    draft: body.draft,
    patientId,
    direction,
    urgency: body.urgency,
    emergency: body.emergency,
    consentGiven: body.consent?.given === true,
    overridden: body.overrideReason !== undefined,
    replacesId: body.replaces ?? null,
    initiatorDepartmentId: ground.initiatorDepartmentId,
    addressee: { institutionId: toInstitutionId, departmentId: toDepartmentId ?? null },
    policy: referralPolicy(ground, direction),
  };
  const { reason, summary, consent, managementPlan, replaces, overrideReason } = body;
  const texts = { reason, summary, consent, managementPlan, replaces, overrideReason };
  const command: PathwayCommand = {
    kind: KIND,
    pathwayId,
    name: 'create',
    input,
    texts,
    seen: 0,
    render: (id) => renderReferral(request, id, 201)(),
  };
  return submit(request, command, { patientId, patientVersion: ground.patientVersion as number });
}

const createReferral = operation({
  id: 'createReferral',
  method: 'post',
  path: '/v1/referrals',
  tag,
  summary: '新建转诊（草稿或直接发出） / Create a referral, as a draft or sent at once',
  body: NewReferral,
  answers: { 201: { description: 'Created', schema: ReferralSchema }, 202: pendingAnswer },
  handle: (request) => createFrom(request as OperationRequest, request.body),
});

// --- triggers -----------------------------------------------------------------------

const patientId = Id.optional();
const Empty = z.strictObject({ patientId });
const WithReason = z.strictObject({ patientId, reason: Text(2_000) });
const Appointment = z.union([
  z.strictObject({ patientId, startsAt: Instant, endsAt: Instant }),
  z.strictObject({ patientId, slotId: z.uuid() }),
]);
const NextInstitution = { patientId, toDepartmentId: Id.optional() };

interface TriggerForm {
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
  consent: z.infer<typeof ConsentSchema>;
  toInstitutionId: string | undefined;
  toDepartmentId: string | undefined;
  question: string;
  answer: string;
}>;

export const triggerForms: TriggerForm[] = [
  { trigger: 'send-referral-package', summary: '发出转诊 / Send a draft', body: Empty },
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
    body: z.strictObject({ patientId, note: Text(2_000).optional() }),
  },
  {
    trigger: 'record-consent',
    summary: '补录知情同意 / Record the consent of an emergency',
    body: z.strictObject({ patientId, consent: z.strictObject({ given: z.literal(true), recordedAt: Instant }) }),
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

/** What goes through the workflow, and what stays in the command's row. */
interface Acting {
  input: ReferralCommand;
  texts: Record<string, unknown>;
}

/** Reads what the body names (a slot, an institution) and checks it. Throws Problem 422. */
async function prepare(db: Database, record: ReferralRecord, body: TriggerBody): Promise<Acting> {
  const { patientId, reason, note, outcome, consent, question, answer } = body;
  const now = pathwayNow(record);
  if (consent && Date.parse(consent.recordedAt) > now + CLOCK_SKEW_MS)
    throw invalid('consent.recordedAt', { zh: '在将来', en: 'lies in the future' });
  const [appointment, to] = [await appointmentOf(db, body, now), await nextPartyOf(db, record, body)];
  return {
    input: { ...(patientId === undefined ? {} : { patientId }), ...(appointment ? { appointment } : {}), ...(to ? { to } : {}) },
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
    if (!slot) throw invalid('slotId', { zh: '没有此号源', en: 'no such slot' });
    if (slot.startsAt.getTime() < now) throw invalid('slotId', { zh: '已经过去', en: 'lies in the past' });
    return { startsAt: slot.startsAt.getTime(), endsAt: slot.endsAt.getTime(), slotId };
  }
  if (startsAt === undefined || endsAt === undefined) return undefined;
  const appointment = { startsAt: Date.parse(startsAt), endsAt: Date.parse(endsAt), slotId: null };
  if (appointment.endsAt <= appointment.startsAt) throw invalid('endsAt', { zh: '须晚于 startsAt', en: 'must come after startsAt' });
  if (appointment.startsAt < now) throw invalid('startsAt', { zh: '已经过去', en: 'lies in the past' });
  return appointment;
}

async function nextPartyOf(
  db: Database,
  { state }: ReferralRecord,
  { toInstitutionId, toDepartmentId }: TriggerBody,
): Promise<Party | undefined> {
  if (toInstitutionId === undefined) {
    if (toDepartmentId !== undefined)
      throw invalid('toInstitutionId', { zh: '指定科室时须同时指定机构', en: 'is needed with a department' });
    return undefined;
  }
  const institution = await findInstitution(db, toInstitutionId);
  const wanted = state.direction === 'up' ? 'hospital' : 'community-health-centre';
  if (!institution) throw invalid('toInstitutionId', { zh: '没有这个机构', en: 'no such institution' });
  if (institution.kind !== wanted)
    throw invalid('toInstitutionId', { zh: wanted === 'hospital' ? '须为医院' : '须为社康中心', en: `is not a ${wanted}` });
  if (toDepartmentId === undefined) return { institutionId: toInstitutionId, departmentId: null };
  const { items } = await listDepartments(db, { institutionId: toInstitutionId }, { limit: 200 });
  if (!items.some(({ id }) => id === toDepartmentId))
    throw invalid('toDepartmentId', { zh: '该机构没有此科室', en: 'no such department of that institution' });
  return { institutionId: toInstitutionId, departmentId: toDepartmentId };
}

export async function actOnReferral(
  request: OperationRequest,
  record: ReferralRecord,
  trigger: ReferralTrigger,
  body: TriggerBody,
  and: (reply: Reply) => Promise<Reply> = async (reply) => reply,
): Promise<Reply> {
  const render = () => async () => and(await renderReferral(request, record.id, 200)());
  const acting = await checkedFirst(request, () => prepare(request.deps.db, record, body), render);
  if (isReply(acting)) return acting;
  const { input, texts } = acting;
  return submit(request, {
    kind: KIND,
    pathwayId: record.id,
    name: trigger,
    input,
    texts,
    seen: record.version,
    render: render(),
  });
}

const triggerOperation = ({ trigger, summary, body }: TriggerForm): Operation =>
  operation({
    id: operationOf[trigger],
    method: 'post',
    path: `/v1/referrals/{id}/${trigger}`,
    tag,
    summary,
    params: ById,
    body,
    answers: { 200: { description: 'Done', schema: ReferralSchema }, 202: pendingAnswer },
    find,
    handle: (request) => actOnReferral(request as OperationRequest, request.resource, trigger, request.body),
  });

// --- read ---------------------------------------------------------------------------

const readAudit = (request: OperationRequest<unknown, unknown, unknown, ReferralRecord>, action: ReadAction) =>
  auditRead(request.deps.db, {
    actor: request.actor,
    action,
    targetType: KIND,
    targetId: request.resource.id,
    patientIds: [request.resource.state.patientId],
    requestId: request.requestId,
  });

const getReferral = operation({
  id: 'getReferral',
  method: 'get',
  path: '/v1/referrals/{id}',
  tag,
  summary: '查看转诊 / Read a referral',
  params: ById,
  answers: { 200: { description: 'The referral', schema: ReferralSchema } },
  find,
  async handle(request) {
    await readAudit(request, 'referral.read');
    return reply(request.resource, request.caller);
  },
});

const statuses = ['draft', 'received', 'accepted', 'in-progress', 'completed', 'rejected', 'cancelled'] as const;
const businessStatuses = ['in-progress/5.1.1', 'in-progress/5.1.2', 'in-progress/5.1.3', 'in-progress/5.1.4', 'in-progress/5.2'] as const;

const listReferralsOperation = operation({
  id: 'listReferrals',
  method: 'get',
  path: '/v1/referrals',
  tag,
  summary: '转诊列表，新的在前 / Referrals, newest first',
  query: z.strictObject({
    ...PageQuery,
    status: z.enum([...statuses, ...businessStatuses]).optional(),
    direction: z.enum(['up', 'down']).optional(),
    urgency: z.enum(['urgent', 'same-day', 'routine']).optional(),
    institutionId: Id.optional(),
    patientId: Id.optional(),
    overdue: z
      .enum(['true', 'false'])
      .transform((value) => value === 'true')
      .optional(),
  }),
  answers: { 200: { description: 'A page of referrals', schema: pageOf(ReferralSchema) } },
  async handle({ deps, caller, actor, query, requestId }) {
    const { limit, cursor, ...filter } = query;
    const before = decodeCursor(cursor, z.string().regex(uuidPattern));
    // Whoever reads the whole alliance still does not read what has not been sent.
    const rows = await listReferrals(
      deps.db,
      { ...filter, ...(readsAll(caller) ? { sentOr: caller.institutionId } : { visibleTo: caller.institutionId }) },
      { limit, before },
    );
    const shown = page(
      rows,
      limit,
      (row) => row.id,
      (row) => referralResource(row, caller),
    );
    await auditRead(deps.db, {
      actor,
      action: 'referral.list',
      targetType: KIND,
      targetId: null,
      patientIds: shown.items.map((item) => item.patientId),
      requestId,
    });
    return { status: 200, body: shown };
  },
});

export async function visibleTimeline({
  deps,
  resource,
  caller,
}: Pick<OperationRequest<unknown, unknown, unknown, ReferralRecord>, 'deps' | 'resource' | 'caller'>) {
  const rows = await timelineOf(deps.db, resource.id);
  if (!isFormer(resource.state, caller)) return rows;
  const until = resource.state.legs.find((leg) => leg.institutionId === caller.institutionId)?.to ?? 0;
  return rows.filter((row) => row.happenedAt.getTime() <= until);
}

const getTimeline = operation({
  id: 'getReferralTimeline',
  method: 'get',
  path: '/v1/referrals/{id}/timeline',
  tag,
  summary: '时间线 / Timeline',
  params: ById,
  answers: { 200: { description: 'Everything that happened, in order', schema: TimelineSchema } },
  find,
  async handle(request) {
    const rows = await visibleTimeline(request);
    await readAudit(request, 'referral.timeline.read');
    return { status: 200, body: timelineResource(rows) };
  },
});

const WhySchema = z.strictObject({
  state: z.string().nullable(),
  since: z.string().nullable(),
  because: z.array(ReasonSchema),
  next: z.array(z.strictObject({ obligation: z.string(), at: z.string() })),
});

const getWhy = operation({
  id: 'getReferralWhy',
  method: 'get',
  path: '/v1/referrals/{id}/why',
  tag,
  summary: '为什么是这个状态、接下来会发生什么 / Why it stands where it stands, and what comes next',
  params: ById,
  answers: { 200: { description: 'The reasons of the latest decision and what comes due', schema: WhySchema } },
  find,
  async handle(request) {
    const rows = await visibleTimeline(request);
    await readAudit(request, 'referral.why.read');
    const last = rows.at(-1);
    const former = isFormer(request.resource.state, request.caller);
    const next = former ? [] : obligationsOf(request.resource.state).sort((a, b) => a.at - b.at);
    return {
      status: 200,
      body: {
        state: last?.to ?? null,
        since: iso(last?.happenedAt),
        because: last?.because ?? [],
        next: next.map(({ id, name, at }) => ({
          obligation: name === 'rung' ? `rung-${id.split(':')[1]}` : name,
          at: new Date(at).toISOString(),
        })),
      },
    };
  },
});

export const referralOperations: Operation[] = [
  createReferral,
  listReferralsOperation,
  getReferral,
  getTimeline,
  getWhy,
  ...triggerForms.map(triggerOperation),
];
