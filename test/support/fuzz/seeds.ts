/** What the fuzz begins with: messages and bodies that are right, each under an identity of its own. */
import * as his from '../builders/hl7v2.ts';
import { medicationRequest, orderedService, stayTransaction } from '../builders/stay-transactions.ts';
import { adt } from '../builders/stays.ts';

type Message = (identity: string) => string;

/** The machine account `gateway` belongs to this institution. */
const from = 'inst-h1';
/** The demonstration alliance has so many residents at least. */
const RESIDENTS = 200;
const patientOf = (identity: string): string => {
  const place = [...identity].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 1_000_003, 7) % RESIDENTS;
  return `patient-${String(place + 1).padStart(4, '0')}`;
};

const parts = (identity: string) => ({
  from,
  to: 'inst-h2',
  controlId: identity,
  number: `N-${identity}`,
  patient: `${patientOf(identity)}^^^CAREPATH^PI`,
  person: '',
});

/** A message of the register, each of another stay. */
const stayMessage = (identity: string, over: Partial<Parameters<typeof adt>[0]>) =>
  adt({ event: 'A01', controlId: identity, patient: `${patientOf(identity)}^^^CAREPATH^PI`, visitNumber: `V-${identity}`, ...over });

export const hl7v2Seeds: readonly Message[] = [
  (identity) => his.request(parts(identity)),
  (identity) => his.request({ ...parts(identity), priority: 'S', plan: '低盐饮食' }),
  (identity) => his.accept(parts(identity)),
  (identity) => his.decline(parts(identity)),
  (identity) => his.cancel(parts(identity)),
  (identity) => his.withdraw(parts(identity)),
  (identity) => his.outcome(parts(identity)),
  (identity) => his.interim(parts(identity)),
  (identity) => stayMessage(identity, { department: 'cardiology', admissionType: 'E', admittedAt: '20260301080000' }),
  (identity) =>
    stayMessage(identity, {
      event: 'A03',
      recordedAt: '20260309100000',
      admittedAt: '20260301080000',
      dischargedAt: '20260309093000',
      disposition: '01',
    }),
];

/** Takes back what the first two seeds have asked for. */
export const withdrawalOf: Message = (identity) => his.withdraw({ ...parts(identity), controlId: `${identity}-w` });

interface FhirRequest {
  method: 'POST' | 'PUT';
  path: string;
  body: unknown;
}

const subjectOf = (identity: string) => ({ identifier: { system: 'urn:carepath:patient', value: patientOf(identity) } });
const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
const quantity = (value: number, code: string) => ({ value, system: 'http://unitsofmeasure.org', code });

const observation = (identity: string, over: object = {}) => ({
  resourceType: 'Observation',
  identifier: [{ system: 'urn:fuzz', value: identity }],
  status: 'final',
  subject: subjectOf(identity),
  effectiveDateTime: '2026-03-01T08:00:00+08:00',
  code: loinc('15074-8'),
  valueQuantity: quantity(7.1, 'mmol/L'),
  ...over,
});

const pressure = (identity: string) =>
  observation(identity, {
    code: loinc('85354-9'),
    valueQuantity: undefined,
    component: [
      { code: loinc('8480-6'), valueQuantity: quantity(226, 'mm[Hg]') },
      { code: loinc('8462-4'), valueQuantity: quantity(131, 'mm[Hg]') },
    ],
  });

const serviceRequest = (identity: string) => ({
  resourceType: 'ServiceRequest',
  identifier: [{ system: 'urn:fuzz:referral', value: identity }],
  status: 'active',
  intent: 'order',
  priority: 'urgent',
  subject: subjectOf(identity),
  performer: [{ identifier: { system: 'urn:carepath:institution', value: 'inst-h2' } }],
  reasonCode: [{ text: '血压持续升高' }],
  contained: [{ resourceType: 'Consent', id: 'consent', status: 'active', patient: subjectOf(identity), dateTime: '2026-01-01' }],
});

const entryOf = (resource: { resourceType: string }) => ({
  fullUrl: 'urn:uuid:1',
  resource,
  request: { method: 'POST', url: resource.resourceType },
});

/** Orders of a stay, with the discharge. */
const ordersOfStay = (identity: string) => {
  const subject = subjectOf(identity);
  const beside = [medicationRequest(subject, `M-${identity}`), orderedService(subject, `S-${identity}`)];
  const named = { subject, visitNumber: `V-${identity}`, id: identity, timestamp: '2026-03-09T10:00:00+08:00' };
  return stayTransaction({ ...named, status: 'finished', beside });
};

export const fhirSeeds: readonly ((identity: string) => FhirRequest)[] = [
  (identity) => ({ method: 'POST', path: '/fhir/Observation', body: observation(identity) }),
  (identity) => ({ method: 'POST', path: '/fhir/Observation', body: pressure(identity) }),
  (identity) => ({ method: 'POST', path: '/fhir/ServiceRequest', body: serviceRequest(identity) }),
  (identity) => ({
    method: 'POST',
    path: '/fhir',
    body: { resourceType: 'Bundle', type: 'batch', entry: [entryOf(pressure(`${identity}a`)), entryOf(observation(`${identity}b`))] },
  }),
  (identity) => ({
    method: 'POST',
    path: '/fhir',
    body: { resourceType: 'Bundle', type: 'transaction', entry: [entryOf(pressure(`${identity}a`)), entryOf(observation(`${identity}b`))] },
  }),
  (identity) => ({
    method: 'POST',
    path: '/fhir',
    body: {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        entryOf(serviceRequest(identity)),
        { ...entryOf({ resourceType: 'Task' }), resource: { resourceType: 'Task', focus: { reference: 'urn:uuid:1' } } },
      ],
    },
  }),
  (identity) => ({ method: 'POST', path: '/fhir', body: ordersOfStay(identity) }),
  () => ({
    method: 'PUT',
    path: '/fhir/Task/00000000-0000-7000-8000-000000000000',
    body: { resourceType: 'Task', status: 'accepted', note: [{ text: '同意' }] },
  }),
];
