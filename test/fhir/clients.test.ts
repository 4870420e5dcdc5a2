/** What client libraries of FHIR send and expect of themselves: formats, tokens, a Location that leads somewhere, and an OperationOutcome for every failure. */
import { randomUUID } from 'node:crypto';
import type { Resource } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { facades } from '../../api/app.ts';
import { observation, quantity, serviceRequest } from '../support/builders/fhir.ts';
import * as his from '../support/builders/hl7v2.ts';
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

const idsOf = ({ body }: Answer): string[] =>
  (body.entry ?? []).filter(({ search }: Json) => search.mode === 'match').map(({ resource }: Json) => resource.id);

describe('the format', () => {
  const ways: [string, Record<string, string>][] = [
    ['?_format=json', {}],
    ['?_format=application/fhir%2Bjson', {}],
    ['?_format=application/fhir+json', {}],
    ['?_format=application/json;fhirVersion=4.0', {}],
    ['?_format=text/json', { accept: 'application/fhir+xml' }],
    ['?_pretty=true&_format=json', {}],
    ['', { accept: 'application/fhir+json;q=1.0, application/json;q=0.9, */*;q=0.1' }],
    ['', { accept: 'application/fhir+xml, application/fhir+json; fhirVersion=4.0' }],
    ['', { accept: 'text/html, */*;q=0.8' }],
  ];
  test('is JSON however a client asks for it, on every read', async () => {
    for (const path of ['/fhir/metadata', `/fhir/Task/${referralId}`, `/fhir/ServiceRequest/${referralId}`, '/fhir/Task'])
      for (const [query, headers] of ways) expect((await fhir('GET', `${path}${query}`, headers)).status, path + query).toBe(200);
  });
  test('is laid out for people on request', async () => {
    const answer = await service.call('gp', 'GET', '/fhir/metadata?_pretty=true', { key: null, headers: {} });
    expect(JSON.stringify(answer.body)).toContain('CapabilityStatement');
  });
  test.each([
    ['?_format=xml', {}],
    ['?_format=application/fhir%2Bxml', {}],
    ['?_format=ttl', {}],
    ['?_format=application/fhir%2Bjson;fhirVersion=3.0', {}],
    ['', { accept: 'application/fhir+xml' }],
    ['', { accept: 'application/fhir+json;fhirVersion=5.0' }],
    ['', { accept: 'application/fhir+json;q=0' }],
  ])('that is not served, %s %j: 406', async (query, headers) => {
    const answer = await fhir('GET', `/fhir/Task${query}`, headers as Record<string, string>);
    expect([answer.status, answer.body.issue[0].details.coding[0].code]).toEqual([406, 'not-acceptable']);
  });
});

describe('a search', () => {
  const STATUS = 'http://hl7.org/fhir/task-status';
  const CODE = 'http://hl7.org/fhir/CodeSystem/task-code';
  test.each([
    ['status=received', true],
    [`status=${STATUS}|received`, true],
    ['status=|received', true],
    [`status=${STATUS}|`, true],
    ['status=completed,received', true],
    ['status=urn:other|received', false],
    ['status=requested', false],
    ['status=completed', false],
    ['code=fulfill', true],
    [`code=${CODE}|fulfill`, true],
    [`code=${CODE}|`, true],
    [`code=${CODE}|approve`, false],
    ['code=urn:other|fulfill', false],
    ['_count=100', true],
    ['_count=1000000', true],
    ['_pretty=false&_format=json', true],
    ['_sort=-_lastUpdated&_include=Task:patient', true],
  ])('by %s finds it: %s', async (query, isFound) => {
    for (const patient of [patientId, `Patient/${patientId}`, `https://carepath.test/fhir/Patient/${patientId}`]) {
      const answer = await fhir('GET', `/fhir/Task?patient=${patient}&${query}`);
      expect([answer.status, idsOf(answer)]).toEqual([200, isFound ? [referralId] : []]);
    }
  });

  test('takes _count as a hint and says what it was lowered to; none, or a count, is the number alone', async () => {
    const { body } = await fhir('GET', `/fhir/Task?patient=${patientId}&_count=100`);
    expect(body.link.find(({ relation }: Json) => relation === 'self').url).toContain('_count=50');
    for (const query of ['_count=0', '_summary=count']) {
      const counted = await fhir('GET', `/fhir/Task?patient=${patientId}&${query}`);
      expect([counted.body.total, counted.body.entry]).toEqual([1, undefined]);
    }
    for (const query of ['_count=-1', '_count=x', '_count=1.5', '_summary=most'])
      expect((await fhir('GET', `/fhir/Task?${query}`)).status).toBe(422);
  });

  test('that would show more than was asked for is refused, left aside with a word where the client says lenient', async () => {
    const query = `/fhir/Task?patient=${patientId}&owner=Organization/x`;
    expect((await fhir('GET', query)).status).toBe(422);
    expect((await fhir('GET', query, { prefer: 'handling=strict' })).status).toBe(422);
    const lenient = await fhir('GET', query, { prefer: 'handling=lenient' });
    expect([lenient.status, idsOf(lenient)]).toEqual([200, [referralId]]);
    expect(lenient.body.entry.at(-1)).toMatchObject({ search: { mode: 'outcome' }, resource: { issue: [{ diagnostics: 'owner' }] } });
    expect(lenient.body.link[0].url).not.toContain('owner');
    expect((await fhir('GET', '/fhir/Task?_sort=x', { prefer: 'handling=strict' })).status).toBe(422);
    // A modifier turns a filter round.
    expect((await fhir('GET', '/fhir/Task?status:not=received', { prefer: 'handling=lenient' })).status).toBe(422);
  });

  test('and a read give a part on request, marked as one', async () => {
    const { body } = await fhir('GET', `/fhir/Task?patient=${patientId}&_elements=businessStatus`);
    const [{ resource }] = body.entry;
    expect(Object.keys(resource).sort()).toEqual(['businessStatus', 'id', 'intent', 'meta', 'resourceType', 'status']);
    expect(resource.meta.tag).toMatchObject([{ code: 'SUBSETTED' }]);
    const summary = await fhir('GET', `/fhir/ServiceRequest/${referralId}?_summary=true`);
    expect([summary.body.subject === undefined, summary.body.contained]).toEqual([false, undefined]);
    expect((await fhir('GET', `/fhir/ServiceRequest/${referralId}?_summary=data`)).body.contained).toHaveLength(1);
  });
});

describe('a Location leads to what was created', () => {
  test('a ServiceRequest, at its version, also when it has gone on', async () => {
    const subject = { identifier: { system: 'urn:carepath:patient', value: (await his.newPatient(service)).id } };
    const created = await fhir('POST', '/fhir/ServiceRequest', {}, serviceRequest(subject));
    const location = created.headers.get('location') ?? '';
    expect([created.status, location]).toEqual([201, `/fhir/ServiceRequest/${created.body.id}/_history/1`]);
    await service.post('specialist', `/v1/referrals/${created.body.id}/send-decline`, { reason: '专科已满' });
    for (const path of [location, location.replace('ServiceRequest', 'Task')]) {
      const { body, status } = await fhir('GET', path);
      expect([status, body.meta.versionId, body.id]).toEqual([200, '1', created.body.id]);
      expect(body.status).toBe(path === location ? 'active' : 'received');
      expect((await fhir('GET', path, {}, undefined, 'gp2')).status).toBe(404);
      for (const none of ['0', '99', 'x']) expect((await fhir('GET', path.replace(/1$/, none))).status).toBe(404);
    }
    const now = await fhir('GET', `/fhir/Task/${created.body.id}`);
    expect((await fhir('GET', `/fhir/Task/${created.body.id}/_history/${now.body.meta.versionId}`)).body).toEqual(now.body);
  });

  test('an Observation, to whoever sent it and to the centre of its resident', async () => {
    const sent = { ...observation(patientId), valueQuantity: { ...quantity(33.3), comparator: '>' } };
    const created = await fhir('POST', '/fhir/Observation', {}, sent, 'gateway');
    const location = created.headers.get('location') ?? '';
    for (const account of ['gateway', 'gp']) {
      const { body } = await fhir('GET', location, {}, undefined, account);
      expect(body).toMatchObject({ status: 'final', valueQuantity: { value: 33.3, comparator: '>' }, identifier: sent.identifier });
    }
    expect((await fhir('GET', location, {}, undefined, 'gp2')).status).toBe(404);
    expect((await fhir('GET', location.replace('/_history/1', ''))).status).toBe(200);
  });
});

test('a filter is never left aside: an id is looked for, another one is refused', async () => {
  const found = (query: string) => fhir('GET', `/fhir/Task?${query}`);
  expect(idsOf(await found(`_id=${referralId}`))).toEqual([referralId]);
  expect(idsOf(await found(`_id=${referralId.toUpperCase()},${randomUUID()}&subject=Patient/${patientId}`))).toEqual([referralId]);
  expect(idsOf(await found('_id=none'))).toEqual([]);
  expect(idsOf(await found(`subject=Patient/${patientId}&patient=another`))).toEqual([]);
  for (const query of ['_lastUpdated=gt2026-01-01', '_tag=x', '_has:Provenance:target:agent=x'])
    expect((await found(query)).status).toBe(422);
  expect((await fhir('GET', '/fhir/metadata?mode=full')).status).toBe(200);
});

test('an appointment that nobody would make, or at a time that does not exist, is refused at its element', async () => {
  const id = (await his.newPatient(service)).id;
  const made = await service.post(
    'gp',
    '/v1/referrals',
    await newReferral(service, { patientId: id, toDepartmentId: 'dept-h1-cardiology' }),
  );
  await service.post('specialist', `/v1/referrals/${made.body.id}/send-acceptance`, {});
  const { body: task } = await fhir('GET', `/fhir/Task/${made.body.id}`, {}, undefined, 'specialist');
  const [year, next] = [new Date().getUTCFullYear(), new Date().getUTCFullYear() + 1];
  for (const [start, end] of [
    [`${year + 36}-03-01T08:00:00Z`, `${year + 36}-03-01T09:00:00Z`],
    [`${next}-03-01T08:00:00Z`, `${year + 36}-03-01T09:00:00Z`],
    [`${next}-03-01T09:00:00Z`, `${next}-03-01T08:00:00Z`],
    [`${next}-02-30T08:00:00Z`, `${next}-02-30T09:00:00Z`],
    [`${next}-03-01T24:00:00Z`, `${next}-03-02T01:00:00Z`],
    [`${next}-03-01`, `${next}-03-02`],
  ] as const) {
    const wanted = { ...task, status: 'in-progress', businessStatus: undefined, executionPeriod: { start, end } };
    wanted.businessStatus = { coding: [{ system: BSER, code: '5.1.1' }] };
    const answer = await fhir('PUT', `/fhir/Task/${made.body.id}`, { 'if-match': `W/"${task.meta.versionId}"` }, wanted, 'specialist');
    expect([start, end, answer.status]).toEqual([start, end, 422]);
    expect(answer.body.issue[0].expression[0]).toMatch(/^Task\.executionPeriod/);
  }
});

describe('every failure below /fhir is an OperationOutcome', () => {
  test.each([
    ['an unknown type', 'GET', '/fhir/Patient/1', {}, undefined, 404],
    ['an unknown path', 'GET', '/fhir/Task/1/2/3/4', {}, undefined, 404],
    ['a path of no sense', 'GET', '/fhir/%E0%A4%A', {}, undefined, 404],
    ['an unknown id', 'GET', `/fhir/Task/${randomUUID()}`, {}, undefined, 404],
    ['an id of another form', 'GET', '/fhir/Observation/1', {}, undefined, 404],
    ['another method', 'DELETE', '/fhir/Task/1', {}, undefined, 405],
    ['a type that is not searched', 'GET', '/fhir/Observation', {}, undefined, 405],
    ['the base, read', 'GET', '/fhir', {}, undefined, 405],
    ['no JSON', 'POST', '/fhir/Observation', {}, '{', 400],
    ['JSON of another kind', 'POST', '/fhir/', {}, [], 422],
    ['XML', 'POST', '/fhir/Observation', { 'content-type': 'application/fhir+xml' }, '<Observation/>', 415],
    ['a compressed body', 'POST', '/fhir/Observation', { 'content-encoding': 'gzip' }, '{}', 415],
    ['a body that is too large', 'POST', '/fhir/Observation', {}, JSON.stringify({ a: 'x'.repeat(300_000) }), 413],
    ['a wrong If-Match', 'PUT', '/fhir/Task/none', { 'if-match': 'x' }, {}, 404],
  ] as const)('%s', async (_, method, path, headers, body, status) => {
    const answer = await fhir(method, path, headers, body);
    expect([answer.status, answer.body.resourceType]).toEqual([status, 'OperationOutcome']);
  });

  test('nobody, and somebody who may not', async () => {
    for (const { method, path } of facades.filter(({ tag }) => tag === 'fhir')) {
      const address = path.replace('{id}', randomUUID()).replace('{version}', '1');
      const body = method === 'get' ? undefined : {};
      expect((await fhir(method.toUpperCase(), address, { authorization: 'Bearer none' }, body, '')).status, path).toBe(401);
      if (path === '/fhir/metadata') continue;
      expect([403, 404]).toContain((await fhir(method.toUpperCase(), address, {}, body, 'driver')).status);
    }
  });
});
