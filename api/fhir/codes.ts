/** Code systems and the codes that a referral is written with. */
import type { CodeableConcept, HealthcareService, Identifier, Organization, Patient, Reference } from '@medplum/fhirtypes';
import type { Urgency } from '../../domain/alliance/configuration.ts';
import { businessStatusOf, type ReferralStatus } from '../../domain/referral/transitions.ts';

export const systems = {
  referral: 'urn:carepath:referral',
  patient: 'urn:carepath:patient',
  institution: 'urn:carepath:institution',
  department: 'urn:carepath:department',
  output: 'urn:carepath:task-output',
  businessStatus: 'http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS',
  taskCode: 'http://hl7.org/fhir/CodeSystem/task-code',
  snomed: 'http://snomed.info/sct',
  loinc: 'http://loinc.org',
} as const;

/** Of HL7 BSeR, with the names that its code system gives them. */
export const businessStatuses: Record<string, string> = {
  '2.0': 'Service Request Created',
  '3.0': 'Service Request Accepted',
  '4.0': 'Service Request Declined',
  '5.1.1': 'Service Request Event Scheduled',
  '5.1.2': 'Scheduled Service Request Event Unattended',
  '5.1.3': 'Scheduled Service Request Event Cancelled',
  '5.1.4': 'Service Request Event Completed',
  '5.2': 'Service Request Cancellation Requested',
  '6.0': 'Service Request Fulfillment Cancelled',
  '7.0': 'Service Request Fulfillment Completed',
};

export function businessStatusConcept(status: ReferralStatus): CodeableConcept | undefined {
  const code = businessStatusOf(status);
  return code === null ? undefined : { coding: [{ system: systems.businessStatus, code, display: businessStatuses[code] ?? code }] };
}

export type RequestPriority = 'routine' | 'asap' | 'urgent' | 'stat';

export const priorityOf = (urgency: Urgency, emergency: boolean): RequestPriority =>
  emergency ? 'stat' : ({ routine: 'routine', 'same-day': 'asap', urgent: 'urgent' } as const)[urgency];

export const urgencyOf: Record<RequestPriority, { urgency: Urgency; emergency: boolean }> = {
  routine: { urgency: 'routine', emergency: false },
  asap: { urgency: 'same-day', emergency: false },
  urgent: { urgency: 'urgent', emergency: false },
  stat: { urgency: 'urgent', emergency: true },
};

interface Referred {
  Patient: Patient;
  Organization: Organization;
  HealthcareService: HealthcareService;
}

const systemOf: Record<keyof Referred, string> = {
  Patient: systems.patient,
  Organization: systems.institution,
  HealthcareService: systems.department,
};

/** By identifier: the resources themselves are not served here. */
export const referenceTo = <Type extends keyof Referred>(type: Type, value: string): Reference<Referred[Type]> => ({
  type,
  identifier: { system: systemOf[type], value },
});

export const referralIdentifier = (value: string): Identifier => ({ use: 'official', system: systems.referral, value });
export const patientReferral: CodeableConcept = { coding: [{ system: systems.snomed, code: '3457005', display: 'Patient referral' }] };
