/** FHIR transactions about a stay in hospital, as a hospital's system sends them. */
import { randomUUID } from 'node:crypto';
import { localDateOf } from '../../../domain/time/local-date.ts';
import { DAY_MS } from '../../../domain/time/shanghai.ts';

export interface StayParts {
  subject: object;
  visitNumber: string;
  status?: 'in-progress' | 'finished' | 'cancelled';
  /** When it was written; now where it is left out. */
  timestamp?: string;
  id?: string;
  /** Of the Encounter. */
  more?: object;
  beside?: readonly object[];
}

/** The day of the discharge of `stayTransaction`: yesterday. */
const dischargedOn = localDateOf(Date.now() - DAY_MS);
const dischargedAt = `${dischargedOn}T10:00:00+08:00`;

export const stayTransaction = ({
  subject,
  visitNumber,
  status = 'in-progress',
  timestamp = new Date().toISOString(),
  id = randomUUID(),
  more = {},
  beside = [],
}: StayParts) => ({
  resourceType: 'Bundle',
  type: 'transaction',
  identifier: { system: 'urn:his-h1', value: id },
  timestamp,
  entry: [
    {
      fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001',
      resource: {
        resourceType: 'Encounter',
        identifier: [{ system: 'urn:his-h1:visit', value: visitNumber }],
        status,
        class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
        subject,
        serviceProvider: { identifier: { system: 'urn:carepath:institution', value: 'inst-h1' } },
        period: {
          start: new Date(Date.parse(dischargedAt) - 7 * DAY_MS).toISOString(),
          ...(status === 'finished' ? { end: dischargedAt } : {}),
        },
        ...more,
      },
      request: { method: 'POST', url: 'Encounter' },
    },
    ...beside.map((resource) => ({
      fullUrl: `urn:uuid:${randomUUID()}`,
      resource,
      request: { method: 'POST', url: Reflect.get(resource, 'resourceType') },
    })),
  ],
});

const numberedBy = (value: string | undefined) => (value === undefined ? {} : { identifier: [{ system: 'urn:his-h1:order', value }] });

export const medicationRequest = (subject: object, number?: string, over: object = {}) => ({
  resourceType: 'MedicationRequest',
  ...numberedBy(number),
  status: 'active',
  intent: 'order',
  subject,
  medicationCodeableConcept: { text: '呋塞米片' },
  dosageInstruction: [
    {
      timing: { repeat: { frequency: 1, period: 1, periodUnit: 'd' } },
      doseAndRate: [{ doseQuantity: { value: 1, unit: '片' } }],
    },
  ],
  dispenseRequest: { quantity: { value: 14, unit: '片' } },
  ...over,
});

export const orderedService = (subject: object, number?: string, over: object = {}) => ({
  resourceType: 'ServiceRequest',
  ...numberedBy(number),
  status: 'active',
  intent: 'order',
  subject,
  category: [{ coding: [{ code: 'retest' }] }],
  code: { text: '复查血钾' },
  ...over,
});

export const appointment = (subject: object, number?: string, over: object = {}) => ({
  resourceType: 'Appointment',
  ...numberedBy(number),
  status: 'booked',
  description: '心内科复诊',
  participant: [{ actor: subject, status: 'accepted' }],
  ...over,
});

export const carePlan = (subject: object, over: object = {}) => ({
  resourceType: 'CarePlan',
  status: 'active',
  intent: 'plan',
  subject,
  category: [{ coding: [{ code: 'heart-failure' }] }],
  description: '低盐饮食，每日称体重',
  ...over,
});
