/** Resources of FHIR as clients send them. */
import { randomUUID } from 'node:crypto';
import { ago, MINUTE } from './readings.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test changes resources of every shape
type Json = any;

export const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
export const quantity = (value: number) => ({ value, system: 'http://unitsofmeasure.org', code: 'mmol/L' });
export const component = (code: string, value: number) => ({ code: loinc(code), valueQuantity: { ...quantity(value), code: 'mm[Hg]' } });
export const observation = (id: string): Json => ({
  resourceType: 'Observation',
  identifier: [{ system: 'urn:gateway:c01', value: randomUUID() }],
  status: 'final',
  subject: { identifier: { system: 'urn:carepath:patient', value: id } },
  effectiveDateTime: ago(MINUTE),
  code: loinc('14743-9'),
  valueQuantity: quantity(7.1),
});
export const serviceRequest = (subject: Json): Json => ({
  resourceType: 'ServiceRequest',
  identifier: [{ system: 'urn:his:c01:referral', value: randomUUID() }],
  status: 'active',
  intent: 'order',
  subject,
  performer: [
    { identifier: { system: 'urn:carepath:institution', value: 'inst-h1' } },
    { identifier: { system: 'urn:carepath:department', value: 'dept-h1-cardiology' } },
  ],
  reasonCode: [{ text: '血压持续升高' }],
  contained: [
    {
      resourceType: 'Consent',
      id: 'consent',
      status: 'active',
      category: [{ text: 'referral' }],
      patient: subject,
      dateTime: '2026-01-01',
    },
  ],
});
