/** Patients: a centre has its own residents, a hospital the alliance's register. Every look at them is recorded. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import {
  choosePatientChannel,
  createPatient,
  findInstitution,
  type NewPatient,
  type Patient,
  searchPatients,
} from '../../db/directory/directory.ts';
import { auditRead, auditWrite } from '../../db/kit/audit.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { patientChannels } from '../../domain/messages/channels.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { toMessage } from '../kit/field-words.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { institutionsWithin, reaches, reachOf } from '../kit/reach.ts';
import { DateOnly, Id, PageQuery, pageOf, pendingAnswer, Text } from '../kit/schemas.ts';
import { findVisiblePatient } from './access.ts';
import { parsePage, toPageResource } from './institutions.ts';

const tag = 'patient';

const sexes = ['male', 'female', 'other', 'unknown'] as const;

const LocalIdSchema = z.strictObject({ system: z.string(), value: z.string() });

const PatientSummarySchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    birthDate: z.string(),
    sex: z.enum(sexes),
    homeInstitutionId: z.string(),
    teamId: z.string().nullable(),
  })
  .openapi('PatientSummary');

// Not an extension: in the contract that would be two closed shapes at once, which nothing satisfies.
const PatientSchema = z
  .strictObject({
    ...PatientSummarySchema.shape,
    phone: z.string().nullable(),
    contacts: z.array(z.strictObject({ name: z.string(), relation: z.string(), phone: z.string() })),
    channel: z.enum(patientChannels),
    localIds: z.array(LocalIdSchema),
    version: z.number().int(),
  })
  .openapi('Patient');

const find = (request: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<Patient | undefined> =>
  findVisiblePatient(request, request.params.id);

// --- read -------------------------------------------------------------------------------

const listPatients = operation({
  id: 'listPatients',
  method: 'get',
  path: '/v1/patients',
  tag,
  summary: '查找患者：姓名、编号或电话末几位 / Find patients by part of a name, a whole local id, or the last digits of a phone number',
  query: z.strictObject({ ...PageQuery, query: z.string().max(100).optional() }),
  answers: { 200: { description: 'A page of patients', schema: pageOf(PatientSummarySchema) } },
  async handle(request) {
    const { deps, actor, query, requestId } = request;
    const homeInstitutionIds = institutionsWithin(await reachOf(request));
    const shown = toPageResource(await searchPatients(deps.db, { query: query.query, homeInstitutionIds, page: parsePage(query) }));
    const patientIds = shown.items.map(({ id }) => id);
    await auditRead(deps.db, { actor, action: 'patient.list', targetType: 'patient', targetId: null, patientIds, requestId });
    return { status: 200, body: shown };
  },
});

const readPatient = operation({
  id: 'getPatient',
  method: 'get',
  path: '/v1/patients/{id}',
  tag,
  summary: '查看患者 / Read a patient',
  params: z.object({ id: Id }),
  answers: { 200: { description: 'The patient', schema: PatientSchema } },
  find,
  async handle({ deps, actor, resource, requestId }) {
    await auditRead(deps.db, {
      actor,
      action: 'patient.read',
      targetType: 'patient',
      targetId: resource.id,
      patientIds: [resource.id],
      requestId,
    });
    return { status: 200, body: resource, headers: { etag: `"${resource.version}"` } };
  },
});

// --- create -----------------------------------------------------------------------------

const EARLIEST_BIRTH = '1900-01-01';

/** A telephone number is stored as digits, so that it is found however it was written. */
const Phone = z
  .string()
  .transform((text) => text.replaceAll(/[\s-]/g, ''))
  .pipe(z.string().regex(/^\+?\d{5,15}$/, toMessage({ zh: '须为 5 至 15 位数字的电话号码', en: 'a phone number of 5 to 15 digits' })))
  .openapi({ type: 'string', example: '13800000000' });

const NewPatientBody = z
  .strictObject({
    name: Text(100),
    birthDate: DateOnly,
    sex: z.enum(sexes),
    homeInstitutionId: Id.optional().openapi({
      description: "The caller's own institution by default; staff of a centre register their own residents only",
    }),
    phone: Phone.optional(),
    contacts: z
      .array(z.strictObject({ name: Text(100), relation: Text(50), phone: Phone }))
      .max(20)
      .default([]),
    channel: z.enum(patientChannels).optional().openapi({ description: 'sms by default, paper for somebody without a phone' }),
    localIds: z
      .array(z.strictObject({ system: Text(200), value: Text(100) }))
      .max(20)
      .default([]),
  })
  .openapi('NewPatient');

const postPatient = operation({
  id: 'createPatient',
  method: 'post',
  path: '/v1/patients',
  tag,
  summary: '登记患者 / Register a patient',
  body: NewPatientBody,
  answers: { 201: { description: 'Registered', schema: PatientSchema }, 202: pendingAnswer },
  async handle(request) {
    const { body } = request;
    const answer = await runOnce(request, async (trx) => {
      checkBirth(body.birthDate);
      const homeInstitutionId = await homeOf(trx, request, body.homeInstitutionId);
      const patient: NewPatient = {
        id: uuid(),
        name: body.name,
        birthDate: body.birthDate,
        sex: body.sex,
        homeInstitutionId,
        teamId: null,
        phone: body.phone ?? null,
        contacts: body.contacts,
        channel: body.channel ?? (body.phone ? 'sms' : 'paper'),
        localIds: body.localIds,
      };
      return register(trx, request, patient);
    });
    if (answer.status !== 201) return answer;
    const { id, version } = answer.body as Patient;
    return { ...answer, headers: { ...answer.headers, etag: `"${version}"`, location: `/v1/patients/${id}` } };
  },
});

/** Throws Problem 422. */
function checkBirth(date: string): void {
  if (date < EARLIEST_BIRTH)
    throw invalidRequestProblem('birthDate', { zh: `早于 ${EARLIEST_BIRTH}`, en: `lies before ${EARLIEST_BIRTH}` });
  if (date > localDateOf(Date.now())) throw invalidRequestProblem('birthDate', { zh: '在将来', en: 'lies in the future' });
}

/** Throws Problem 422 for a home that is not the caller's to give. */
async function homeOf(
  trx: Trx,
  request: Pick<OperationRequest, 'deps' | 'caller' | 'operationId'>,
  asked: string | undefined,
): Promise<string> {
  const home = asked ?? request.caller.institutionId;
  const reach = await reachOf(request, trx);
  if (reach.over === 'nothing') throw new Problem('role-may-not');
  if (!reaches(reach, home)) throw invalidRequestProblem('homeInstitutionId', { zh: '不是您所在的社康中心', en: 'is not your own centre' });
  const institution = await findInstitution(trx, home);
  if (!institution || institution.kind === 'sterile-supply-department')
    throw invalidRequestProblem('homeInstitutionId', {
      zh: '联盟内没有这家医院或社康中心',
      en: 'no such hospital or centre in the alliance',
    });
  return home;
}

async function register(
  trx: Trx,
  { actor, requestId }: Pick<OperationRequest, 'actor' | 'requestId'>,
  patient: NewPatient,
): Promise<Reply> {
  const result = await createPatient(trx, patient);
  if (!result.created) {
    if (result.reason === 'local-id-taken') throw new Problem('local-id-taken', { members: { localIds: result.taken } });
    throw invalidRequestProblem('homeInstitutionId', {
      zh: '联盟内没有这家医院或社康中心',
      en: 'no such hospital or centre in the alliance',
    });
  }
  const { id } = result.patient;
  await auditWrite(trx, { actor, action: 'patient.create', targetType: 'patient', targetId: id, patientId: id, requestId });
  return { status: 201, body: result.patient };
}

const chooseChannel = operation({
  id: 'choosePatientChannel',
  method: 'post',
  path: '/v1/patients/{id}/channel',
  tag,
  summary: '登记患者希望的联系方式 / How a patient wants to be told',
  params: z.object({ id: Id }),
  body: z.strictObject({ channel: z.enum(patientChannels) }).openapi('PatientChannel', { example: { channel: 'phone' } }),
  answers: { 200: { description: 'The patient; messages that wait go as they were', schema: PatientSchema }, 202: pendingAnswer },
  find,
  async handle(request) {
    const { actor, resource, body, ifVersion, requestId } = request;
    const { id } = resource;
    return runOnce(request, async (trx) => {
      const patient = await choosePatientChannel(trx, id, body.channel, ifVersion);
      if (!patient) throw new Problem('version-changed');
      await auditWrite(trx, { actor, action: 'patient.channel', targetType: 'patient', targetId: id, patientId: id, requestId });
      return { status: 200, body: patient, headers: { etag: `"${patient.version}"` } };
    });
  },
});

export const patientOperations: Operation[] = [listPatients, readPatient, postPatient, chooseChannel];
