/** Writing a referral in FHIR: the same commands as the API's, with keys that the resources bring themselves. */

import { z } from '@hono/zod-openapi';
import type { Task } from '@medplum/fhirtypes';
import { referralIdForNumber } from '../../db/hl7v2/messages.ts';
import { findReferralVersion } from '../../db/referral/referral-versions.ts';
import { findReferral, type ReferralRecord } from '../../db/referral/referrals.ts';
import { toOwnId } from '../../domain/kit/uuid.ts';
import { type CommandRequest, type CommandSteps, runCommand } from '../kit/commands.ts';
import { parseBody } from '../kit/edge.ts';
import type { OperationRequest, Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { recordOf } from '../kit/record-of-resident.ts';
import { createReferralSteps, type TriggerBody, triggerFormOf, triggerSteps } from '../referral/commands.ts';
import { renderReferral } from '../referral/resource.ts';
import { systems } from './codes.ts';
import { inElements } from './elements.ts';
import { listLeftOutOfTask } from './left-out-of-task.ts';
import { newReferralFrom, numberOf, patientOf, serviceRequestElements } from './read-service-request.ts';
import { taskElements, wantedStep } from './read-task.ts';
import type { Reference, ServiceRequestBody, TaskBody } from './schemas.ts';
import { showTask, showTaskOfVersion } from './shown-referral.ts';

/** The referral as it stands after the command, or what is answered instead. */
export type Written = { done: true; record: ReferralRecord } | { done: false; reply: Reply };

type Request = Pick<OperationRequest, keyof CommandRequest<unknown, unknown>>;

/** Creates by the requester's own number: the same ServiceRequest sent twice is one referral. Throws Problem. */
export async function sendServiceRequest(request: Request, body: ServiceRequestBody): Promise<Written> {
  const { deps } = request;
  const number = numberOf(body);
  if (!number)
    throw invalidRequestProblem('ServiceRequest.identifier', {
      zh: '缺少申请方自己的单号（system 与 value）',
      en: 'an identifier of your own, system and value, is needed',
    });
  const { system, value } = body.requester?.identifier ?? {};
  if (system === systems.institution && value !== request.caller.institutionId)
    throw invalidRequestProblem('ServiceRequest.requester', { zh: '与账号所属机构不符', en: 'is not the institution of the account' });
  const idempotencyKey = `fhir:${number.authority}|${number.value}`;
  const reply = await inElements(serviceRequestElements, async () => {
    const referral = await newReferralFrom(deps.db, body);
    const resource = await referralIdForNumber(deps.db, number);
    return runCommand(createReferralSteps, { ...request, idempotencyKey, body: referral, resource });
  });
  return toFhirReply(request, reply, 201);
}

interface CheckedUpdate {
  steps: ReturnType<typeof triggerSteps>;
  asked: CommandRequest<TriggerBody, ReferralRecord>;
  acting: Awaited<ReturnType<ReturnType<typeof triggerSteps>['check']>>;
}

const updateTaskSteps = (shown: Task): CommandSteps<TaskBody, ReferralRecord, CheckedUpdate> => ({
  async check(request) {
    const { deps, resource, body, ifVersion } = request;
    if (ifVersion !== resource.version) throw new Problem('version-changed');
    const { trigger, body: wanted } = wantedStep(body, resource, shown);
    const patientId = body.for === undefined ? {} : { patientId: await recordOf(deps.db, await patientOf(deps.db, body.for), resource) };
    const asked = { ...request, body: parseBody(triggerFormOf(trigger).body, { ...wanted, ...patientId }) };
    const steps = triggerSteps(trigger);
    return { steps, asked, acting: await steps.check(asked) };
  },
  command: (_request, { steps, asked, acting }) => steps.command(asked, acting),
  render: renderReferral,
});

/** Does what the Task of this version wants. `leftOut`: the places of what is not kept. Throws Problem. */
export async function updateTask(
  request: OperationRequest<unknown, unknown, TaskBody, ReferralRecord>,
): Promise<(Written & { done: false }) | { done: true; record: ReferralRecord; leftOut: string[] }> {
  const { resource, body, ifVersion, requestHash } = request;
  if (ifVersion === undefined) throw new Problem('malformed-precondition');
  if (body.id === undefined || toOwnId(body.id) !== resource.id)
    throw invalidRequestProblem('Task.id', { zh: '与地址不符', en: 'is not the one of the address' });
  refuseOtherMeanings(body);
  const { state, shown } = await findAsShown(request, ifVersion);
  // The same update of the same version is the same request.
  const idempotencyKey = `fhir:${resource.id}:${ifVersion}:${requestHash.toString('hex').slice(0, 32)}`;
  const reply = await inElements(taskElements, () => runCommand(updateTaskSteps(shown), { ...request, idempotencyKey }));
  const written = await toFhirReply(request, reply, 200);
  return written.done ? { ...written, leftOut: listLeftOutOfTask(body, shown, wantedStep(body, { state }, shown).taken) } : written;
}

/** As the sender has read it: the version that If-Match names. */
async function findAsShown(request: OperationRequest<unknown, unknown, TaskBody, ReferralRecord>, version: number) {
  const { deps, resource } = request;
  const past = version === resource.version ? undefined : await findReferralVersion(deps.db, resource, version);
  if (!past) return { state: resource.state, shown: await showTask(request) };
  return { state: past.record.state, shown: await showTaskOfVersion(request, past) };
}

/** A Task that only proposes, or is about another referral, is no step of this one. Throws Problem 422. */
function refuseOtherMeanings({ id = '', intent, focus, basedOn = [] }: TaskBody): void {
  if (intent !== undefined && intent !== 'order') throw invalidRequestProblem('Task.intent', { zh: '须为 order', en: 'must be order' });
  const wrong = { zh: '不是本转诊', en: 'is another referral' };
  const isOther = ({ reference, identifier }: Reference) =>
    (reference !== undefined && toOwnId(reference.split('/_history/')[0]?.split('/').at(-1) ?? '') !== toOwnId(id)) ||
    (identifier?.system === systems.referral && toOwnId(identifier.value ?? '') !== toOwnId(id));
  if (focus && isOther(focus)) throw invalidRequestProblem('Task.focus', wrong);
  const at = basedOn.findIndex(isOther);
  if (at >= 0) throw invalidRequestProblem(`Task.basedOn[${at}]`, wrong);
}

const Named = z.object({ id: z.string() });

async function toFhirReply({ deps }: Request, reply: Reply, doneStatus: 200 | 201): Promise<Written> {
  if (reply.status === 202) return { done: false, reply: notYet };
  if (reply.status !== doneStatus) return { done: false, reply };
  const { id } = Named.parse(reply.body);
  const record = await findReferral(deps.db, id);
  if (!record) throw new Error(`The referral ${id} has gone; referrals are never deleted.`);
  return { done: true, record };
}

const notYet: Reply = {
  status: 202,
  body: {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'information', code: 'informational', details: { text: '已存储，请稍后查询 / stored; ask again shortly' } }],
  },
};
