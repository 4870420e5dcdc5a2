/** The published contract: an OpenAPI 3.1 document that is whole, says the truth, and a page to read it that needs nobody else. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp, facades, operations } from '../../api/app.ts';
import { createGate } from '../../api/kit/gate.ts';
import { Problem, problemBody } from '../../api/kit/problem.ts';
import { ruleOf } from '../../api/policy.ts';
import { refusalsOf } from '../../api/refusals.ts';
import { demoPassword } from '../../db/directory/seed-demo-alliance.ts';
import { describeError, errorCodes, membersOf } from '../../domain/kit/errors.ts';
import { createLog } from '../../platform/log.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { appointmentIn } from '../support/builders/appointment-times.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { addressOf, makeObjects } from '../support/oracles/access.ts';
import {
  type ApiDocument,
  type Contract,
  contractOf,
  type DocumentedOperation,
  parametersOf,
  responseOf,
} from '../support/oracles/contract.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
let contract: Contract;
let document: ApiDocument;
beforeAll(async () => {
  service = await startService();
  contract = await contractOf(service.app);
  document = contract.document;
});
afterAll(() => service?.stop());

interface Listed extends DocumentedOperation {
  path: string;
  method: string;
}

const listed = (): Listed[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method })),
  );

/** Without those in the standards of others, which have forms, keys and failures of their own. */
const ours = (): Listed[] => listed().filter(({ operationId }) => operations.some(({ id }) => id === operationId));

async function tokenOf(username: string): Promise<string> {
  const { body } = await service.post('', '/v1/sessions', { username, password: demoPassword }, { key: null });
  return body.token;
}

/** Every value in a JSON tree with its pointer. */
function* everything(value: unknown, pointer = '#'): Generator<{ pointer: string; value: unknown }> {
  yield { pointer, value };
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value))
    yield* everything(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

describe('the document', () => {
  test('is OpenAPI 3.1 with a title and a version', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect([document.info.title, typeof document.info.version]).toEqual(['carepath', 'string']);
    expect(
      Object.keys(document).filter(
        (member) =>
          ![
            'openapi',
            'info',
            'paths',
            'components',
            'webhooks',
            'servers',
            'tags',
            'security',
            'jsonSchemaDialect',
            'externalDocs',
          ].includes(member),
      ),
    ).toEqual([]);
  });

  test('lists every operation that is served, each under its own id, and nothing else', () => {
    expect(
      listed()
        .map(({ operationId, method, path }) => `${operationId} ${method} ${path}`)
        .sort(),
    ).toEqual([...operations, ...facades].map(({ id, method, path }) => `${id} ${method} ${path}`).sort());
  });

  test('lists the demo operations only where they are served', async () => {
    const { db, client, tokens, config } = service;
    const app = createApp({
      config: { ...config, CAREPATH_DEMO: false },
      db,
      client,
      tokens,
      log: createLog('api', 'silent'),
      metrics: createMetrics(),
      gate: createGate(7),
      checkAnswers: true,
    });
    const { document: real } = await contractOf(app);
    const demo = operations.filter(({ demoOnly }) => demoOnly);
    expect(demo.length).toBeGreaterThan(0);
    for (const { path, method } of demo) {
      expect(real.paths[path]).toBeUndefined();
      expect((await app.request(path, { method: method.toUpperCase() })).status).toBe(404);
    }
  });

  test('every reference in it leads somewhere', () => {
    const all = new Map([...everything(document)].map(({ pointer, value }) => [pointer, value]));
    const references = [...all.values()].flatMap((value) => {
      const target = (value as { $ref?: unknown } | null)?.$ref;
      return typeof target === 'string' ? [target] : [];
    });
    expect(references.length).toBeGreaterThan(20);
    for (const target of references) expect(all.has(target), target).toBe(true);
  });

  test('every schema in it is one that JSON Schema 2020-12 understands', () => {
    for (const { pointer, value } of everything(document)) {
      // Two thirds of them are nothing but a reference: it leads somewhere, and what is there is looked at in its own place.
      if (Object.keys(value ?? {}).join() === '$ref') continue;
      if (pointer.endsWith('/schema') || /^#\/components\/schemas\/\w+$/.test(pointer))
        expect(() => contract.validator(pointer), `${pointer} ${JSON.stringify(value).slice(0, 80)}`).not.toThrow();
    }
  });

  test('no schema is closed twice: nothing could satisfy both halves', () => {
    const closedTwice = [...everything(document)].filter(({ value }) => {
      const parts = (value as { allOf?: { additionalProperties?: unknown }[] } | null)?.allOf;
      return Array.isArray(parts) && parts.length > 1 && parts.some((part) => part.additionalProperties === false);
    });
    expect(closedTwice.map(({ pointer }) => pointer)).toEqual([]);
  });

  test('what it gives as an example is valid', () => {
    let examples = 0;
    for (const { pointer, value } of everything(document)) {
      const example = (value as { example?: unknown } | null)?.example;
      // Placeholders stand for what every reader has to fill in.
      if (example === undefined || pointer.endsWith('/example') || pointer.includes('/example/') || JSON.stringify(example).includes('…'))
        continue;
      examples++;
      expect(contract.validator(pointer)(example), `${pointer}: ${JSON.stringify(example)}`).toBe(true);
    }
    expect(examples).toBeGreaterThan(3);
  });
});

/** The shapes of an answer, with what they refer to. */
const wholeContent = (told: DocumentedOperation, status: string): object[] =>
  Object.values(responseOf(document, told, status)?.content ?? {}).map(({ schema }) => {
    const name = (schema as { $ref?: string }).$ref?.split('/').at(-1);
    return (name === undefined ? schema : document.components.schemas[name]) as object;
  });

describe('every operation', () => {
  test('has a summary in Chinese and English, and names the roles that may', () => {
    for (const { operationId, summary, 'x-summary-zh': zh, description } of listed()) {
      expect(summary, operationId).toMatch(/^[^\u4e00-\u9fff]*[A-Za-z][^\u4e00-\u9fff]*$/);
      expect(zh, operationId).toMatch(/[\u4e00-\u9fff]/);
      expect(description, operationId).toMatch(/roles: \w/);
      expect(description.startsWith(zh), operationId).toBe(true);
    }
  });

  test('declares exactly the parameters of its path', () => {
    for (const listedOperation of listed()) {
      const { operationId, path } = listedOperation;
      const parameters = parametersOf(document, listedOperation);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect({ operationId, names: parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name) }).toEqual({
        operationId,
        names: inPath,
      });
      for (const parameter of parameters) if (parameter.in === 'path') expect(parameter.required).toBe(true);
    }
  });

  test('asks for a token, unless it is public', () => {
    for (const { operationId, security } of listed()) {
      const isPublic = ruleOf(operationId as (typeof operations)[number]['id']).roles === 'public';
      expect({ operationId, security }).toEqual({ operationId, security: isPublic ? [] : [{ bearer: [] }, { browser: [] }] });
    }
    expect(document.components.securitySchemes).toMatchObject({ bearer: { type: 'http', scheme: 'bearer' } });
  });

  test('that changes something asks for an Idempotency-Key and a body, and lets the caller insist on a version', () => {
    // Signing in, by an account or by a link, and activating one: a repetition is another try.
    const keyless = [
      'createSession',
      'createBrowserSession',
      'unlockBrowserSession',
      'switchBrowserSession',
      'changeMyPassword',
      'beginSecondFactor',
      'confirmSecondFactor',
      'activateAccount',
      'askForLinkCode',
      'openLinkSession',
    ];
    const changing = ours().filter(({ operationId, method }) => method === 'post' && !keyless.includes(operationId));
    expect(changing.length).toBeGreaterThan(20);
    for (const changingOperation of changing) {
      const { operationId, requestBody } = changingOperation;
      const headers = Object.fromEntries(
        parametersOf(document, changingOperation)
          .filter((parameter) => parameter.in === 'header')
          .map(({ name, required }) => [name, required ?? false]),
      );
      expect({ operationId, headers }).toEqual({
        operationId,
        headers: { 'Idempotency-Key': true, 'If-Match': false, 'Accept-Language': false },
      });
      expect(requestBody?.required, operationId).toBe(true);
    }
  });

  test('says what it answers when all goes well, and when not', () => {
    for (const told of ours()) {
      const { operationId, responses } = told;
      const statuses = Object.keys(responses).map(Number);
      expect(
        statuses.some((status) => status < 300),
        operationId,
      ).toBe(true);
      for (const status of [401, 429, 500, 503]) expect(statuses, operationId).toContain(status);
      for (const status of statuses.filter((each) => each >= 400))
        expect(Object.keys(responseOf(document, told, status)?.content ?? {}), `${operationId} ${status}`).toEqual([
          'application/problem+json',
        ]);
    }
  });

  test('answers in objects without open ends: nothing is told that the contract does not name', () => {
    const open: string[] = [];
    for (const told of ours()) {
      const { operationId, responses } = told;
      for (const status of Object.keys(responses)) {
        if (Number(status) >= 400) continue;
        for (const { value } of everything(wholeContent(told, status))) {
          const schema = value as { type?: unknown; properties?: object; additionalProperties?: unknown } | null;
          if (schema?.type === 'object' && schema.properties && schema.additionalProperties !== false)
            open.push(`${operationId} ${status}`);
        }
      }
    }
    // What a task completes is its pathway's resource, of whatever kind, and what a task is about says each kind in its own words; EPCIS has its own standard.
    expect([...new Set(open)].sort()).toEqual(['claimTask 200', 'completeTask 200', 'exportCustody 200', 'releaseTask 200']);
  });
});

describe('what a client can rely on', () => {
  test('every answer of every operation names its headers, and every failure its kind', () => {
    for (const told of ours())
      for (const status of Object.keys(told.responses)) {
        const headers = Object.keys(responseOf(document, told, status)?.headers ?? {});
        expect(headers, `${told.operationId} ${status}`).toContain('X-Request-Id');
        if (status === '429' || status === '503') expect(headers).toContain('Retry-After');
        if (status === '201' || status === '202') expect(headers).toContain('Location');
        if (Number(status) >= 400 && status !== '409')
          expect(told.responses[status], `${told.operationId} ${status}`).toEqual({ $ref: `#/components/responses/Problem${status}` });
      }
  });

  test('every component of the document is referred to', () => {
    const text = JSON.stringify(document);
    for (const kind of ['schemas', 'responses', 'parameters', 'headers'] as const)
      for (const name of Object.keys((document as { components?: Record<string, object> }).components?.[kind] ?? {}))
        expect(text.includes(`"#/components/${kind}/${name}"`), `${kind}/${name}`).toBe(true);
  });

  test('every operation that changes something names what the state may refuse it with', () => {
    for (const told of ours().filter(({ method }) => method !== 'get')) {
      const codes = refusalsOf(told.operationId);
      expect(codes, `${told.operationId} has no line in api/refusals.ts`).toBeDefined();
      for (const code of codes ?? []) expect(describeError(code).status, `${told.operationId} ${code}`).toBe(409);
      expect(JSON.stringify(wholeContent(told, '409')).includes(`"enum":${JSON.stringify(codes)}`), told.operationId).toBe(
        (codes ?? []).length > 0,
      );
    }
  });

  test('a code of any other status is one that the document has for this status', () => {
    for (const code of errorCodes) {
      const { status } = describeError(code);
      // 405 belongs to no operation, 406 only to those of FHIR, which have a form of their own.
      if ([405, 406, 409].includes(status)) continue;
      const isProblem = contract.validator(`#/components/responses/Problem${status}/content/application~1problem+json/schema`);
      expect([code, isProblem(problemBody(new Problem(code), 'zh', 'the-request'))]).toEqual([code, true]);
      expect(isProblem({ ...problemBody(new Problem(code), 'zh', 'the-request'), code: 'slot-taken' })).toBe(false);
    }
  });

  test('an instant is told apart from a day and from a text wherever one stands', () => {
    const members = [...everything(document)].flatMap(({ value, pointer }) =>
      Object.entries((value as { properties?: Record<string, { type?: unknown; format?: string }> } | null)?.properties ?? {})
        .filter(([, schema]) => [schema.type].flat().includes('string'))
        .map(([name, schema]) => ({ name, pointer: `${pointer}/${name}`, format: schema.format })),
    );
    // An item of a template is repeated until another one is due, which it names.
    const named = members.filter(({ pointer }) => !pointer.endsWith('/repeat/until'));
    const instants = named.filter(({ name, format }) => /(At|Since|Until)$|^(now|at|since|until)$/.test(name) && format !== 'date');
    const days = members.filter(({ name }) => /On$|Date$|^(on|effectiveFrom)$/.test(name) && name !== 'creationDate');
    expect([instants.length, days.length].every((count) => count > 30)).toBe(true);
    expect(instants.filter(({ format }) => format !== 'date-time')).toEqual([]);
    expect(days.filter(({ format }) => format !== 'date')).toEqual([]);
  });

  test('every request and every answer that has a shape has a name, and one thing has one name', () => {
    const names = new Map<string, string>();
    for (const told of listed()) {
      const contents = [told.requestBody, ...Object.values(told.responses)].map((one) => (one && 'content' in one && one.content) || {});
      for (const { schema } of contents.flatMap((content) => Object.values(content)))
        if (!('$ref' in schema)) expect([told.operationId, (schema as { type?: unknown }).type]).toEqual([told.operationId, 'string']);
    }
    const pages = Object.entries(document.components.schemas).filter(([name]) => /(Page|List)$/.test(name));
    for (const [name, shape] of pages) {
      const item = JSON.stringify((shape as { properties: { items: unknown } }).properties.items);
      const members = Object.keys((shape as { properties: object }).properties).join();
      expect(names.get(item + members) ?? name).toBe(name);
      names.set(item + members, name);
    }
    expect(names.size).toBeGreaterThan(20);
  });

  test('where a value has one of several closed forms, the document says that only one fits and what each is called', () => {
    let found = 0;
    for (const { value, pointer } of everything(document)) {
      const { anyOf, oneOf } = (value ?? {}) as { anyOf?: unknown; oneOf?: unknown };
      if (Array.isArray(oneOf)) {
        found++;
        const titles = oneOf.map(({ title }) => title);
        expect([pointer, titles.every((title) => typeof title === 'string'), new Set(titles).size]).toEqual([pointer, true, titles.length]);
      }
      if (Array.isArray(anyOf))
        expect([pointer, anyOf.every((form) => form.additionalProperties === false && form.type === 'object')]).toEqual([pointer, false]);
    }
    expect(found).toBeGreaterThan(5);
  });

  test('what is sometimes one thing and sometimes another is still said to be there', () => {
    const required = (name: string) => (document.components.schemas[name] as { required: string[] }).required;
    expect(required('Pathway')).toContain('state');
    expect(required('Referral')).toEqual(expect.arrayContaining(['managementPlan', 'patient']));
    const { response } = (document.components.schemas.Command as { properties: { response: { required: string[] } } }).properties;
    expect(response.required).toEqual(['status', 'body']);
  });

  test('yes or no in a query is a boolean', () => {
    const words = listed().flatMap((told) =>
      parametersOf(document, told).filter(({ schema }) => JSON.stringify((schema as { enum?: unknown }).enum) === '["true","false"]'),
    );
    expect(words).toEqual([]);
  });

  test('a parameter that nobody knows is called a parameter, where there are others and where there are none', async () => {
    for (const path of ['/v1/worklist?colour=red', '/v1/me?colour=red']) {
      const { status, body } = await service.get('gp', path);
      expect([status, body.errors]).toEqual([422, [{ path: 'colour', message: '未知参数' }]]);
    }
  });

  test('each operation says in a form for programs who may do it, and each group what it is about', () => {
    for (const told of ours()) {
      const { roles, relation } = ruleOf(told.operationId as (typeof operations)[number]['id']);
      expect(told).toMatchObject({ 'x-roles': roles, 'x-relation': relation });
    }
    for (const { name, description } of document.tags) {
      expect(name).not.toContain(' ');
      expect(description, name).not.toBe(name);
    }
  });

  test('every problem can be looked up before anybody meets it', async () => {
    const { status, body } = await service.get('courier', '/v1/problems');
    expect(status).toBe(200);
    expect(body.items).toEqual(
      errorCodes.map((code) => {
        const { status: ofCode, zh, en } = describeError(code);
        return { code, status: ofCode, zh, en, members: [...membersOf(code)] };
      }),
    );
  });

  test('whoever has this version already is told so in a few bytes, and whoever has another one gets the resource', async () => {
    const { patientId } = await newReferral(service);
    const at = `/v1/patients/${patientId}`;
    const etag = (await service.get('gp', at)).headers.get('etag') as string;
    const again = (ifNoneMatch: string) => service.call('gp', 'GET', at, { headers: { 'if-none-match': ifNoneMatch } });
    for (const named of [etag, `W/${etag}`, `"999", ${etag}`, '*']) {
      const { status, headers, body } = await again(named);
      expect([status, headers.get('etag'), body]).toEqual([304, etag, '']);
    }
    expect((await again('"999"')).status).toBe(200);
  });

  test('a long answer is compressed for whoever can read that', async () => {
    const plain = await service.app.request('/openapi.json');
    const small = await service.app.request('/openapi.json', { headers: { 'accept-encoding': 'gzip' } });
    expect([plain.headers.get('content-encoding'), small.headers.get('content-encoding')]).toEqual([null, 'gzip']);
    expect((await small.arrayBuffer()).byteLength * 5).toBeLessThan((await plain.arrayBuffer()).byteLength);
  });

  test('whoever reads compressed answers can name the version that they have seen', async () => {
    const { patientId } = await newReferral(service);
    const at = `/v1/patients/${patientId}`;
    const read = await service.app.request(at, {
      headers: { 'accept-encoding': 'gzip', authorization: `Bearer ${await tokenOf('gp')}` },
    });
    const etag = read.headers.get('etag') as string;
    expect([read.headers.get('content-encoding'), etag]).toEqual(['gzip', expect.stringMatching(/^"\d+"$/)]);
    const corrected = await service.call('gp', 'PATCH', at, {
      body: { phone: '13800000031', reason: '登记有误' },
      headers: { 'if-match': etag },
    });
    expect([corrected.status, corrected.body.code]).toEqual([200, undefined]);
  });
});

describe('problems', () => {
  const isProblem = (value: unknown) => contract.validator('#/components/schemas/Problem')(value);

  test.each(errorCodes)('%s has a status and a sentence in both languages', (code) => {
    for (const language of ['zh', 'en'] as const) {
      const body = problemBody(new Problem(code), language, 'the-request');
      expect(isProblem(body)).toBe(true);
      expect(body).toMatchObject({
        type: `urn:carepath:problem:${code}`,
        status: describeError(code).status,
        code,
        requestId: 'the-request',
        title: describeError(code)[language],
      });
      expect(/[\u4e00-\u9fff]/.test(body.title)).toBe(language === 'zh');
      expect(/[\u4e00-\u9fff]/.test(body.detail)).toBe(language === 'zh');
      expect(body.detail).not.toContain(body.title);
      expect(body.title).toMatch(/[。.]$/);
    }
  });

  test('many errors are cut short', () => {
    const errors = Array.from({ length: 1_000 }, (_, index) => ({
      path: `field${index}${'x'.repeat(1_000)}`,
      message: { zh: '未知字段', en: 'unknown field' },
    }));
    const body = problemBody(new Problem('invalid-request', { errors }), 'zh', 'the-request');
    expect(body.errors).toHaveLength(50);
    expect(body.detail).not.toContain('field0');
    expect(isProblem(body)).toBe(true);
    expect(JSON.stringify(body).length).toBeLessThan(30_000);
  });
});

describe('what is answered is what is written', () => {
  test('a whole referral, step by step', async () => {
    const steps: [account: string, trigger: string, body: unknown][] = [
      ['gp', 'send-referral-package', {}],
      ['specialist', 'confirm-cancellation', {}],
      ['specialist', 'send-acceptance', {}],
      ['specialist', 'schedule-visit', appointmentIn(100)],
      ['specialist', 'report-no-show', {}],
      ['specialist', 'reschedule-visit', appointmentIn(131)],
      ['specialist', 'send-interim-note', { note: '已入院观察' }],
      ['specialist', 'send-outcome', { outcome: '治疗完成' }],
      ['gp', 'review-result', {}],
      ['gp', 'review-result', {}],
    ];
    const created = await service.post(
      'gp',
      '/v1/referrals',
      await newReferral(service, { draft: true, toDepartmentId: 'dept-h1-cardiology' }),
    );
    expect(contract.findBrokenPromises('POST', '/v1/referrals', created)).toEqual([]);
    const at = `/v1/referrals/${created.body.id}`;
    for (const [account, trigger, body] of steps) {
      const answer = await service.post(account, `${at}/${trigger}`, body);
      expect(contract.findBrokenPromises('POST', `${at}/${trigger}`, answer), trigger).toEqual([]);
      for (const part of ['', '/timeline', '/why'])
        expect(
          contract.findBrokenPromises('GET', `${at}${part}`, await service.get('gp', `${at}${part}`)),
          `${part} after ${trigger}`,
        ).toEqual([]);
      const worklist = await service.get(account, '/v1/worklist');
      expect(contract.findBrokenPromises('GET', '/v1/worklist', worklist)).toEqual([]);
      expect(contract.findUntoldDates('GET', '/v1/worklist', worklist)).toEqual([]);
    }
    const { items } = (await service.get('gp', `${at}/timeline`)).body;
    for (const { from, to, importance } of items) expect(importance === 'key').toBe(from !== to);
    expect((await service.get('specialist', at)).body).toMatchObject({
      patient: { id: created.body.patientId, name: expect.stringMatching(/\p{Script=Han}/u), birthDate: expect.stringMatching(/^\d{4}-/) },
      initiator: {
        institution: { id: 'inst-c01', zh: expect.stringMatching(/\p{Script=Han}/u), en: expect.stringMatching(/[a-z]/) },
        person: { id: 'person-gp', name: expect.any(String) },
      },
      legs: [{ institution: { id: 'inst-h1', zh: expect.any(String) }, department: { id: 'dept-h1-cardiology', en: expect.any(String) } }],
    });
  });

  // Every operation, asked by eleven people, with the documents that are drawn for it.
  test('everything that can be read, as everybody', { timeout: 180_000 }, async () => {
    const objects = await makeObjects(service);
    for (const operation of operations.filter(({ method }) => method === 'get'))
      for (const account of [
        'gp',
        'specialist',
        'desk',
        'head',
        'office',
        'nurse',
        'pharmacist',
        'gateway',
        'sysadmin',
        'auditor',
        'driver',
      ]) {
        const path = addressOf(operation, objects);
        const answer = await service.get(account, path);
        expect(contract.findBrokenPromises('GET', path, answer), `${operation.id} as ${account}: ${answer.status}`).toEqual([]);
        expect(contract.findUntoldDates('GET', path, answer), `${operation.id}: instants and days without a format`).toEqual([]);
        expect(answer.status, `${operation.id} as ${account}`).toBeLessThan(500);
      }
  });
});

describe('the reference page', () => {
  const get = async (path: string) => {
    const response = await service.app.request(path);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      policy: response.headers.get('content-security-policy'),
      text: await response.text(),
    };
  };

  test.each(['/', '/reference'])('%s asks for nothing from another host, and may not', async (path) => {
    const { status, type, policy, text } = await get(path);
    expect([status, type]).toEqual([200, 'text/html; charset=UTF-8']);
    expect(text).not.toMatch(/(src|href|action)\s*=\s*["']?(https?:)?\/\//i);
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
  });

  test('its parts are served here', async () => {
    const { text } = await get('/reference');
    const parts = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path as string);
    expect(parts).toHaveLength(3);
    for (const path of parts)
      expect(await get(path)).toMatchObject({ status: 200, type: expect.stringMatching(/^text\/(css|javascript); charset=utf-8$/) });
    expect((await get('/reference/start.js')).text).toContain("'/openapi.json'");
  });

  test('no page can be framed, guessed to be another type, or told where the reader came from', async () => {
    const { headers } = await service.app.request('/reference');
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('answers with data are stored nowhere on the way', async () => {
    expect((await service.get('gp', '/v1/patients')).headers.get('cache-control')).toBe('no-store');
  });
});
