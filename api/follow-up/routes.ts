/** Enrolments in follow-up: begin, pause, transfer, end, read. */
import { z } from '@hono/zod-openapi';
import { findMeantByQuery, findNamedPatients } from '../../db/directory/named-patients.ts';
import { type EnrolmentPage, listEnrolments } from '../../db/follow-up/enrolments.ts';
import { auditRead } from '../../db/kit/audit.ts';
import { commandOperation } from '../kit/command-operation.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { DateOnly, Flag, Id, NamedPatientSchema, PageQuery, pageOf, SearchText } from '../kit/schemas.ts';
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

// Not an extension: in the contract that would be two closed shapes at once, which nothing satisfies.
const ListedEnrolmentSchema = z
  .strictObject({ ...EnrolmentSchema.shape, patient: NamedPatientSchema.nullable() })
  .openapi('ListedEnrolment');

const DuePlaceSchema = z.strictObject({ dueOn: z.iso.date().nullable(), id: z.string().regex(uuidPattern) });

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
    dueBefore: DateOnly.optional(),
    tier: z.enum(['low', 'middle', 'high']).optional(),
    overdue: Flag.optional(),
    offTarget: Flag.optional().openapi({ description: '末次已测随访未达标 / Off target at the last visit that was measured' }),
    controlled: Flag.optional().openapi({ description: '末次已测随访已达标 / On target at the last visit that was measured' }),
    query: SearchText.optional(),
    sort: z.enum(['dueOn']).optional(),
  }),
  answers: { 200: { description: 'A page of enrolments', schema: pageOf(ListedEnrolmentSchema) } },
  async handle(request) {
    const { deps, caller, actor, query, requestId } = request;
    const { limit, cursor, institutionId: asked, query: text, sort, ...filter } = query;
    const page: EnrolmentPage = sort
      ? { limit, sort, after: decodeCursor(cursor, DuePlaceSchema) }
      : { limit, before: decodeCursor(cursor, z.string().regex(uuidPattern)) };
    const institutionId = await findListedInstitution(request, asked);
    const meant = text === undefined ? undefined : await findMeantByQuery(deps.db, text);
    const rows = institutionId === null ? [] : await listEnrolments(deps.db, { ...filter, meant, institutionId }, page);
    const patients = await findNamedPatients(
      deps.db,
      rows.map(({ state }) => state.patientId),
    );
    const shown = toPage(
      rows,
      limit,
      (row) => (sort ? { dueOn: row.nextDueOn, id: row.id } : row.id),
      (row) => ({ ...enrolmentResource(row, caller), patient: patients.get(row.state.patientId) ?? null }),
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
