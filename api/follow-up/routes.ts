/** Enrolments in follow-up: begin, pause, transfer, end, read. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { findInstitution } from '../../db/directory/directory.ts';
import { educationPlans } from '../../db/follow-up/education-plans.ts';
import { type EnrolmentRecord, enrolmentGround, listEnrolments } from '../../db/follow-up/enrolments.ts';
import { currentCalendar, currentRiskModel, findProtocol } from '../../db/follow-up/protocols.ts';
import { auditRead } from '../../db/kit/audit.ts';
import { defaultFollowUpConfiguration, type FollowUpConfiguration } from '../../domain/alliance/configuration.ts';
import type { Enrol, EnrolmentCommand, FollowUpCommand } from '../../domain/follow-up/commands.ts';
import type { TierName } from '../../domain/follow-up/risk-tier.ts';
import { pauseReasons } from '../../domain/follow-up/state.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { checkedFirst, isReply, submit } from '../kit/commands.ts';
import { decodeCursor, page } from '../kit/cursor.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { invalid } from '../kit/problem.ts';
import { DateOnly, Id, PageQuery, pageOf, pendingAnswer, Text } from '../kit/schemas.ts';
import type { OperationId } from '../policy.ts';
import { readsAll } from '../referral/resource.ts';
import { auditEnrolmentRead, EnrolmentById, findVisibleEnrolment, uuidPattern } from './access.ts';
import { EnrolmentSchema, enrolmentReply, enrolmentResource, renderEnrolment } from './resource.ts';
import { refuseContradictions } from './visit-form.ts';

const tag = 'follow-up';
const KIND = 'follow-up';

const enrolmentIdOf = (input: unknown): string => (input as EnrolmentCommand).enrolmentId;

// --- enrol --------------------------------------------------------------------------

const NewEnrolment = z
  .strictObject({
    patientId: Id,
    protocol: Id,
    startedOn: DateOnly,
    package: z.enum(['basic', 'personalised']).default('basic'),
    pregnant: z.boolean().optional(),
    toleratesLowerTarget: z.boolean().optional(),
    kidneyDisease: z.boolean().optional(),
  })
  .openapi('NewEnrolment');

const createEnrolment = operation({
  id: 'createEnrolment',
  method: 'post',
  path: '/v1/enrolments',
  tag,
  summary: '纳入随访 / Enrol a resident under a protocol',
  body: NewEnrolment,
  answers: { 201: { description: 'Enrolled', schema: EnrolmentSchema }, 202: pendingAnswer },
  async handle(request) {
    const { deps, caller, body } = request;
    const check = async () => {
      const [ground, protocol, calendar, riskModel] = await Promise.all([
        enrolmentGround(deps.db, body.patientId),
        findProtocol(deps.db, body.protocol),
        currentCalendar(deps.db),
        currentRiskModel(deps.db),
      ]);
      const { patient } = ground;
      if (!patient || patient.homeInstitutionId !== caller.institutionId)
        throw invalid('patientId', { zh: '没有这位由您机构管理的患者', en: 'no such patient of yours' });
      if (patient.deceased) throw invalid('patientId', { zh: '患者已去世', en: 'the patient has died' });
      if (patient.mergedIntoId !== null)
        throw invalid('patientId', { zh: `与 ${patient.mergedIntoId} 为同一人`, en: `is a double of ${patient.mergedIntoId}` });
      if (protocol?.status !== 'published') throw invalid('protocol', { zh: '没有已发布的此方案', en: 'no such protocol is published' });
      if (body.startedOn > localDateOf(Date.now())) throw invalid('startedOn', { zh: '在将来', en: 'lies in the future' });
      refuseContradictions('', { pregnant: body.pregnant ?? false, sex: patient.sex });
      if (body.startedOn < patient.birthDate) throw invalid('startedOn', { zh: '早于出生日期', en: 'lies before the birth' });
      return { ground, patient, protocol: protocol.document, calendar, riskModel };
    };
    const known = await checkedFirst(request as OperationRequest, check, (row) => renderEnrolment(request, enrolmentIdOf(row.input), 201));
    if (isReply(known)) return known;
    const { ground, patient, protocol, calendar, riskModel } = known;
    const input: Enrol = {
      enrolmentId: uuid(),
      patientId: body.patientId,
      centreId: caller.institutionId,
      person: {
        birthDate: patient.birthDate,
        sex: patient.sex,
        pregnant: body.pregnant ?? false,
        toleratesLowerTarget: body.toleratesLowerTarget ?? false,
        diabetes: protocol.disease === 'diabetes',
        kidneyDisease: body.kidneyDisease ?? false,
      },
      protocol,
      calendar,
      riskModel,
      education: educationPlans[protocol.id] ?? [],
      configuration: {
        ...defaultFollowUpConfiguration,
        ...(ground.configuration.followUp as Partial<FollowUpConfiguration> | undefined),
        version: ground.configurationVersion,
      },
      startedOn: body.startedOn,
      package: body.package,
    };
    // The first enrolment begins the person's follow-up; every other one joins it.
    const { open } = ground;
    return submit(request as OperationRequest, {
      kind: KIND,
      pathwayId: open?.pathwayId ?? uuid(),
      name: 'enrol',
      input,
      texts: {},
      seen: open?.version ?? 0,
      render: (_, stored) => renderEnrolment(request, enrolmentIdOf(stored), 201)(),
    });
  },
});

// --- what else may be asked ---------------------------------------------------------

const patientId = Id.optional();
const WithReason = z.strictObject({ patientId, reason: Text(2_000) });

type Body = Partial<{
  patientId: string | undefined;
  reason: string | undefined;
  package: 'basic' | 'personalised';
  toInstitutionId: string;
  version: number | undefined;
  episodeId: string;
  done: string;
  phase: string;
  tier: TierName | null;
  code: string;
}>;

interface CommandForm {
  id: OperationId;
  name: Exclude<FollowUpCommand, 'enrol' | 'record-visit'>;
  summary: string;
  body: z.ZodType<Body>;
}

const commandForms: CommandForm[] = [
  {
    id: 'pauseEnrolment',
    name: 'pause',
    summary: '暂停随访 / Pause',
    body: z.strictObject({ patientId, reason: z.enum(pauseReasons) }),
  },
  {
    id: 'changePhase',
    name: 'change-phase',
    summary: '更换阶段 / Change the phase of the protocol',
    body: z.strictObject({ patientId, phase: Id, reason: Text(2_000) }),
  },
  {
    id: 'changeTier',
    name: 'change-tier',
    summary: '人工调整风险分层；null 恢复按评分 / Set the risk tier; null goes by the score again',
    body: z.strictObject({ patientId, tier: z.enum(['low', 'middle', 'high']).nullable(), reason: Text(2_000) }),
  },
  {
    id: 'acknowledgeEducation',
    name: 'acknowledge-education',
    summary: '居民已收到健康教育内容 / The resident has got a lesson',
    body: z.strictObject({ patientId, code: Id }),
  },
  { id: 'resumeEnrolment', name: 'resume', summary: '恢复随访 / Go on', body: z.strictObject({ patientId }) },
  { id: 'withdrawEnrolment', name: 'withdraw', summary: '退出随访 / Withdraw', body: WithReason },
  { id: 'reopenEnrolment', name: 'reopen', summary: '重新纳入 / Reopen', body: WithReason },
  {
    id: 'transferEnrolment',
    name: 'transfer',
    summary: '转至其他社康中心 / Transfer to another centre',
    body: z.strictObject({ patientId, toInstitutionId: Id, reason: Text(2_000).optional() }),
  },
  {
    id: 'changePackage',
    name: 'change-package',
    summary: '更换服务包 / Change the package',
    body: z.strictObject({ patientId, package: z.enum(['basic', 'personalised']) }),
  },
  {
    id: 'moveEnrolment',
    name: 'move-version',
    summary: '换用方案的另一版本 / Move to another version of the protocol',
    body: z.strictObject({ patientId, version: z.number().int().min(1).optional() }),
  },
  {
    id: 'closeEpisode',
    name: 'close-episode',
    summary: '处理异常监测事件 / Say what was done about an episode of readings',
    body: z.strictObject({ patientId, episodeId: Id, done: Text(2_000) }),
  },
];

/** Reads what the body names. Throws Problem 422. */
async function prepare(
  { deps, caller }: OperationRequest,
  { id, state }: EnrolmentRecord,
  name: CommandForm['name'],
  body: Body,
): Promise<EnrolmentCommand> {
  const base: EnrolmentCommand = { enrolmentId: id, ...(body.patientId === undefined ? {} : { patientId: body.patientId }) };
  switch (name) {
    case 'pause':
      return { ...base, pauseReason: body.reason as (typeof pauseReasons)[number] };
    case 'change-package':
      return { ...base, package: body.package as 'basic' | 'personalised' };
    case 'transfer': {
      const to = await findInstitution(deps.db, body.toInstitutionId as string);
      if (to?.kind !== 'community-health-centre')
        throw invalid('toInstitutionId', { zh: '没有这家社康中心', en: 'no such community health centre' });
      if (to.id === caller.institutionId) throw invalid('toInstitutionId', { zh: '是您自己的机构', en: 'is your own institution' });
      return { ...base, toInstitutionId: to.id };
    }
    case 'move-version': {
      const [protocolId = ''] = (state.enrolments.find((enrolment) => enrolment.id === id)?.protocol ?? '').split('/');
      const found = await findProtocol(deps.db, protocolId, body.version);
      if (found?.status !== 'published') throw invalid('version', { zh: '没有已发布的此版本', en: 'no such version is published' });
      return { ...base, protocol: found.document };
    }
    case 'change-phase': {
      const { protocol } = state.enrolments.find((enrolment) => enrolment.id === id) ?? {};
      const phases = protocol === undefined ? [] : (state.protocols[protocol]?.phases ?? []);
      if (!phases.some((phase) => phase.id === body.phase))
        throw invalid('phase', {
          zh: `须为以下之一：${phases.map((phase) => phase.id).join('、')}`,
          en: `is none of ${phases.map((phase) => phase.id).join(', ')}`,
        });
      return { ...base, phase: body.phase as string };
    }
    case 'change-tier':
      return { ...base, tier: body.tier as TierName | null };
    case 'acknowledge-education': {
      const lessons = state.enrolments.find((enrolment) => enrolment.id === id)?.lessons ?? [];
      if (!lessons.some(({ code }) => code === body.code)) throw invalid('code', { zh: '未发放此内容', en: 'was not handed out' });
      return { ...base, lesson: body.code as string };
    }
    case 'close-episode':
      return { ...base, episodeId: body.episodeId as string };
    case 'resume':
    case 'withdraw':
    case 'reopen':
      return base;
  }
}

const commandOperation = ({ id, name, summary, body: bodySchema }: CommandForm): Operation =>
  operation({
    id,
    method: 'post',
    path: `/v1/enrolments/{id}/${name}`,
    tag,
    summary,
    params: EnrolmentById,
    body: bodySchema,
    answers: { 200: { description: 'Done', schema: EnrolmentSchema }, 202: pendingAnswer },
    find: findVisibleEnrolment,
    async handle(request) {
      const { resource, body } = request;
      const render = renderEnrolment(request, resource.id, 200);
      const input = await checkedFirst(
        request as OperationRequest,
        () => prepare(request as OperationRequest, resource, name, body),
        () => render,
      );
      if (isReply(input)) return input;
      const { reason, done } = body;
      return submit(request as OperationRequest, {
        kind: KIND,
        pathwayId: resource.pathwayId,
        name,
        input,
        texts: { reason, note: done ?? reason },
        seen: resource.version,
        render,
      });
    },
  });

// --- read ---------------------------------------------------------------------------

const getEnrolment = operation({
  id: 'getEnrolment',
  method: 'get',
  path: '/v1/enrolments/{id}',
  tag,
  summary: '查看随访 / Read an enrolment',
  params: EnrolmentById,
  answers: { 200: { description: 'The enrolment', schema: EnrolmentSchema } },
  find: findVisibleEnrolment,
  async handle(request) {
    await auditEnrolmentRead(request, 'follow-up.read');
    return enrolmentReply(request.resource, request.caller, 200);
  },
});

const listEnrolmentsOperation = operation({
  id: 'listEnrolments',
  method: 'get',
  path: '/v1/enrolments',
  tag,
  summary: '随访列表，新的在前 / Enrolments, newest first',
  query: z.strictObject({
    ...PageQuery,
    patientId: Id.optional(),
    status: z.enum(['active', 'paused', 'ended']).optional(),
    protocol: Id.optional(),
    institutionId: Id.optional(),
    dueBy: DateOnly.optional(),
  }),
  answers: { 200: { description: 'A page of enrolments', schema: pageOf(EnrolmentSchema) } },
  async handle({ deps, caller, actor, query, requestId }) {
    const { limit, cursor, institutionId, ...filter } = query;
    const before = decodeCursor(cursor, z.string().regex(uuidPattern));
    const everywhere = readsAll(caller) || (await findInstitution(deps.db, caller.institutionId))?.kind === 'hospital';
    const rows =
      !everywhere && institutionId !== undefined && institutionId !== caller.institutionId
        ? []
        : await listEnrolments(deps.db, { ...filter, institutionId: everywhere ? institutionId : caller.institutionId }, { limit, before });
    const shown = page(
      rows,
      limit,
      (row) => row.id,
      (row) => enrolmentResource(row, caller),
    );
    await auditRead(deps.db, {
      actor,
      action: 'follow-up.list',
      targetType: KIND,
      targetId: null,
      patientIds: shown.items.map((item) => item.patientId),
      requestId,
    });
    return { status: 200, body: shown };
  },
});

export const enrolmentOperations: Operation[] = [
  createEnrolment,
  listEnrolmentsOperation,
  getEnrolment,
  ...commandForms.map(commandOperation),
];
