/** FHIR R4 over the same commands: read a referral, send one, act on one; everything that leaves is valid for two validators. */

import { randomUUID } from 'node:crypto';
import type { Resource } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkPolicies, facades, operations } from '../../api/app.ts';
import { facadePolicy } from '../../api/policy.ts';
import { inDays } from '../support/builders/appointment-times.ts';
import * as his from '../support/builders/hl7v2.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { contentsOf } from '../support/oracles/contents.ts';
import { complaintsOf } from '../support/oracles/fhir-validators.ts';
import { accountOf, bodyOf, findShortestWay, rows } from '../support/oracles/transition-table.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

// biome-ignore lint/suspicious/noExplicitAny: a test looks into resources of every shape
type Json = any;

const FHIR = 'application/fhir+json';

/** Everything that leaves is checked by both validators, failures too. */
async function fhir(
  account: string,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await service.call(account, method as 'GET', path, {
    body,
    key: null,
    headers: { ...(body === undefined ? {} : { 'content-type': FHIR }), ...headers },
  });
  expect(answer.headers.get('content-type')).toBe(`${FHIR}; charset=utf-8`);
  expect(complaintsOf(answer.body as Resource), `${method} ${path} → ${answer.status}`).toEqual([]);
  return answer;
}

const identifier = () => [{ system: 'urn:his:c01:referral', value: randomUUID() }];
const logical = (type: string, system: string, value: string) => ({ type, identifier: { system: `urn:carepath:${system}`, value } });

async function newServiceRequest(over: Json = {}): Promise<Json> {
  const patient = over.patientId ?? (await his.newPatient(service)).id;
  const subject = logical('Patient', 'patient', patient);
  const { patientId: _, ...rest } = over;
  return {
    resourceType: 'ServiceRequest',
    identifier: identifier(),
    status: 'active',
    intent: 'order',
    priority: 'asap',
    subject,
    performer: [logical('Organization', 'institution', 'inst-h1'), logical('HealthcareService', 'department', 'dept-h1-cardiology')],
    reasonCode: [{ text: '血压持续升高，请会诊' }],
    note: [{ text: '既往史：高血压 10 年' }],
    contained: [
      {
        resourceType: 'Consent',
        id: 'consent',
        status: 'active',
        scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
        category: [{ text: 'referral' }],
        patient: subject,
        dateTime: '2026-01-01T08:00:00+08:00',
        policyRule: { text: 'consent' },
      },
    ],
    supportingInfo: [{ reference: '#consent' }],
    ...rest,
  };
}

const taskOf = async (id: string, account = 'gp') => (await fhir(account, 'GET', `/fhir/Task/${id}`)).body as Json;
const BSER = 'http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS';
const etagOf = (task: Json) => ({ 'if-match': `W/"${task.meta.versionId}"` });

/** The Task as the other side's system would send it for a step. */
function wanted(task: Json, businessStatus: string, status: string, over: Json = {}): Json {
  return { ...task, status, businessStatus: { coding: [{ system: BSER, code: businessStatus }] }, ...over };
}

const statusOf: Record<string, string> = {
  '2.0': 'received',
  '3.0': 'accepted',
  '4.0': 'rejected',
  '6.0': 'cancelled',
  '7.0': 'completed',
};
const over: Record<string, Json> = {
  'send-decline': { statusReason: { text: '专科已满' } },
  'request-cancellation': { statusReason: { text: '患者要求' } },
  'cancel-appointment': { statusReason: { text: '医生外出' } },
  'schedule-visit': {
    executionPeriod: { start: inDays(100, '08:00').replace('Z', '+08:00'), end: inDays(100, '09:00').replace('Z', '+08:00') },
  },
  'reschedule-visit': { executionPeriod: { start: inDays(131), end: inDays(131, '01:00') } },
  'send-interim-note': {
    output: [{ type: { coding: [{ system: 'urn:carepath:task-output', code: 'interim-note' }] }, valueString: '已入院观察' }],
  },
  'send-outcome': { output: [{ type: { coding: [{ system: 'urn:carepath:task-output', code: 'outcome' }] }, valueString: '治疗完成' }] },
};

async function created(fields: Parameters<typeof newReferral>[1] = {}): Promise<string> {
  const { id: patientId } = await his.newPatient(service);
  const { status, body } = await service.post(
    'gp',
    '/v1/referrals',
    await newReferral(service, { patientId, toDepartmentId: 'dept-h1-cardiology', ...fields }),
  );
  expect(status).toBe(201);
  return body.id;
}

describe('the validators', () => {
  test('see what is wrong', async () => {
    const task = await taskOf(await created());
    expect(complaintsOf({ ...task, status: 'bogus' })).toEqual([expect.stringContaining('fhir: ')]);
    expect(complaintsOf({ ...task, intent: undefined }).length).toBeGreaterThan(0);
    expect(complaintsOf({ ...task, unknown: 1 }).length).toBeGreaterThan(0);
    expect(complaintsOf({ ...task, lastModified: '2001-01-01T00:00:00Z' })).toEqual([expect.stringContaining('@medplum/core: ')]);
  });
});

describe('in each of the ten sent states', () => {
  test.each([...new Set(rows.map(({ to }) => to))])('%s is read as a valid ServiceRequest and a valid Task', async (state) => {
    const id = await created({ draft: true });
    for (const { actor, trigger } of findShortestWay(state))
      expect((await service.post(accountOf(actor), `/v1/referrals/${id}/${trigger}`, bodyOf(trigger))).status).toBe(200);
    const seen = (await service.get('gp', `/v1/referrals/${id}`)).body;
    const task = await taskOf(id, 'specialist');
    expect(task).toMatchObject({
      status: seen.status,
      businessStatus: { coding: [{ system: BSER, code: seen.businessStatus }] },
      focus: { reference: `ServiceRequest/${id}` },
      meta: { versionId: String(seen.version) },
      owner: { identifier: { value: 'inst-h1' } },
    });
    const { body, headers } = await fhir('gp', 'GET', `/fhir/ServiceRequest/${id}`);
    const expected = { rejected: 'revoked', cancelled: 'revoked', completed: 'completed' }[seen.status as string] ?? 'active';
    expect(body).toMatchObject({
      id,
      status: expected,
      priority: 'routine',
      reasonCode: [{ text: seen.reason }],
      subject: { identifier: { value: seen.patientId } },
    });
    expect(headers.get('etag')).toBe(`W/"${seen.version}"`);
  });

  test('a draft is its author’s, without a business status', async () => {
    const id = await created({ draft: true });
    const task = await taskOf(id);
    expect([task.status, task.businessStatus]).toEqual(['draft', undefined]);
    expect((await fhir('specialist', 'GET', `/fhir/Task/${id}`)).status).toBe(404);
  });
});

describe('each of the thirty transitions by an update of the Task', () => {
  test.each(rows)('row $tid: $actor $trigger, $from → $to', async ({ actor, trigger, from, to, businessStatus }) => {
    const id = await created({ draft: true });
    for (const step of findShortestWay(from))
      await service.post(accountOf(step.actor), `/v1/referrals/${id}/${step.trigger}`, bodyOf(step.trigger));
    const account = accountOf(actor);
    const task = await taskOf(id, account);
    const body = wanted(task, businessStatus, statusOf[businessStatus] ?? 'in-progress', over[trigger]);
    const answer = await fhir(account, 'PUT', `/fhir/Task/${id}`, body, etagOf(task));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: to.split('/')[0], businessStatus: { coding: [{ code: businessStatus }] } });
    const { body: timeline } = await service.get('gp', `/v1/referrals/${id}/timeline`);
    expect(timeline.items.at(-1)).toMatchObject({ event: trigger });
    // Sent again: the same answer, and nothing more.
    const again = await fhir(account, 'PUT', `/fhir/Task/${id}`, body, etagOf(task));
    expect([again.status, again.body.meta.versionId]).toEqual([200, answer.body.meta.versionId]);
  });
});

describe('sent by FHIR', () => {
  test('a ServiceRequest is a referral of the API, and is answered through it', async () => {
    const sent = await newServiceRequest();
    const answer = await fhir('gp', 'POST', '/fhir/ServiceRequest', sent);
    expect(answer.status).toBe(201);
    const { id } = answer.body;
    expect(answer.headers.get('location')).toBe(`/fhir/ServiceRequest/${id}/_history/1`);
    expect(answer.body.identifier).toContainEqual({ use: 'secondary', ...sent.identifier[0] });
    expect((await service.get('specialist', `/v1/referrals/${id}`)).body).toMatchObject({
      status: 'received',
      direction: 'up',
      urgency: 'same-day',
      reason: '血压持续升高，请会诊',
      summary: '既往史：高血压 10 年',
      consent: { given: true, recordedAt: '2026-01-01T00:00:00.000Z' },
      legs: [{ institutionId: 'inst-h1', departmentId: 'dept-h1-cardiology' }],
    });
    expect((await service.post('specialist', `/v1/referrals/${id}/send-acceptance`, {})).status).toBe(200);
    expect(await taskOf(id)).toMatchObject({ status: 'accepted' });
  });

  test('as a transaction with its Task', async () => {
    const fullUrl = `urn:uuid:${randomUUID()}`;
    const bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { fullUrl, resource: await newServiceRequest({ priority: 'stat' }), request: { method: 'POST', url: 'ServiceRequest' } },
        {
          fullUrl: `urn:uuid:${randomUUID()}`,
          resource: {
            resourceType: 'Task',
            status: 'requested',
            intent: 'order',
            code: { text: 'fulfill' },
            focus: { reference: fullUrl },
          },
          request: { method: 'POST', url: 'Task' },
        },
      ],
    };
    const { status, body } = await fhir('gp', 'POST', '/fhir', bundle);
    expect(status).toBe(200);
    expect(body.entry.map(({ response }: Json) => response.status)).toEqual(['201 Created', '201 Created']);
    const [request, task] = body.entry.map(({ resource }: Json) => resource);
    expect([request.resourceType, task.resourceType, task.id]).toEqual(['ServiceRequest', 'Task', request.id]);
    expect((await service.get('gp', `/v1/referrals/${request.id}`)).body).toMatchObject({ emergency: true, urgency: 'urgent' });
    // Again: the same referral.
    expect((await fhir('gp', 'POST', '/fhir', bundle)).body.entry[0].resource.id).toBe(request.id);
  });

  test('down, with a CarePlan', async () => {
    const patientId = (await his.newPatient(service)).id;
    const subject = logical('Patient', 'patient', patientId);
    const base = await newServiceRequest({ patientId });
    const plan = { resourceType: 'CarePlan', id: 'plan', status: 'active', intent: 'plan', subject, description: '每月测血压' };
    const down = {
      ...base,
      performer: [logical('Organization', 'institution', 'inst-c01')],
      contained: [...base.contained, plan],
      supportingInfo: [...base.supportingInfo, { reference: '#plan' }],
    };
    const { status, body } = await fhir('specialist', 'POST', '/fhir/ServiceRequest', down);
    expect(status).toBe(201);
    expect(body.contained.map(({ resourceType }: Json) => resourceType)).toEqual(['Consent', 'CarePlan']);
    expect((await service.get('gp', `/v1/referrals/${body.id}`)).body).toMatchObject({ direction: 'down', managementPlan: '每月测血压' });
    const without = await fhir('specialist', 'POST', '/fhir/ServiceRequest', {
      ...down,
      identifier: identifier(),
      contained: base.contained,
    });
    expect([without.status, without.body.issue[0].expression]).toEqual([422, ['ServiceRequest.contained.ofType(CarePlan).description']]);
  });

  test('its own number is the idempotency key: ten at once are one; another body under it is refused', async () => {
    const sent = await newServiceRequest();
    const answers = await Promise.all(Array.from({ length: 10 }, () => fhir('gp', 'POST', '/fhir/ServiceRequest', sent)));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const other = await fhir('gp', 'POST', '/fhir/ServiceRequest', { ...sent, priority: 'routine' });
    expect([other.status, other.body.issue[0].details.coding[0].code]).toEqual([422, 'idempotency-key-reused']);
  });

  test('sent by FHIR, answered by HL7 v2 with the sender’s own number, read by FHIR', async () => {
    const sent = await newServiceRequest({ identifier: [{ system: `urn:oid:${his.AUTHORITY}`, value: his.newNumber() }] });
    const { body } = await fhir('gp', 'POST', '/fhir/ServiceRequest', sent);
    const hospital = await his.hisOf(service, 'inst-h1');
    const patient = `${sent.subject.identifier.value}^^^CAREPATH^PI`;
    expect(
      his.read(await hospital.send(his.accept({ from: 'inst-h1', to: 'inst-c01', number: sent.identifier[0].value, patient }))).code,
    ).toBe('AA');
    expect(await taskOf(body.id)).toMatchObject({ status: 'accepted' });
  });
});

describe('what is wrong is answered with the element, and nothing is written', () => {
  const cases: [what: string, change: Json, status: number, expression: string][] = [
    ['no number of its own', { identifier: undefined }, 422, 'ServiceRequest.identifier'],
    ['an unknown patient', { subject: logical('Patient', 'patient', 'nobody') }, 422, 'ServiceRequest.subject'],
    ['a patient by an unknown number', { subject: { identifier: { system: 'urn:x', value: '1' } } }, 422, 'ServiceRequest.subject'],
    ['no institution', { performer: [logical('HealthcareService', 'department', 'dept-h1-cardiology')] }, 422, 'ServiceRequest.performer'],
    ['an unknown institution', { performer: [logical('Organization', 'institution', 'inst-h9')] }, 422, 'ServiceRequest.performer'],
    [
      'an unknown department',
      { performer: [logical('Organization', 'institution', 'inst-h1'), logical('HealthcareService', 'department', 'x')] },
      422,
      'ServiceRequest.performer',
    ],
    ['no consent', { contained: [] }, 422, 'ServiceRequest.contained.ofType(Consent)'],
    [
      'a consent that is in force and withholds',
      { contained: [{ resourceType: 'Consent', status: 'active', dateTime: '2026-01-01T08:00:00Z', provision: { type: 'deny' } }] },
      422,
      'ServiceRequest.contained.ofType(Consent).provision.type',
    ],
    [
      'two consents',
      { contained: ['active', 'active'].map((state) => ({ resourceType: 'Consent', status: state, dateTime: '2026-01-01T08:00:00Z' })) },
      422,
      'ServiceRequest.contained.ofType(Consent)',
    ],
    ['no reason', { reasonCode: [] }, 422, 'ServiceRequest.reasonCode'],
    ['an intent that is no order', { intent: 'proposal' }, 422, 'intent'],
    ['an unknown priority', { priority: 'soon' }, 422, 'priority'],
    ['a modifier extension', { modifierExtension: [{ url: 'urn:x' }] }, 422, 'modifierExtension'],
    ['another resource', { resourceType: 'Patient' }, 422, 'resourceType'],
  ];
  test.each(cases)('%s', async (_, change, status, expression) => {
    const sent = await newServiceRequest({ patientId: 'patient-0003', ...change });
    const before = await contentsOf(service.db);
    const answer = await fhir('gp', 'POST', '/fhir/ServiceRequest', sent);
    expect([answer.status, answer.body.issue[0].expression]).toEqual([status, [expression]]);
    const { referral_number: _numbers, ...after } = await contentsOf(service.db);
    expect(before).toMatchObject(after);
  });

  test('an update that wants nothing, too much, or what the state does not allow', async () => {
    const id = await created();
    const task = await taskOf(id, 'specialist');
    const put = (body: Json, headers = etagOf(task)) => fhir('specialist', 'PUT', `/fhir/Task/${id}`, body, headers);
    const before = await contentsOf(service.db);
    expect((await put(task)).body.issue[0].expression).toEqual(['Task.businessStatus']);
    expect((await put(wanted(task, '9.9', 'received'))).body.issue[0].expression).toEqual(['Task.businessStatus']);
    expect((await put(wanted(task, '3.0', 'completed'))).body.issue[0].expression).toEqual(['Task.status']);
    expect((await put({ ...task, businessStatus: undefined, status: 'in-progress' })).status).toBe(422);
    expect((await put({ ...wanted(task, '3.0', 'accepted'), id: randomUUID() })).body.issue[0].expression).toEqual(['Task.id']);
    expect((await put(wanted(task, '4.0', 'rejected', {}))).body.issue[0].expression).toEqual(['Task.statusReason']);
    expect((await put(wanted(task, '3.0', 'accepted'), {} as never)).status).toBe(400);
    expect((await put(wanted(task, '3.0', 'accepted'), { 'if-match': 'W/"99"' })).status).toBe(412);
    expect(await contentsOf(service.db)).toEqual(before);
    const early = await put(wanted(task, '5.1.2', 'in-progress'));
    expect([early.status, early.body.issue[0]]).toMatchObject([
      409,
      { code: 'conflict', diagnostics: 'state: received', details: { coding: [{ code: 'transition-not-allowed' }] } },
    ]);
    const other = await put({ ...wanted(task, '3.0', 'accepted'), for: logical('Patient', 'patient', 'patient-0004') });
    expect([other.status, other.body.issue[0].details.coding[0].code]).toEqual([409, 'patient-mismatch']);
    expect((await taskOf(id)).businessStatus.coding[0].code).toBe('2.0');
  });

  test('an appointment in the past', async () => {
    const id = await created();
    await service.post('specialist', `/v1/referrals/${id}/send-acceptance`, {});
    const task = await taskOf(id);
    const past = { executionPeriod: { start: '2001-01-01T00:00:00Z', end: '2001-01-01T01:00:00Z' } };
    const answer = await fhir('specialist', 'PUT', `/fhir/Task/${id}`, wanted(task, '5.1.1', 'in-progress', past), etagOf(task));
    expect([answer.status, answer.body.issue[0].expression]).toEqual([422, ['Task.executionPeriod.start']]);
  });

  test('a status alone, where it can mean one thing only, is enough', async () => {
    const id = await created();
    const task = await taskOf(id);
    const answer = await fhir(
      'specialist',
      'PUT',
      `/fhir/Task/${id}`,
      { ...task, status: 'accepted', businessStatus: undefined },
      etagOf(task),
    );
    expect(answer.body).toMatchObject({ status: 'accepted', businessStatus: { coding: [{ code: '3.0' }] } });
  });

  test('no token 401, no party 404, no role 403, other media 415, no JSON 400: each an OperationOutcome', async () => {
    const id = await created();
    expect((await fhir('', 'GET', `/fhir/Task/${id}`)).body.issue[0].code).toBe('login');
    expect((await fhir('gp2', 'GET', `/fhir/Task/${id}`)).status).toBe(404);
    expect((await fhir('driver', 'GET', '/fhir/Task')).status).toBe(403);
    expect((await fhir('gp', 'POST', '/fhir/ServiceRequest', '<xml/>', { 'content-type': 'application/fhir+xml' })).status).toBe(415);
    expect((await fhir('gp', 'POST', '/fhir/ServiceRequest', '{')).status).toBe(400);
    expect((await fhir('gp', 'GET', '/fhir/Task?owner=x')).status).toBe(422);
  });
});

test('the search finds a patient’s Tasks, page by page, and nobody else’s', async () => {
  const { id: patientId } = await his.newPatient(service);
  const ids: string[] = [];
  for (const toDepartmentId of ['dept-h1-cardiology', 'dept-h1-neurology', 'dept-h1-nephrology'])
    ids.unshift(await created({ patientId, toDepartmentId }));
  const found: string[] = [];
  let next: string | undefined = `/fhir/Task?patient=Patient/${patientId}&code=fulfill&_count=2`;
  while (next) {
    const { body } = (await fhir('specialist', 'GET', next)) as { body: Json };
    found.push(...body.entry.map(({ resource }: Json) => resource.id));
    next = body.link.find(({ relation }: Json) => relation === 'next')?.url;
  }
  expect(found).toEqual(ids);
  expect((await fhir('gp2', 'GET', `/fhir/Task?patient=${patientId}`)).body.entry ?? []).toEqual([]);
});

test('what is spoken here is said, and every facade has its policy', async () => {
  expect((await fhir('gp', 'GET', '/fhir/metadata')).body.fhirVersion).toBe('4.0.1');
  expect(() => checkPolicies(facades, facadePolicy)).not.toThrow();
  expect(() => checkPolicies(facades.slice(1), facadePolicy)).toThrow('has no operation');
  expect(facades.filter(({ id }) => operations.some((one) => one.id === id))).toEqual([]);
  const { body } = await service.get('', '/openapi.json');
  for (const { path, method } of facades) expect(body.paths[path]?.[method], `${method} ${path}`).toBeDefined();
});
