/** What a message of 360X says of a referral, done by the same commands as in the HTTP API and checked by the same schemas. */
import { findInstitution } from '../../db/directory/directory.ts';
import { findDepartmentByCode } from '../../db/hl7v2/messages.ts';
import { findReferral } from '../../db/referral/referrals.ts';
import type { ReferralTrigger } from '../../domain/referral/transitions.ts';
import type { AcceptedOrder } from '../../interop/hl7v2/kit/acknowledgement.ts';
import { Hl7Error } from '../../interop/hl7v2/kit/hl7-error.ts';
import { type ReadReferral, readReferral } from '../../interop/hl7v2/referral/read-referral.ts';
import { messageTypes } from '../../interop/hl7v2/referral/transactions.ts';
import { runCommand } from '../kit/commands.ts';
import { parseBody } from '../kit/edge.ts';
import type { KeyedRequest } from '../kit/keyed-request.ts';
import type { OperationRequest, Reply } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { reachOf } from '../kit/reach.ts';
import { recordOf } from '../kit/record-of-resident.ts';
import { isVisible } from '../referral/access.ts';
import { createReferralSteps, NewReferral, type TriggerBody, triggerFormOf, triggerSteps } from '../referral/commands.ts';
import { identify, patientIn, referralIn } from './look-up.ts';
import type { MessageReader } from './understood-message.ts';

export const referralMessages: MessageReader = {
  types: messageTypes,
  understand(message) {
    const read = readReferral(message);
    return { read, carryOut: (request) => carryOut(read, request) };
  },
};

async function carryOut(read: ReadReferral, request: KeyedRequest): Promise<{ reply: Reply; order?: AcceptedOrder }> {
  const {
    deps: { db },
    caller,
  } = request;
  const patientId = await patientIn(db, read);
  if (read.meaning === 'create') {
    const { body, referralId, placerNumber } = await newReferral(request, read, patientId);
    const reply = await runCommand(createReferralSteps, { ...request, body, resource: referralId });
    return { reply, order: { placerNumber, fillerId: referralId } };
  }
  const id = await referralIn(db, read, caller);
  const record = id === undefined ? undefined : await findReferral(db, id);
  if (!record || !isVisible(record, caller, await reachOf(request))) {
    const numbered = read.placerNumber ?? read.fillerNumber;
    throw new Hl7Error('AE', {
      condition: numbered ? '204' : '101',
      place: numbered?.place ?? { segment: 'ORC', sequence: 1, field: 2 },
      code: 'not-found',
      words: { zh: '没有此转诊', en: 'there is no such referral' },
    });
  }
  const acting = { ...request, body: checkBody(read.meaning, read, await recordOf(db, patientId, record)), resource: record };
  return { reply: await runCommand(triggerSteps(read.meaning), acting) };
}

async function newReferral(request: KeyedRequest, read: ReadReferral, patientId: string) {
  const body = await checkNewReferral(request, read, patientId);
  const { number, referralId } = await identify(request.deps.db, read, request.caller);
  return { body, referralId, placerNumber: [number.value, number.authority] };
}

/** MSH-6 is who is asked; down goes to a centre, up to a hospital. Throws Problem 422. */
async function checkNewReferral(
  { deps: { db }, caller }: Pick<OperationRequest, 'deps' | 'caller'>,
  { receivingFacility, departmentCode, body }: ReadReferral,
  patientId: string,
): Promise<NewReferral> {
  const institution = receivingFacility === caller.institutionId ? undefined : await findInstitution(db, receivingFacility);
  if (!institution)
    throw invalidRequestProblem('toInstitutionId', { zh: '须为联盟内的其他机构', en: 'must be another institution of the alliance' });
  const toDepartmentId = departmentCode === null ? undefined : await findDepartmentByCode(db, receivingFacility, departmentCode);
  if (toDepartmentId === null)
    throw invalidRequestProblem('toDepartmentId', { zh: '该机构没有此科室', en: 'no such department of that institution' });
  return parseBody(NewReferral, {
    ...body,
    patientId,
    toInstitutionId: receivingFacility,
    ...(toDepartmentId === undefined ? {} : { toDepartmentId }),
    direction: institution.kind === 'community-health-centre' ? 'down' : 'up',
  });
}

/** Throws Problem 422. */
function checkBody(trigger: ReferralTrigger, { body }: ReadReferral, patientId: string): TriggerBody {
  return parseBody(triggerFormOf(trigger).body, { ...body, patientId });
}
