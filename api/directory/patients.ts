/** Patients: a centre has its own residents, a hospital the alliance's register. Every look at them is recorded. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { findInstitution } from '../../db/directory/directory.ts';
import { choosePatientChannel, createPatient, type NewPatient, type Patient, searchPatients } from '../../db/directory/patients.ts';
import { type Candidate, findCandidates, findSameIdentity, holdRegistration } from '../../db/directory/possible-duplicates.ts';
import { auditRead, auditWrite } from '../../db/kit/audit.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { patientChannels } from '../../domain/messages/channels.ts';
import { channelOfPhone } from '../../domain/residents/telephone.ts';
import { toMessage } from '../kit/field-words.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { institutionsWithin, reaches, reachOf } from '../kit/reach.ts';
import { DateOnly, Id, PageQuery, pageOf, pendingAnswer, SexSchema, Text } from '../kit/schemas.ts';
import { findVisiblePatient } from './access.ts';
import { parsePage, toPageResource } from './institutions.ts';
import { ContactBody, checkBirth, checkIdentity, IdentityNumber, LocalId, Phone } from './patient-fields.ts';
import { PatientSchema, PatientSummarySchema, patientReply, toPatientSummary } from './patient-resource.ts';

const tag = 'patient';

const find = (request: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<Patient | undefined> =>
  findVisiblePatient(request, request.params.id);

// --- read -------------------------------------------------------------------------------

/** Doubles and the dead stand in a list only where they are asked for. */
const Include = z
  .string()
  .regex(
    /^(merged|died)(,(merged|died))*$/,
    toMessage({ zh: '须为 merged、died 或两者（以逗号分隔）', en: 'merged, died, or both with a comma' }),
  )
  .transform((text) => text.split(','))
  .openapi({ type: 'string', example: 'merged,died' });

const listPatients = operation({
  id: 'listPatients',
  method: 'get',
  path: '/v1/patients',
  tag,
  summary: '查找患者：姓名、编号或电话末几位 / Find patients by part of a name, a whole local id, or the last digits of a phone number',
  query: z.strictObject({ ...PageQuery, query: z.string().max(100).optional(), include: Include.optional() }),
  answers: { 200: { description: 'A page of patients', schema: pageOf(PatientSummarySchema) } },
  async handle(request) {
    const { deps, actor, query, requestId } = request;
    const homeInstitutionIds = institutionsWithin(await reachOf(request));
    const included = { merged: query.include?.includes('merged') ?? false, died: query.include?.includes('died') ?? false };
    const found = await searchPatients(deps.db, { query: query.query, homeInstitutionIds, ...included, page: parsePage(query) });
    const shown = toPageResource({ ...found, items: found.items.map(toPatientSummary) });
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
  async handle(request) {
    const { deps, actor, resource, requestId } = request;
    await auditRead(deps.db, {
      actor,
      action: 'patient.read',
      targetType: 'patient',
      targetId: resource.id,
      patientIds: [resource.id],
      requestId,
    });
    return patientReply(request, resource);
  },
});

// --- create -----------------------------------------------------------------------------

const NewPatientBody = z
  .strictObject({
    name: Text(100),
    birthDate: DateOnly,
    sex: SexSchema,
    homeInstitutionId: Id.optional().openapi({
      description: "The caller's own institution by default; staff of a centre register their own residents only",
    }),
    phone: Phone.optional(),
    contacts: z.array(ContactBody).max(20).default([]),
    address: Text(300).optional(),
    identityNumber: IdentityNumber.optional(),
    channel: z
      .enum(patientChannels)
      .optional()
      .openapi({ description: 'sms by default, phone for somebody with a landline only, paper for somebody without a telephone' }),
    localIds: z.array(LocalId).max(20).default([]),
    notDuplicateOf: z.array(Id).max(50).default([]).openapi({ description: 'The candidates of an earlier refusal, all of them' }),
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
      checkIdentity(body.identityNumber ?? null, body);
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
        address: body.address ?? null,
        identityNumber: body.identityNumber ?? null,
        channel: body.channel ?? channelOfPhone(body.phone ?? null),
        localIds: body.localIds,
      };
      await refuseDuplicate(trx, patient, body.notDuplicateOf);
      return register(trx, request, patient);
    });
    if (answer.status !== 201) return answer;
    const { id, version } = answer.body as Patient;
    return { ...answer, headers: { ...answer.headers, etag: `"${version}"`, location: `/v1/patients/${id}` } };
  },
});

export const duplicateProblem = (candidates: readonly Candidate[]): Problem =>
  new Problem('possible-duplicate', { members: { candidates } });

/** Throws Problem 409 unless the caller says of everybody who resembles the new patient that they are somebody else. */
async function refuseDuplicate(trx: Trx, patient: NewPatient, notDuplicateOf: readonly string[]): Promise<void> {
  const { name, birthDate, sex, phone, identityNumber = null } = patient;
  await holdRegistration(trx, patient);
  const candidates = await findCandidates(trx, { name, birthDate, sex, phone, identityNumber });
  const isNamed = ({ id, matches }: Candidate) => notDuplicateOf.includes(id) && !matches.includes('identityNumber');
  if (!candidates.every(isNamed)) throw duplicateProblem(candidates);
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
  request: Pick<OperationRequest, 'deps' | 'caller' | 'actor' | 'requestId'>,
  patient: NewPatient,
): Promise<Reply> {
  const { actor, requestId } = request;
  const result = await createPatient(trx, patient);
  if (!result.created) {
    if (result.reason === 'identity-number-taken')
      throw duplicateProblem(await findSameIdentity(trx, patient.identityNumber ?? '', patient.id));
    if (result.reason === 'local-id-taken') throw new Problem('local-id-taken', { members: { localIds: result.taken } });
    throw invalidRequestProblem('homeInstitutionId', {
      zh: '联盟内没有这家医院或社康中心',
      en: 'no such hospital or centre in the alliance',
    });
  }
  const { id } = result.patient;
  await auditWrite(trx, { actor, action: 'patient.create', targetType: 'patient', targetId: id, patientId: id, requestId });
  return patientReply(request, result.patient, { status: 201, db: trx });
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
      return patientReply(request, patient, { db: trx });
    });
  },
});

export const patientOperations: Operation[] = [listPatients, readPatient, postPatient, chooseChannel];
