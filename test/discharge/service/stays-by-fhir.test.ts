/** A stay that is told in FHIR transactions is the same standing; whom nobody knows is held, and what is wrong is refused by its place. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newResident } from '../../support/builders/facts.ts';
import * as his from '../../support/builders/hl7v2.ts';
import { adt, newVisitNumber, pidOf } from '../../support/builders/stays.ts';
import { visitsOn } from '../../support/builders/visits-on-service.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let hospital: his.HisSystem;
beforeAll(async () => {
  service = await startService();
  hospital = await his.hisOf(service, 'inst-h1');
});
afterAll(() => service?.stop());

const { visitOf, reviewsOf } = visitsOn(() => service);
const PATIENTS = 'urn:his-h1';

interface EncounterParts {
  subject: object;
  visitNumber: string;
  status: 'in-progress' | 'finished' | 'cancelled';
  timestamp: string;
  id?: string;
  more?: object;
  beside?: object[];
}
const transaction = ({ subject, visitNumber, status, timestamp, id = randomUUID(), more = {}, beside = [] }: EncounterParts) => ({
  resourceType: 'Bundle',
  type: 'transaction',
  identifier: { system: 'urn:his-h1', value: id },
  timestamp,
  entry: [
    {
      resource: {
        resourceType: 'Encounter',
        identifier: [{ system: 'urn:his-h1:visit', value: visitNumber }],
        status,
        class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
        subject,
        serviceProvider: { identifier: { system: 'urn:carepath:institution', value: 'inst-h1' } },
        ...more,
      },
      request: { method: 'POST', url: 'Encounter' },
    },
    ...beside.map((resource) => ({ resource, request: { method: 'POST', url: Reflect.get(resource, 'resourceType') } })),
  ],
});
const post = (body: object, account = 'gateway') => service.post(account, '/fhir', body);

test('an Encounter is a message of the stay like those of HL7 v2, and what is beside it is never dropped silently', async () => {
  const patientId = await newResident(service);
  const visitNumber = newVisitNumber();
  const subject = { reference: `Patient/${patientId}` };
  const more = { period: { start: '2026-10-01T08:00:00+08:00' } };
  const admitted = await post(transaction({ subject, visitNumber, status: 'in-progress', timestamp: '2026-10-01T08:05:00+08:00', more }));
  expect([admitted.status, admitted.body.type, admitted.body.entry[0].response.status]).toEqual([
    200,
    'transaction-response',
    '201 Created',
  ]);
  await hospital.send(
    adt({ event: 'A02', patient: pidOf(patientId), visitNumber, department: 'cardiology', recordedAt: '20261002080000' }),
  );
  const discharge = transaction({
    subject,
    visitNumber,
    status: 'finished',
    timestamp: '2026-10-05T10:00:00+08:00',
    more: {
      period: { ...more.period, end: '2026-10-05T09:30:00+08:00' },
      hospitalization: { dischargeDisposition: { coding: [{ code: 'rehab' }] } },
    },
    beside: [{ resourceType: 'MedicationRequest', status: 'active', intent: 'order', medicationCodeableConcept: { text: '呋塞米' } }],
  });
  const discharged = await post(discharge);
  expect(discharged.body.entry[1].response.status).toBe('201 Created');
  expect(await visitOf(visitNumber)).toMatchObject({
    number: 3,
    standing: {
      status: 'discharged',
      departmentCode: 'cardiology',
      disposition: 'institution',
      admittedAt: Date.parse('2026-10-01T00:00:00Z'),
      dischargedAt: Date.parse('2026-10-05T01:30:00Z'),
    },
  });
  expect((await post(discharge)).body).toEqual(discharged.body);
  await post(transaction({ subject, visitNumber, status: 'in-progress', timestamp: '2026-10-05T12:00:00+08:00', more }));
  expect(await visitOf(visitNumber)).toMatchObject({ number: 4, standing: { status: 'admitted', dischargedAt: null } });
});

test('whom nobody knows is held, and what is wrong is refused by its place', async () => {
  const visitNumber = newVisitNumber();
  const subject = { identifier: { system: PATIENTS, value: randomUUID() } };
  const good = transaction({ subject, visitNumber, status: 'in-progress', timestamp: '2026-10-01T08:05:00+08:00' });
  const held = await post(good);
  expect([held.status, held.body.entry[0].response]).toMatchObject([
    200,
    { status: '202 Accepted', outcome: { resourceType: 'OperationOutcome' } },
  ]);
  expect(await reviewsOf(visitNumber)).toMatchObject([{ reason: 'unknown-patient', fact: { messageId: good.identifier.value } }]);
  const { identifier: _, ...without } = good;
  expect((await post(without)).status).toBe(422);
  expect((await post({ ...good, entry: [...good.entry, ...good.entry] })).status).toBe(422);
  expect((await post({ ...good, timestamp: 'gestern' })).status).toBe(422);
  const nowhere = { serviceProvider: { reference: 'Organization/inst-nowhere' } };
  const elsewhere = transaction({ subject, visitNumber, status: 'cancelled', timestamp: good.timestamp, more: nowhere });
  expect((await post(elsewhere)).status).toBe(422);
  expect((await post(good, 'gp')).status).toBe(403);
});
