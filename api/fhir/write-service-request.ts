/** A referral as a ServiceRequest: what was asked, by whom, for whom, and why. */
import type { CarePlan, Consent, Patient, Reference, ServiceRequest } from '@medplum/fhirtypes';
import type { ReferralNumber } from '../../db/hl7v2/messages.ts';
import type { ReferralRecord } from '../../db/referral/referrals.ts';
import { lastLeg } from '../../domain/referral/state.ts';
import type { ReferralStatus } from '../../domain/referral/transitions.ts';
import { patientReferral, priorityOf, referenceTo, referralIdentifier, systems } from './codes.ts';

const STATUS: Record<string, ServiceRequest['status']> = {
  draft: 'draft',
  received: 'active',
  accepted: 'active',
  'in-progress': 'active',
  completed: 'completed',
  rejected: 'revoked',
  cancelled: 'revoked',
};

export function serviceRequest(record: ReferralRecord, number: ReferralNumber | undefined): ServiceRequest {
  const { state, version } = record;
  const subject = referenceTo('Patient', state.patientId);
  const asked = lastLeg(state) ?? state.addressee;
  const contained = [...consentOf(record, subject), ...planOf(record, subject)];
  return {
    resourceType: 'ServiceRequest',
    id: record.id,
    meta: { versionId: String(version) },
    ...(contained.length > 0 ? { contained } : {}),
    identifier: [
      referralIdentifier(record.id),
      ...(number ? [{ use: 'secondary' as const, system: uriOf(number.authority), value: number.value }] : []),
    ],
    status: STATUS[(state.status as ReferralStatus).split('/')[0] ?? ''] ?? 'unknown',
    intent: 'order',
    category: [patientReferral],
    priority: priorityOf(state.urgency, state.emergency),
    code: { text: state.direction === 'up' ? '上转 / up referral' : '下转 / down referral' },
    subject,
    ...(state.sentAt === null ? {} : { authoredOn: new Date(state.sentAt).toISOString() }),
    requester: referenceTo('Organization', state.initiator.institutionId),
    performer: [
      referenceTo('Organization', asked.institutionId),
      ...(asked.departmentId ? [referenceTo('HealthcareService', asked.departmentId)] : []),
    ],
    ...(record.reason === '' ? {} : { reasonCode: [{ text: record.reason }] }),
    ...(contained.length > 0 ? { supportingInfo: contained.map(({ id }) => ({ reference: `#${id}` })) } : {}),
    ...(record.summary === null ? {} : { note: [{ text: record.summary }] }),
  };
}

/** What another system calls its numbers, as the URI that FHIR wants. */
const uriOf = (authority: string): string =>
  /^\d+(\.\d+)+$/.test(authority)
    ? `urn:oid:${authority}`
    : /^[a-z][a-z0-9+.-]*:/i.test(authority)
      ? authority
      : `${systems.institution}:${authority}`;

function consentOf({ consent }: ReferralRecord, patient: Reference<Patient>): Consent[] {
  const given = consent as { given: boolean; recordedAt: string } | null;
  if (!given) return [];
  return [
    {
      resourceType: 'Consent',
      id: 'consent',
      status: given.given ? 'active' : 'rejected',
      scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
      category: [{ coding: [{ system: systems.loinc, code: '59284-0', display: 'Patient Consent' }] }],
      patient,
      dateTime: given.recordedAt,
      policyRule: { text: '转诊知情同意 / consent to the referral' },
    },
  ];
}

function planOf({ managementPlan }: ReferralRecord, subject: Reference<Patient>): CarePlan[] {
  if (managementPlan === null || managementPlan === undefined) return [];
  const text = typeof managementPlan === 'string' ? managementPlan : linesOf(managementPlan as Record<string, unknown>);
  return [{ resourceType: 'CarePlan', id: 'management-plan', status: 'active', intent: 'plan', subject, description: text }];
}

const linesOf = (plan: Record<string, unknown>): string =>
  Object.entries(plan)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join('；') : String(value)}`)
    .join('\n');
