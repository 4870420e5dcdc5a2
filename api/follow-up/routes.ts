/** Enrolments in follow-up: begin, pause, transfer, end, read. */
import { z } from '@hono/zod-openapi';
import { listEnrolments } from '../../db/follow-up/enrolments.ts';
import { auditRead } from '../../db/kit/audit.ts';
import { commandOperation } from '../kit/command-operation.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { DateOnly, Id, PageQuery, pageOf } from '../kit/schemas.ts';
import { auditEnrolmentRead, EnrolmentById, findListedInstitution, findVisibleEnrolment, uuidPattern } from './access.ts';
import { type CommandForm, commandForms, commandSteps, enrolSteps, NewEnrolment } from './commands.ts';
import { EnrolmentSchema, enrolmentReply, enrolmentResource, operationOf } from './resource.ts';

const tag = 'follow-up';

// --- act ----------------------------------------------------------------------------

const createEnrolment = commandOperation({
  ...enrolSteps,
  id: 'createEnrolment',
  path: '/v1/enrolments',
  tag,
  summary: '纳入随访 / Enrol a resident under a protocol',
  body: NewEnrolment,
  answers: { 201: { description: 'Enrolled', schema: EnrolmentSchema } },
});

const enrolmentCommand = ({ name, summary, body }: CommandForm): Operation =>
  commandOperation({
    ...commandSteps(name),
    id: operationOf[name],
    path: `/v1/enrolments/{id}/${name}`,
    tag,
    summary,
    params: EnrolmentById,
    body,
    answers: { 200: { description: 'Done', schema: EnrolmentSchema } },
    find: findVisibleEnrolment,
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
  async handle(request) {
    const { deps, caller, actor, query, requestId } = request;
    const { limit, cursor, institutionId: asked, ...filter } = query;
    const before = decodeCursor(cursor, z.string().regex(uuidPattern));
    const institutionId = await findListedInstitution(request, asked);
    const rows = institutionId === null ? [] : await listEnrolments(deps.db, { ...filter, institutionId }, { limit, before });
    const shown = toPage(
      rows,
      limit,
      (row) => row.id,
      (row) => enrolmentResource(row, caller),
    );
    await auditRead(deps.db, {
      actor,
      action: 'follow-up.list',
      targetType: 'follow-up',
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
  ...commandForms.map(enrolmentCommand),
];
