/** A referral as the caller may see it, as the two resources of FHIR. */
import type { ServiceRequest, Task } from '@medplum/fhirtypes';
import { numberOfReferral } from '../../db/hl7v2/messages.ts';
import type { ReferralVersion } from '../../db/referral/referral-versions.ts';
import type { ReferralRecord } from '../../db/referral/referrals.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { asSeenBy, visibleTimeline } from '../referral/access.ts';
import { containedOutcome, LEFT_OUT_ID, LEFT_OUT_URL } from './left-out.ts';
import { serviceRequest } from './write-service-request.ts';
import { task } from './write-task.ts';

export type AboutReferral = Pick<OperationRequest<unknown, unknown, unknown, ReferralRecord>, 'deps' | 'caller' | 'resource'>;

export const showTask = async (request: AboutReferral): Promise<Task> =>
  task(asSeenBy(request.caller, request.resource), await visibleTimeline(request));

/** As it stood at an earlier version. */
export async function showTaskOfVersion(request: AboutReferral, past: ReferralVersion): Promise<Task> {
  const timeline = await visibleTimeline(request);
  const sinceThen = timeline.filter(({ happenedAt }) => happenedAt > past.decidedAt);
  return task(asSeenBy(request.caller, past.record), timeline.slice(0, timeline.length - sinceThen.length));
}

export const showServiceRequest = async ({ deps, caller, resource }: AboutReferral): Promise<ServiceRequest> =>
  serviceRequest(asSeenBy(caller, resource), await numberOfReferral(deps.db, resource.id));

/** The answer is the resource, so what was not kept stands in it. */
export function withLeftOut<Answered extends ServiceRequest | Task>(resource: Answered, leftOut: readonly string[]): Answered {
  if (leftOut.length === 0) return resource;
  return {
    ...resource,
    contained: [...(resource.contained ?? []), containedOutcome(leftOut)],
    extension: [...(resource.extension ?? []), { url: LEFT_OUT_URL, valueReference: { reference: `#${LEFT_OUT_ID}` } }],
  };
}
