/** Enrolments in follow-up: begin, record visits, pause, transfer, end; and why a date is when it is. */
import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { auditRead } from '../../db/audit.ts';
import { findInstitution } from '../../db/directory.ts';
import { type EnrolmentRecord, enrolmentGround, findEnrolment, listEnrolments, listVisits } from '../../db/enrolments.ts';
import { currentCalendar, findProtocol } from '../../db/protocols.ts';
import { timelineOf } from '../../db/referrals.ts';
import { defaultFollowUpConfiguration, type FollowUpConfiguration } from '../../domain/alliance-configuration.ts';
import type { Enrol, EnrolmentCommand, FollowUpCommand } from '../../domain/follow-up/commands.ts';
import { localDateOf } from '../../domain/follow-up/local-date.ts';
import { obligationsOf } from '../../domain/follow-up/plan.ts';
import { pauseReasons } from '../../domain/follow-up/state.ts';
import type { Visit } from '../../domain/follow-up/visit.ts';
import { judgedBy, type RecordVisit } from '../../domain/follow-up/visits.ts';
import type { Caller } from '../auth.ts';
import { checkedFirst, isReply, submit } from '../commands.ts';
import { decodeCursor, page } from '../cursor.ts';
import { BecauseSchema, EnrolmentSchema, enrolmentResource } from '../enrolment-resource.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../operation.ts';
import type { OperationId } from '../policy.ts';
import { invalid } from '../problem.ts';
import { pathwayNow, readsAll } from '../referral-resource.ts';
import { ActorSchema, DateOnly, Id, Instant, PageQuery, pageOf, pendingAnswer, ReasonSchema, Text } from '../schemas.ts';
import { refuseImpossibleTimes, VisitFormSchema, visitOf } from '../visit-form.ts';

const tag = 'follow-up';
const KIND = 'follow-up';
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ById = z.object({ id: z.string().regex(uuidPattern) });

// --- who sees what -----------------------------------------------------------------

/** The centre that runs it or ran it; hospitals, the office and the auditor read every follow-up of the alliance. */
async function find({ deps, params, caller }: OperationRequest<{ id: string }, unknown, unknown, undefined>) {
  const record = await findEnrolment(deps.db, params.id);
  return record && (await isVisible(deps.db, record, caller)) ? record : undefined;
}

async function isVisible(db: Parameters<typeof findInstitution>[0], { state }: EnrolmentRecord, caller: Caller): Promise<boolean> {
  if ([state.centreId, ...state.formerCentreIds].includes(caller.institutionId) || readsAll(caller)) return true;
  return (await findInstitution(db, caller.institutionId))?.kind === 'hospital';
}

function reply(record: EnrolmentRecord, caller: Caller, status: number): Reply {
  return { status, body: enrolmentResource(record, caller), headers: { etag: `"${record.version}"` } };
}

export const renderEnrolment =
  ({ deps, caller }: Pick<OperationRequest, 'deps' | 'caller'>, id: string, status: number) =>
  async (): Promise<Reply> => {
    const record = await findEnrolment(deps.db, id);
    if (!record) throw new Error('A decided enrolment has its row.');
    return reply(record, caller, status);
  };

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
      const [ground, protocol, calendar] = await Promise.all([
        enrolmentGround(deps.db, body.patientId),
        findProtocol(deps.db, body.protocol),
        currentCalendar(deps.db),
      ]);
      const { patient } = ground;
      if (!patient || patient.homeInstitutionId !== caller.institutionId) throw invalid('patientId', 'no such patient of yours');
      if (patient.deceased) throw invalid('patientId', 'the patient has died');
      if (patient.mergedIntoId !== null) throw invalid('patientId', `is a double of ${patient.mergedIntoId}`);
      if (protocol?.status !== 'published') throw invalid('protocol', 'no such protocol is published');
      if (body.startedOn > localDateOf(Date.now())) throw invalid('startedOn', 'lies in the future');
      if (body.startedOn < patient.birthDate) throw invalid('startedOn', 'lies before the birth');
      return { ground, patient, protocol: protocol.document, calendar };
    };
    const known = await checkedFirst(request as OperationRequest, check, (row) => renderEnrolment(request, enrolmentIdOf(row.input), 201));
    if (isReply(known)) return known;
    const { ground, patient, protocol, calendar } = known;
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
      render: async () => renderEnrolment(request, input.enrolmentId, 201)(),
    });
  },
});

// --- visits -------------------------------------------------------------------------

const { visitedAt: VisitedAt, mode: Mode } = VisitFormSchema.shape;

const NewVisit = z
  .strictObject({
    patientId: Id.optional(),
    visitedAt: VisitedAt,
    mode: Mode,
    form: VisitFormSchema.omit({ visitedAt: true, mode: true }),
    late: z.boolean().default(false),
    classOverride: z
      .strictObject({ class: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]), reason: Text(2_000) })
      .optional(),
    referral: z
      .strictObject({
        consent: z.strictObject({ given: z.boolean(), recordedAt: Instant }).optional(),
        toInstitutionId: Id.optional(),
        toDepartmentId: Id.optional(),
      })
      .optional(),
  })
  .openapi('NewVisit');

/** What was written in words stays in the visit's row; the rules only need to know the same words again. */
function codedOnly({ adverseReactions, notMeasuredReason, ...visit }: Visit): Visit {
  const code = (text: string) =>
    /^[a-z0-9-]{1,60}$/.test(text) ? text : `text-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
  return {
    ...visit,
    adverseReactions: adverseReactions.map(code),
    notMeasuredReason: notMeasuredReason === null ? null : code(notMeasuredReason),
  };
}

const recordVisit = operation({
  id: 'recordVisit',
  method: 'post',
  path: '/v1/enrolments/{id}/visits',
  tag,
  summary: '登记随访 / Record a visit',
  params: ById,
  body: NewVisit,
  answers: { 201: { description: 'Recorded, judged and the next visit set', schema: EnrolmentSchema }, 202: pendingAnswer },
  find,
  async handle(request) {
    const { body, resource, deps } = request;
    const check = async () => {
      const visit = visitOf({ ...body.form, visitedAt: body.visitedAt, mode: body.mode });
      refuseImpossibleTimes('', visit, resource.state.person, pathwayNow(resource));
      const enrolment = resource.state.enrolments.find(({ id }) => id === resource.id);
      if (!enrolment) throw new Error('An enrolment has its place in the state.');
      if (localDateOf(visit.visitedAt) < enrolment.startedOn) throw invalid('visitedAt', 'lies before the enrolment');
      const [missing] = judgedBy(resource.state, enrolment, visit).missing;
      if (missing)
        throw invalid(missing === 'blood-pressure' ? 'form.bloodPressures' : 'form.fastingGlucose', {
          zh: '缺少测量值；未测量时请填写 notMeasuredReason',
          en: 'is missing; if it was not measured give notMeasuredReason',
        });
      if (body.referral?.toInstitutionId !== undefined) {
        const institution = await findInstitution(deps.db, body.referral.toInstitutionId);
        if (institution?.kind !== 'hospital') throw invalid('referral.toInstitutionId', 'no such hospital');
      }
      return visit;
    };
    const visit = await checkedFirst(request as OperationRequest, check, () => renderEnrolment(request, resource.id, 201));
    if (isReply(visit)) return visit;
    const input: RecordVisit = {
      enrolmentId: resource.id,
      ...(body.patientId === undefined ? {} : { patientId: body.patientId }),
      visitId: uuid(),
      visit: codedOnly(visit),
      late: body.late,
      classOverride: body.classOverride?.class ?? null,
      referralId: uuid(),
    };
    return submit(request as OperationRequest, {
      kind: KIND,
      pathwayId: resource.pathwayId,
      name: 'record-visit',
      input,
      texts: { form: body.form, overrideReason: body.classOverride?.reason, referral: body.referral },
      seen: resource.version,
      render: renderEnrolment(request, resource.id, 201),
    });
  },
});

const VisitSchema = z
  .strictObject({
    id: z.string(),
    visitedAt: z.string(),
    recordedAt: z.string(),
    recordedBy: z.strictObject({ personId: z.string(), institutionId: z.string(), role: z.string() }),
    mode: z.enum(['clinic', 'home', 'phone']),
    form: z.record(z.string(), z.unknown()),
    enteredLate: z.boolean(),
    class: z.number().int().nullable(),
    classOverride: z.number().int().nullable(),
    overrideReason: z.string().nullable(),
    because: z.array(BecauseSchema),
    dueOn: z.string().nullable(),
    referralId: z.string().nullable(),
  })
  .openapi('FollowUpVisit');

const listVisitsOperation = operation({
  id: 'listVisits',
  method: 'get',
  path: '/v1/enrolments/{id}/visits',
  tag,
  summary: '随访记录，新的在前 / Visits, newest first',
  params: ById,
  query: z.strictObject(PageQuery),
  answers: { 200: { description: 'A page of visits', schema: pageOf(VisitSchema) } },
  find,
  async handle(request) {
    const { query, deps, resource } = request;
    const before = decodeCursor(query.cursor, z.tuple([z.string(), z.string().regex(uuidPattern)]));
    const rows = await listVisits(deps.db, resource.id, { limit: query.limit, before });
    await readAudit(request, 'visits.read');
    const shown = page(
      rows,
      query.limit,
      (row) => [row.visitedAt.toISOString(), row.id],
      ({ evaluation, visitedAt, recordedAt, form, ...row }) => ({
        ...row,
        visitedAt: visitedAt.toISOString(),
        recordedAt: recordedAt.toISOString(),
        form: form as Record<string, unknown>,
        because: (evaluation as { because?: z.infer<typeof BecauseSchema>[] } | null)?.because ?? [],
      }),
    );
    return { status: 200, body: shown };
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
    body: z.strictObject({ patientId, episodeId: z.uuid(), done: Text(2_000) }),
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
      if (to?.kind !== 'community-health-centre') throw invalid('toInstitutionId', 'no such community health centre');
      if (to.id === caller.institutionId) throw invalid('toInstitutionId', 'is your own institution');
      return { ...base, toInstitutionId: to.id };
    }
    case 'move-version': {
      const [protocolId = ''] = (state.enrolments.find((enrolment) => enrolment.id === id)?.protocol ?? '').split('/');
      const found = await findProtocol(deps.db, protocolId, body.version);
      if (found?.status !== 'published') throw invalid('version', 'no such version is published');
      return { ...base, protocol: found.document };
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
    params: ById,
    body: bodySchema,
    answers: { 200: { description: 'Done', schema: EnrolmentSchema }, 202: pendingAnswer },
    find,
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

const readAudit = (request: OperationRequest<unknown, unknown, unknown, EnrolmentRecord>, action: string) =>
  auditRead(request.deps.db, {
    actor: request.actor,
    action: `follow-up.${action}`,
    targetType: KIND,
    targetId: request.resource.pathwayId,
    patientIds: [request.resource.state.patientId],
    requestId: request.requestId,
  });

const getEnrolment = operation({
  id: 'getEnrolment',
  method: 'get',
  path: '/v1/enrolments/{id}',
  tag,
  summary: '查看随访 / Read an enrolment',
  params: ById,
  answers: { 200: { description: 'The enrolment', schema: EnrolmentSchema } },
  find,
  async handle(request) {
    await readAudit(request, 'read');
    return reply(request.resource, request.caller, 200);
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

const TimelineSchema = z.strictObject({
  items: z.array(
    z.strictObject({
      seq: z.number().int(),
      happenedAt: z.string(),
      recordedAt: z.string(),
      actor: ActorSchema,
      event: z.string(),
      from: z.string().nullable(),
      to: z.string().nullable(),
      because: z.array(ReasonSchema),
      note: z.string().nullable(),
    }),
  ),
});

const getTimeline = operation({
  id: 'getEnrolmentTimeline',
  method: 'get',
  path: '/v1/enrolments/{id}/timeline',
  tag,
  summary: '时间线 / Timeline of the person’s follow-up',
  params: ById,
  answers: { 200: { description: 'Everything that happened, in order', schema: TimelineSchema } },
  find,
  async handle(request) {
    const rows = await timelineOf(request.deps.db, request.resource.pathwayId);
    await readAudit(request, 'timeline.read');
    const items = rows.map(({ actorName, happenedAt, recordedAt, actor, ...row }) => ({
      ...row,
      happenedAt: happenedAt.toISOString(),
      recordedAt: recordedAt.toISOString(),
      actor: 'system' in actor ? { system: true as const } : { ...actor, name: actorName },
    }));
    return { status: 200, body: { items } };
  },
});

const WhySchema = z
  .strictObject({
    nextVisit: z.strictObject({ opensOn: DateOnly, dueOn: DateOnly }).nullable(),
    because: z.array(BecauseSchema),
    lastDecision: z.strictObject({ visitId: z.string(), action: z.string(), because: z.array(BecauseSchema) }).nullable(),
    next: z.array(z.strictObject({ obligation: z.string(), at: z.string() })),
  })
  .openapi('EnrolmentWhy');

const getWhy = operation({
  id: 'getEnrolmentWhy',
  method: 'get',
  path: '/v1/enrolments/{id}/why',
  tag,
  summary: '为什么是这个日期、这个决定 / Why this date and this decision',
  params: ById,
  answers: { 200: { description: 'Down to rule, clause and observation', schema: WhySchema } },
  find,
  async handle(request) {
    const { state, id } = request.resource;
    const enrolment = state.enrolments.find((one) => one.id === id);
    await readAudit(request, 'why.read');
    const last = enrolment?.last;
    return {
      status: 200,
      body: {
        nextVisit: enrolment?.next ?? null,
        because: enrolment?.because ?? [],
        lastDecision: last ? { visitId: last.visitId, action: last.action, because: last.because } : null,
        next: obligationsOf(state)
          .toSorted((a, b) => a.at - b.at)
          .map(({ name, at }) => ({ obligation: name, at: new Date(at).toISOString() })),
      },
    };
  },
});

export const enrolmentOperations: Operation[] = [
  createEnrolment,
  listEnrolmentsOperation,
  getEnrolment,
  recordVisit,
  listVisitsOperation,
  getTimeline,
  getWhy,
  ...commandForms.map(commandOperation),
];
