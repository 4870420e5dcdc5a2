/** FHIR R4: a referral as a ServiceRequest and a Task of the same id, readings as Observations. Behind them is what is behind the API. */

import { z } from '@hono/zod-openapi';
import type { Resource } from '@medplum/fhirtypes';
import { auditRead } from '../../db/kit/audit.ts';
import { findReferralVersion, type ReferralVersion } from '../../db/referral/referral-versions.ts';
import { countReferrals, listReferrals, type ReferralRecord } from '../../db/referral/referrals.ts';
import { isUuid, toOwnId } from '../../domain/kit/uuid.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { reachOf } from '../kit/reach.ts';
import { MOST_READING_BYTES } from '../readings/incoming.ts';
import { auditReferralRead, findVisibleReferral, isFormer, isVisible, ReferralById, visibleFilter } from '../referral/access.ts';
import { buildSearchset, transactionResponse } from './bundle.ts';
import { capabilityStatement } from './capability-statement.ts';
import { systems } from './codes.ts';
import { sendServiceRequest, updateTask } from './commands.ts';
import { readCount } from './conventions.ts';
import { listLeftOutOfNewTask, listLeftOutOfRequest } from './left-out-of-request.ts';
import { createObservation, keepCrisesOfResources, recordBatch, recordTransaction, resourcesIn, takingResource } from './observations.ts';
import { FHIR_JSON } from './operation-outcome.ts';
import { readObservation, readObservationVersion } from './read-observations.ts';
import {
  BatchSchema,
  type ObservationTransactionBody,
  ObservationTransactionSchema,
  type Reference,
  ReferenceSchema,
  resourceSchema,
  type ServiceRequestBody,
  ServiceRequestSchema,
  TaskSchema,
  type TransactionBody,
  TransactionSchema,
} from './schemas.ts';
import { showServiceRequest, showTask, showTaskOfVersion, withLeftOut } from './shown-referral.ts';
import { type StayTransactionBody, StayTransactionSchema } from './stay-schemas.ts';
import { recordStay } from './stays.ts';
import { findNamed } from './tokens.ts';

const answer = (description: string, resourceType: string) => ({
  description,
  schema: resourceSchema(resourceType),
  contentType: FHIR_JSON,
});
const pending = answer('Stored; not decided yet', 'OperationOutcome');

const etag = (version: number) => ({ etag: `W/"${version}"` });
const toReply = (status: number, resource: Resource, version: number): Reply => ({ status, body: resource, headers: etag(version) });

// --- read -------------------------------------------------------------------------------

const metadata = operation({
  ...takingResource,
  id: 'fhirCapabilities',
  method: 'get',
  path: '/fhir/metadata',
  summary: '能力声明 / What of FHIR is spoken here',
  query: z.strictObject({ mode: z.enum(['full', 'normative', 'terminology']).optional() }),
  answers: { 200: answer('The CapabilityStatement', 'CapabilityStatement') },
  handle: async () => ({ status: 200, body: capabilityStatement }),
});

const readServiceRequest = operation({
  ...takingResource,
  id: 'fhirReadServiceRequest',
  method: 'get',
  path: '/fhir/ServiceRequest/{id}',
  summary: '读取转诊申请 / Read a referral as a ServiceRequest',
  params: ReferralById,
  answers: { 200: answer('The ServiceRequest', 'ServiceRequest') },
  find: findVisibleReferral,
  async handle(request) {
    await auditReferralRead(request, 'referral.fhir.read');
    return toReply(200, await showServiceRequest(request), request.resource.version);
  },
});

const ReferralVersionById = ReferralById.extend({ version: z.string().regex(/^\d{1,9}$/) });

/** As it stood then. Somebody who was asked before and no longer is reads the present state alone. */
async function findVisibleVersion(
  request: OperationRequest<{ id: string; version: string }, unknown, unknown, undefined>,
): Promise<{ now: ReferralRecord; past: ReferralVersion } | undefined> {
  const { deps, params, caller } = request;
  const now = await findVisibleReferral(request);
  const version = Number(params.version);
  if (!now || (isFormer(now.state, caller) && version !== now.version)) return undefined;
  const past = await findReferralVersion(deps.db, now, version);
  return past && isVisible(past.record, caller, await reachOf(request)) ? { now, past } : undefined;
}

const readServiceRequestVersion = operation({
  ...takingResource,
  id: 'fhirReadServiceRequestVersion',
  method: 'get',
  path: '/fhir/ServiceRequest/{id}/_history/{version}',
  summary: '读取转诊申请的某一版本 / Read a referral as it stood at a version',
  params: ReferralVersionById,
  answers: { 200: answer('The ServiceRequest', 'ServiceRequest') },
  find: findVisibleVersion,
  async handle({ resource: { now, past }, ...request }) {
    await auditReferralRead({ ...request, resource: now }, 'referral.fhir.read');
    return toReply(200, await showServiceRequest({ ...request, resource: past.record }), past.record.version);
  },
});

const readTaskVersion = operation({
  ...takingResource,
  id: 'fhirReadTaskVersion',
  method: 'get',
  path: '/fhir/Task/{id}/_history/{version}',
  summary: '读取转诊进展的某一版本 / Read the progress of a referral as it stood at a version',
  params: ReferralVersionById,
  answers: { 200: answer('The Task', 'Task') },
  find: findVisibleVersion,
  async handle({ resource: { now, past }, ...request }) {
    await auditReferralRead({ ...request, resource: now }, 'referral.fhir.read');
    return toReply(200, await showTaskOfVersion({ ...request, resource: now }, past), past.record.version);
  },
});

const readTask = operation({
  ...takingResource,
  id: 'fhirReadTask',
  method: 'get',
  path: '/fhir/Task/{id}',
  summary: '读取转诊进展 / Read the progress of a referral as a Task',
  params: ReferralById,
  answers: { 200: answer('The Task', 'Task') },
  find: findVisibleReferral,
  async handle(request) {
    await auditReferralRead(request, 'referral.fhir.read');
    return toReply(200, await showTask(request), request.resource.version);
  },
});

const TASK_STATUS = 'http://hl7.org/fhir/task-status';
const taskStatuses = ['draft', 'received', 'accepted', 'in-progress', 'completed', 'rejected', 'cancelled'].map((code) => ({
  system: TASK_STATUS,
  code,
}));
const taskCodes = [{ system: systems.taskCode, code: 'fulfill' }];

const MOST_TASKS = 50;
const Token = z.string().max(500);

const searchTasks = operation({
  ...takingResource,
  id: 'fhirSearchTasks',
  method: 'get',
  path: '/fhir/Task',
  summary: '查找转诊任务，新的在前 / Tasks of a patient or a status, newest first',
  query: z.strictObject({
    code: Token.optional().openapi({ description: 'a token; every Task here is of the code fulfill' }),
    _id: Token.optional().openapi({ description: 'ids, with commas between' }),
    subject: z.string().min(1).max(300).optional().openapi({ description: 'the same as patient' }),
    patient: z.string().min(1).max(300).optional().openapi({ description: 'our id, with Patient/ before it or not' }),
    status: Token.optional().openapi({ description: 'tokens, with commas between: any of them' }),
    _count: z
      .string()
      .max(20)
      .optional()
      .openapi({ description: `a hint: at most ${MOST_TASKS}, 20 by default` }),
    _summary: z.string().max(20).optional(),
    _before: z.uuid().optional().openapi({ description: 'of the next link' }),
  }),
  answers: { 200: answer('A Bundle of Tasks', 'Bundle') },
  async handle(request) {
    const { deps, caller, actor, query, requestId } = request;
    const count = readCount(query._count, MOST_TASKS, 20);
    const named = [query.patient, query.subject].flatMap((text) => (text === undefined ? [] : [toOwnId(text.split('/').at(-1) ?? '')]));
    const [patientId] = named;
    const ids = query._id?.split(',').filter(isUuid).map(toOwnId);
    const status = query.status === undefined ? undefined : findNamed(query.status, taskStatuses).map(({ code }) => code);
    const meant = ids && { patientIds: [], pathwayIds: ids };
    const filter = { patientId, status, meant, ...visibleFilter(caller, await reachOf(request)) };
    const isNothing =
      status?.length === 0 ||
      ids?.length === 0 ||
      new Set(named).size > 1 ||
      (query.code !== undefined && findNamed(query.code, taskCodes).length === 0);
    const isCount = count === 0 || query._summary === 'count';
    const asked = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]));
    if (query._count !== undefined) asked.set('_count', String(count));
    const self = `/fhir/Task?${asked}`;
    const found = isNothing || isCount ? [] : await listReferrals(deps.db, filter, { limit: count, before: query._before });
    const records = found.slice(0, count);
    const tasks = await Promise.all(records.map((resource) => showTask({ deps, caller, resource })));
    const patientIds = records.map(({ state }) => state.patientId);
    await auditRead(deps.db, { actor, action: 'referral.fhir.search', targetType: 'referral', targetId: null, patientIds, requestId });
    if (isCount) {
      const total = isNothing ? 0 : await countReferrals(deps.db, filter);
      return { status: 200, body: { ...buildSearchset([], self, null), total } };
    }
    asked.set('_before', records.at(-1)?.id ?? '');
    return { status: 200, body: buildSearchset(tasks, self, found.length > records.length ? `/fhir/Task?${asked}` : null) };
  },
});

// --- send a referral --------------------------------------------------------------------

const createServiceRequest = operation({
  ...takingResource,
  id: 'fhirCreateServiceRequest',
  method: 'post',
  path: '/fhir/ServiceRequest',
  summary: '发出转诊 / Send a referral; its identifier is the idempotency key',
  body: ServiceRequestSchema,
  answers: { 201: answer('The ServiceRequest', 'ServiceRequest'), 202: pending },
  async handle(request) {
    const created = await sendServiceRequest(request, request.body);
    if (!created.done) return created.reply;
    const { record } = created;
    const location = { location: `/fhir/ServiceRequest/${record.id}/_history/${record.version}` };
    const leftOut = listLeftOutOfRequest(request.body);
    const reply = toReply(201, withLeftOut(await showServiceRequest({ ...request, resource: record }), leftOut), record.version);
    return { ...reply, headers: { ...reply.headers, ...location } };
  },
});

const transaction = operation({
  ...takingResource,
  id: 'fhirTransaction',
  method: 'post',
  path: '/fhir',
  summary:
    '以事务发出转诊，或告知住院（Encounter），或批量登记读数 / A transaction of a ServiceRequest and its Task: all or none; or of the Encounter of a stay; or a batch of Observations: each by itself',
  body: z.union([TransactionSchema, ObservationTransactionSchema, StayTransactionSchema, BatchSchema]),
  list: { name: 'entry', eachForItself: true },
  maxBodyBytes: MOST_READING_BYTES,
  answers: { 200: answer('The Bundle of what was created', 'Bundle'), 202: pending },
  async handle(request) {
    const { body } = request;
    if (body.type === 'batch') return recordBatch(request, body);
    if (isOfStay(body)) return recordStay(request, body);
    if (isOfObservations(body)) return recordTransaction(request, body);
    const created = await sendServiceRequest(request, requestIn(body));
    if (!created.done) return created.reply;
    const { record } = created;
    const about = { ...request, resource: record };
    const resources = await Promise.all(
      body.entry.map(({ resource }) => (resource.resourceType === 'Task' ? showTask(about) : showServiceRequest(about))),
    );
    const leftOut = body.entry.map(({ resource }) =>
      resource.resourceType === 'Task' ? listLeftOutOfNewTask(resource) : listLeftOutOfRequest(resource as ServiceRequestBody),
    );
    const responses = transactionResponse(resources, record.version, leftOut);
    return toReply(200, responses, record.version);
  },
  keepOfRefused: (request, given) => keepCrisesOfResources(request, resourcesIn(given)),
});

const isOfStay = (body: TransactionBody | ObservationTransactionBody | StayTransactionBody): body is StayTransactionBody =>
  body.entry.some(({ resource }) => resource.resourceType === 'Encounter');

const isOfObservations = (body: TransactionBody | ObservationTransactionBody): body is ObservationTransactionBody =>
  body.entry.every(({ resource }) => resource.resourceType === 'Observation');

/** The one ServiceRequest; a Task beside it is about that. Throws Problem 422. */
function requestIn({ entry }: TransactionBody): ServiceRequestBody {
  const requests = entry.filter(({ resource }) => resource.resourceType === 'ServiceRequest');
  const tasks = entry.filter(({ resource }) => resource.resourceType === 'Task');
  const [only] = requests;
  if (!only || requests.length !== 1 || tasks.length > 1)
    throw invalidRequestProblem('Bundle.entry', {
      zh: '须为一个 ServiceRequest，至多一个 Task',
      en: 'one ServiceRequest and at most one Task are needed',
    });
  const focus = (tasks[0]?.resource as { focus?: { reference?: string } } | undefined)?.focus?.reference;
  if (tasks.length === 1 && (focus === undefined || focus !== only.fullUrl))
    throw invalidRequestProblem('Bundle.entry.resource.focus', {
      zh: 'Task 须指向此 ServiceRequest',
      en: 'the Task must be about this ServiceRequest',
    });
  const about = (tasks[0]?.resource as { for?: unknown } | undefined)?.for;
  if (about !== undefined && !isSamePatient(about, (only.resource as ServiceRequestBody).subject))
    throw invalidRequestProblem('Bundle.entry.resource.for', {
      zh: '与 ServiceRequest.subject 不是同一写法的同一患者',
      en: 'must name the patient as ServiceRequest.subject does',
    });
  const wrong = entry.findIndex(({ resource, request }) => resource.resourceType !== request.url);
  if (wrong >= 0)
    throw invalidRequestProblem(`Bundle.entry[${wrong}].request.url`, { zh: '与资源类型不符', en: 'is not of the type of the resource' });
  return only.resource as ServiceRequestBody;
}

/** By the same reference or the same number: who is meant by two is not looked up here. */
function isSamePatient(one: unknown, other: Reference): boolean {
  const named = ReferenceSchema.safeParse(one).data;
  const { reference, identifier } = named ?? {};
  return (
    (reference !== undefined && reference === other.reference) ||
    (identifier?.value !== undefined && identifier.value === other.identifier?.value && identifier.system === other.identifier.system)
  );
}

// --- act on one -------------------------------------------------------------------------

const putTask = operation({
  ...takingResource,
  id: 'fhirUpdateTask',
  method: 'put',
  path: '/fhir/Task/{id}',
  summary: '更新业务状态即为操作 / Changing the business status is acting; If-Match is required',
  params: ReferralById,
  body: TaskSchema,
  answers: { 200: answer('The Task', 'Task'), 202: pending },
  find: findVisibleReferral,
  async handle(request) {
    const result = await updateTask(request);
    if (!result.done) return result.reply;
    const { record, leftOut } = result;
    return toReply(200, withLeftOut(await showTask({ ...request, resource: record }), leftOut), record.version);
  },
});

export const fhirOperations: Operation[] = [
  metadata,
  readServiceRequest,
  readServiceRequestVersion,
  readTask,
  readTaskVersion,
  readObservation,
  readObservationVersion,
  searchTasks,
  createServiceRequest,
  transaction,
  putTask,
  createObservation,
];
