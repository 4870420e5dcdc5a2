/** Whatever stands in a resource is kept, refused with its place, or named in the answer; and one resource is one, however it is named. */
import { randomUUID } from 'node:crypto';
import type { Resource } from '@medplum/fhirtypes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { component, loinc, observation, quantity, serviceRequest } from '../support/builders/fhir.ts';
import * as his from '../support/builders/hl7v2.ts';
import { ago, MINUTE } from '../support/builders/readings.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { complaintsOf } from '../support/oracles/fhir-validators.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

let service: Service;
let patientId: string;
let referralId: string;
beforeAll(async () => {
  service = await startService();
  patientId = (await his.newPatient(service)).id;
  const { body } = await service.post(
    'gp',
    '/v1/referrals',
    await newReferral(service, { patientId, toDepartmentId: 'dept-h1-cardiology' }),
  );
  referralId = body.id;
});
afterAll(() => service?.stop());

// biome-ignore lint/suspicious/noExplicitAny: a test looks into resources of every shape
type Json = any;

const FHIR = 'application/fhir+json';
const BSER = 'http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS';

async function fhir(method: string, path: string, headers: Record<string, string> = {}, body?: unknown, account = 'gp'): Promise<Answer> {
  const answer = await service.call(account, method as 'GET', path, {
    body,
    key: null,
    headers: { ...(body === undefined ? {} : { 'content-type': FHIR }), ...headers },
  });
  expect(answer.headers.get('content-type'), `${method} ${path}`).toBe(`${FHIR}; charset=utf-8`);
  expect(complaintsOf(answer.body as Resource), `${method} ${path} → ${answer.status}`).toEqual([]);
  return answer;
}

test('what is not kept of a resource is named in the answer', async () => {
  const triple = {
    ...observation(patientId),
    code: loinc('85354-9'),
    valueQuantity: undefined,
    component: [
      component('8480-6', 138),
      component('8462-4', 86),
      { code: loinc('8867-4'), valueQuantity: { ...quantity(72), code: '/min' } },
    ],
    note: [{ text: '餐后' }],
    interpretation: [{ text: '偏高' }],
  };
  const { status, body } = await fhir('POST', '/fhir/Observation', {}, triple);
  const placesOf = (outcome: Json) => outcome.issue.flatMap(({ expression = [] }: Json) => expression);
  expect([status, placesOf(body)]).toEqual([201, ['Observation.note', 'Observation.interpretation', 'Observation.component[2]']]);

  const subject = { identifier: { system: 'urn:carepath:patient', value: (await his.newPatient(service)).id } };
  const request = serviceRequest(subject);
  request.contained.push({ resourceType: 'Condition', id: 'why', subject, code: { text: '2型糖尿病' }, severity: { text: '重' } });
  const referred = await fhir(
    'POST',
    '/fhir/ServiceRequest',
    {},
    {
      ...request,
      reasonReference: [{ reference: '#why' }, { reference: 'Condition/7', display: '慢性肾病' }],
      supportingInfo: [{ reference: '#consent' }, { reference: 'DiagnosticReport/1' }],
      patientInstruction: '空腹',
      code: { text: '头颅 CT' },
      note: [{ text: '请早', authorString: '王医生' }],
    },
  );
  expect(referred.body.reasonCode).toEqual([{ text: '血压持续升高；2型糖尿病；慢性肾病' }]);
  const outcome = referred.body.contained.find(({ resourceType }: Json) => resourceType === 'OperationOutcome');
  expect(placesOf(outcome)).toEqual([
    'ServiceRequest.note[0].authorString',
    'ServiceRequest.patientInstruction',
    'ServiceRequest.code',
    'ServiceRequest.contained[1].severity',
    'ServiceRequest.supportingInfo[1]',
  ]);
  const unreadable = await fhir(
    'POST',
    '/fhir/ServiceRequest',
    {},
    { ...serviceRequest(subject), reasonReference: [{ reference: 'Condition/7' }] },
  );
  expect([unreadable.status, placesOf(unreadable.body)]).toEqual([422, ['ServiceRequest.reasonReference[0]']]);
});

test('what is not kept of a Task is named in the answer, once; what contradicts it is refused', async () => {
  const id = (await his.newPatient(service)).id;
  const made = await service.post(
    'gp',
    '/v1/referrals',
    await newReferral(service, { patientId: id, toDepartmentId: 'dept-h1-cardiology' }),
  );
  const path = `/fhir/Task/${made.body.id}`;
  const put = (task: Json, over: Json) =>
    fhir('PUT', path, { 'if-match': `W/"${task.meta.versionId}"` }, { ...task, businessStatus: undefined, ...over }, 'specialist');
  const namedIn = ({ body }: Answer) =>
    (body.contained ?? []).flatMap(({ issue }: Json) => issue.flatMap(({ expression }: Json) => expression)).sort();
  const { body: task } = await fhir('GET', path, {}, undefined, 'specialist');
  for (const [over, place] of [
    [{ intent: 'proposal' }, 'Task.intent'],
    [{ focus: { reference: `ServiceRequest/${referralId}` } }, 'Task.focus'],
    [{ basedOn: [{ reference: `ServiceRequest/${referralId}` }] }, 'Task.basedOn[0]'],
  ] as const) {
    const refused = await put(task, { status: 'accepted', ...over });
    expect([refused.status, refused.body.issue[0].expression]).toEqual([422, [place]]);
  }
  const over = {
    status: 'accepted',
    description: '请带影像',
    owner: { identifier: { system: 'urn:carepath:institution', value: 'inst-h2' } },
    note: [{ text: '同意接收' }],
    output: [{ type: { text: 'x' }, valueString: '12 床' }],
    restriction: { period: { end: '2027-01-01' } },
  };
  const accepted = await put(task, over);
  expect(accepted.status).toBe(200);
  expect(namedIn(accepted)).toEqual(['Task.description', 'Task.note[0]', 'Task.output[0]', 'Task.owner', 'Task.restriction']);
  // Sent again it is the same request, and the answer says the same.
  expect(namedIn(await put(task, over))).toEqual(namedIn(accepted));

  // A client sends back what it was answered; a text of a note beside the outputs that stand there already is the new one.
  const interim = (valueString: string) => ({
    type: { coding: [{ system: 'urn:carepath:task-output', code: 'interim-note' }] },
    valueString,
  });
  const BUSY = { status: 'in-progress', businessStatus: { coding: [{ system: BSER, code: '5.1.4' }] } };
  const first = await put(accepted.body, {
    ...BUSY,
    output: [interim('无变化'), { ...interim('血压下降'), extension: [{ url: 'urn:x', valueString: 'y' }] }],
  });
  expect([first.status, namedIn(first)]).toEqual([200, ['Task.output[1].extension']]);
  const second = await put(first.body, { ...BUSY, note: [{ text: '早先' }, { text: '可以出院', authorString: '王医生' }] });
  expect([second.status, namedIn(second)]).toEqual([200, ['Task.note[0]', 'Task.note[1].authorString']]);
  const third = await put(second.body, { ...BUSY, output: [...second.body.output, interim('可以出院')] });
  expect(third.body.output.map(({ valueString }: Json) => valueString)).toEqual(['无变化\n血压下降', '可以出院', '可以出院']);
  expect(namedIn(third)).toEqual([]);
});

test('a reason keeps its codes; what does not hold, or is about somebody else, is refused with its place', async () => {
  const subject = { identifier: { system: 'urn:carepath:patient', value: (await his.newPatient(service)).id } };
  const coded = { text: '高血压', coding: [{ code: 'I10' }, { code: '38341003', display: 'Hypertensive disorder' }] };
  const condition = { resourceType: 'Condition', id: 'why', subject, code: { coding: [{ code: 'E11.9', display: '2型糖尿病' }] } };
  const refused = async (over: Json, extra: Json) => {
    const request = serviceRequest(subject);
    const answer = await fhir('POST', '/fhir/ServiceRequest', {}, { ...request, ...over, contained: [...request.contained, extra] });
    return [answer.status, answer.body.issue[0].expression];
  };
  const why = { reasonReference: [{ reference: '#why' }] };
  const verificationStatus = { coding: [{ code: 'refuted' }] };
  const other = { identifier: { system: 'urn:carepath:patient', value: patientId } };
  expect(await refused(why, { ...condition, verificationStatus })).toEqual([422, ['ServiceRequest.reasonReference[0]']]);
  expect(await refused(why, { ...condition, subject: other })).toEqual([422, ['ServiceRequest.contained[1].subject']]);
  const plan = { resourceType: 'CarePlan', id: 'plan', status: 'revoked', intent: 'plan', subject, description: '每月' };
  expect(await refused({}, plan)).toEqual([422, ['ServiceRequest.contained.ofType(CarePlan).status']]);
  const request = serviceRequest(subject);
  const sent = { ...request, ...why, reasonCode: [coded], contained: [...request.contained, condition] };
  const { status, body } = await fhir('POST', '/fhir/ServiceRequest', {}, sent);
  expect([status, body.reasonCode]).toEqual([201, [{ text: '高血压 (I10)；Hypertensive disorder (38341003)；2型糖尿病 (E11.9)' }]]);
});

test('a reading is known by each of its identifiers, in whatever order they come', async () => {
  const id = (await his.newPatient(service)).id;
  const [one, other] = [
    { system: 'urn:a', value: randomUUID() },
    { system: 'urn:b', value: randomUUID() },
  ];
  const sent = { ...observation(id), identifier: [one, other] };
  expect((await fhir('POST', '/fhir/Observation', {}, sent)).status).toBe(201);
  expect(
    (await fhir('POST', '/fhir/Observation', {}, { ...sent, identifier: [other, one], effectiveDateTime: ago(2 * MINUTE) })).status,
  ).toBe(200);
  const wrong = { ...sent, identifier: [other, one], status: 'entered-in-error' };
  expect((await fhir('POST', '/fhir/Observation', {}, wrong)).body.issue[0].details.coding[0].code).toBe('entered-in-error');
});
