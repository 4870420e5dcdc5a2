/** A referral as the Task of HL7 BSeR: how its fulfilment stands. Its id is the referral's. */
import type { Task, TaskOutput } from '@medplum/fhirtypes';
import type { TimelineRow } from '../../db/kit/timeline.ts';
import type { ReferralRecord } from '../../db/referral/referrals.ts';
import { lastLeg } from '../../domain/referral/state.ts';
import type { ReferralStatus } from '../../domain/referral/transitions.ts';
import { businessStatusConcept, priorityOf, referenceTo, referralIdentifier, systems } from './codes.ts';

/** Events whose text is a result. */
const OUTPUTS: Record<string, { code: string; display: string }> = {
  'send-interim-note': { code: 'interim-note', display: 'Interim note' },
  'send-outcome': { code: 'outcome', display: 'Outcome' },
};

/** `timeline`: as far as the reader may see it. */
export function task(record: ReferralRecord, timeline: readonly TimelineRow[]): Task {
  const { state, version, id } = record;
  const status = state.status as ReferralStatus;
  const businessStatus = businessStatusConcept(status);
  const owner = lastLeg(state);
  const first = timeline[0]?.happenedAt ?? new Date(state.sentAt ?? 0);
  // A pathway's clock may run ahead of ours; what was changed later than it was written would break FHIR's rule inv-1.
  const last = new Date(Math.max(first.getTime(), ...timeline.map(({ happenedAt }) => happenedAt.getTime())));
  const output = timeline.flatMap(outputOf);
  return {
    resourceType: 'Task',
    id,
    meta: { versionId: String(version), lastUpdated: last.toISOString() },
    identifier: [referralIdentifier(id)],
    basedOn: [{ reference: `ServiceRequest/${id}` }],
    status: status.split('/')[0] as Task['status'],
    ...(record.statusReason === null ? {} : { statusReason: { text: record.statusReason } }),
    ...(businessStatus ? { businessStatus } : {}),
    intent: 'order',
    priority: priorityOf(state.urgency, state.emergency),
    code: { coding: [{ system: systems.taskCode, code: 'fulfill', display: 'Fulfill the focal request' }] },
    focus: { reference: `ServiceRequest/${id}` },
    for: referenceTo('Patient', state.patientId),
    ...(state.appointment
      ? {
          executionPeriod: {
            start: new Date(state.appointment.startsAt).toISOString(),
            end: new Date(state.appointment.endsAt).toISOString(),
          },
        }
      : {}),
    authoredOn: first.toISOString(),
    lastModified: last.toISOString(),
    requester: referenceTo('Organization', state.initiator.institutionId),
    ...(owner ? { owner: referenceTo('Organization', owner.institutionId) } : {}),
    ...(output.length > 0 ? { output } : {}),
  };
}

function outputOf({ event, note }: TimelineRow): TaskOutput[] {
  const coding = OUTPUTS[event];
  return coding && note !== null ? [{ type: { coding: [{ system: systems.output, ...coding }] }, valueString: note }] : [];
}
