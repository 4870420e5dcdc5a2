/** Requests that are wrong before anybody reads a body: methods, addresses, parameters. Each gets a clear 4xx, nothing is written. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp, operations } from '../../api/app.ts';
import { createGate } from '../../api/kit/gate.ts';
import type { Operation } from '../../api/kit/operation.ts';
import { ruleOf } from '../../api/policy.ts';
import { createLog } from '../../platform/log.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { addressOf, refusalOf } from '../support/oracles/access.ts';
import { contentsOf } from '../support/oracles/contents.ts';
import { type HostileGround, startHostileGround } from '../support/oracles/hostile-ground.ts';

let ground: HostileGround;

beforeAll(async () => {
  ground = await startHostileGround();
});
afterAll(() => ground?.service.stop());

/** Whether an operation takes a path: the same one, or one whose parameter stands for a word of it. */
function isTakenBy(template: string, path: string): boolean {
  const [words, given] = [template.split('/'), path.split('/')];
  return (
    words.length === given.length &&
    words.every((word, index) => word === given[index] || (word.startsWith('{') && !given[index]?.startsWith('{')))
  );
}

describe('a method that an address does not take: 405 with Allow', () => {
  const cases = operations.map(({ id, method, path }) => ({ id, method, path }));
  test.each(cases)('$path ($id)', async ({ id, path }) => {
    const operation = operations.find((one) => one.id === id);
    if (!operation) throw new Error(id);
    const served = operations.filter((one) => isTakenBy(one.path, path)).map(({ method }) => method.toUpperCase());
    const allow = served.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']) {
      if (allow.includes(method)) continue;
      const answer = await ground.send(method, addressOf(operation, ground.objects), ground.as('gp'));
      expect([method, answer.status]).toEqual([method, 405]);
      expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(allow.sort());
    }
  });

  test('HEAD is GET without its body, and asks for the same token', async () => {
    const head = await ground.send('HEAD', '/v1/me', ground.as('gp'));
    expect([head.status, head.body]).toEqual([200, '']);
    expect((await ground.send('HEAD', '/v1/me')).status).toBe(401);
  });
});

describe('an address that names nothing: 404', () => {
  const id = '0199a000-0000-7000-8000-000000000000';
  test.each([
    '/v1',
    '/v1/',
    '/v1/nothing',
    '/v1/me/',
    '//v1/me',
    '/v1//me',
    '/V1/me',
    `/v1/referrals/${id}/nothing`,
    `/v1/referrals/${id}/__proto__`,
    `/v1/referrals/${id}/constructor`,
    '/v1/referrals/../me/..',
    '/v1/%6de/x',
    '/.env',
    '/reference/../package.json',
    '/reference/..%2fpackage.json',
    '/reference/%2e%2e%2fpackage.json',
    '/reference/index.html',
    '/reference/__proto__',
    '/reference/constructor',
    '/%00',
    '/%',
    '/%E0%A4%A',
    `/${'a'.repeat(8_000)}`,
  ])('%s', async (path) => {
    expect((await ground.send('GET', path)).status).toBe(404);
  });
});

describe('an id that cannot be one: 404, like one that is not there', () => {
  const ids = [
    '%00',
    'a%00b',
    '%ED%A0%80',
    '%FF',
    '%',
    "'",
    "' or 1=1 --",
    '*',
    '-1',
    '0',
    '1e9',
    'null',
    'undefined',
    '__proto__',
    'constructor',
    '..%2f..%2fetc%2fpasswd',
    '%F0%9F%A9%BA',
    '0199A000-0000-7000-8000-000000000000',
    '{id}',
    'a'.repeat(5_000),
  ];
  const named = operations.filter((operation) => operation.path.includes('{') && ruleOf(operation.id).roles !== 'public');
  test.each(ids)('%s', async (id) => {
    for (const operation of named) {
      const holder = ground.holders.find((one) => refusalOf(operation, one) === undefined);
      const account = holder?.account ?? 'sysadmin';
      const answer = await ground.send(
        operation.method.toUpperCase(),
        operation.path.replaceAll(/\{\w+\}/g, () => id.replaceAll(' ', '%20')),
        ground.as(account),
      );
      expect([operation.id, answer.status]).toEqual([operation.id, 404]);
    }
  });
});

describe('query parameters', () => {
  const reads = operations.filter(({ method }) => method === 'get');
  const lists = reads.filter(({ query }) => query?.safeParse({ limit: '1' }).success);
  const isMade = (operation: Operation) => ground.holders.some((one) => refusalOf(operation, one) === undefined);
  const accountFor = (id: string) => {
    const operation = operations.find((one) => one.id === id);
    const holder = operation && ground.holders.find((one) => refusalOf(operation, one) === undefined);
    if (!operation || !holder) throw new Error(`No demo account may do ${id}.`);
    return { account: holder.account, address: addressOf(operation, ground.objects) };
  };

  test.each([
    ['unknown=1', 'unknown'],
    ['__proto__=1', '__proto__'],
    ['constructor=1', 'constructor'],
    ['toString=1', 'toString'],
    ['limit[]=1', 'limit[]'],
  ])('that nobody knows are refused: ?%s', async (query, path) => {
    for (const { id } of reads.filter(isMade)) {
      const { account, address } = accountFor(id);
      const { status, body } = await ground.get(account, `${address}?${query}`);
      expect([id, status]).toEqual([id, 422]);
      expect(body.errors.map((error: { path: string }) => error.path)).toContain(path);
    }
  });

  const wrong = [
    'limit=0',
    'limit=201',
    'limit=-1',
    'limit=1.5',
    'limit=',
    'limit=abc',
    'limit=1e400',
    'limit=99999999999999999999',
    'limit=NaN',
    'limit=1&limit=2',
    'limit=%00',
    'cursor=',
    'cursor=garbage',
    'cursor=%00',
    `cursor=${'a'.repeat(2_000)}`,
    'cursor=bnVsbA',
    'cursor=bnVsbA.AAAAAAAAAAAAAAAA',
    'cursor=WzFlMzAwXQ',
  ];
  test.each(wrong)('out of bounds or made up are refused: ?%s', async (query) => {
    for (const { id } of lists.filter(isMade)) {
      const { account, address } = accountFor(id);
      expect([id, (await ground.get(account, `${address}?${query}`)).status]).toEqual([id, 422]);
    }
  });

  test.each([
    ['listReferrals', 'status=unknown'],
    ['listReferrals', 'direction=sideways'],
    ['listReferrals', 'urgency='],
    ['listReferrals', 'overdue=maybe'],
    ['listReferrals', 'patientId='],
    ['listReferrals', 'patientId=%00'],
    ['listReferrals', `institutionId=${'a'.repeat(101)}`],
    ['listPatients', `query=${'a'.repeat(101)}`],
    ['listPatients', 'query=a%00b'],
    ['listStaff', 'role=wizard'],
    ['listStaff', 'role=__proto__'],
    ['listDepartments', 'institutionId='],
    ['getWorklist', 'mine=1'],
    ['listLetters', 'status=lost'],
    ['getDemoOutbox', 'pathwayId=1'],
  ])('%s refuses ?%s', async (id, query) => {
    const { account, address } = accountFor(id);
    expect((await ground.get(account, `${address}?${query}`)).status).toBe(422);
  });

  test.each(['query=%25', 'query=_', 'query=%27%20or%201%3D1--', 'query=%5C', 'query=%FF', 'query=%F0%9F%A9%BA', 'query=%E2%80%AE'])(
    'that only look dangerous are text: ?%s',
    async (query) => {
      expect((await ground.get('gp', `/v1/patients?${query}`)).status).toBe(200);
    },
  );
});

test('more calls than a person can make: 429 with Retry-After, for that caller only', async () => {
  const { db, client, tokens: issuer, config } = ground.service;
  const app = createApp({
    config,
    db,
    client,
    tokens: issuer,
    log: createLog('api', 'silent'),
    metrics: createMetrics(),
    gate: createGate(7),
    checkAnswers: true,
  });
  // An id that cannot be one is answered without a look into the database.
  const call = (account: string) => app.request('/v1/referrals/x', ground.as(account));
  const statuses = new Set<number>();
  for (let calls = 0; calls < 3_000; calls += 100)
    for (const { status } of await Promise.all(Array.from({ length: 100 }, () => call('driver')))) statuses.add(status);
  expect([...statuses]).toEqual([404]);
  const refused = await call('driver');
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(10);
  expect((await call('courier')).status).toBe(404);
});

test('nothing was written by all this', async () => {
  expect(await contentsOf(ground.service.db)).toEqual(ground.before);
});

test('the ETag of what is read is its version, and a command that names it is taken', async () => {
  const { body: created } = await ground.service.post('gp', '/v1/referrals', await newReferral(ground.service));
  const at = `/v1/referrals/${created.id}`;
  const read = await ground.get('gp', at);
  expect(read.headers.get('etag')).toBe(`"${read.body.version}"`);
  const stale = await ground.service.post(
    'specialist',
    `${at}/send-acceptance`,
    {},
    { headers: { 'if-match': `"${read.body.version + 1}"` } },
  );
  expect(ground.contract.findBrokenPromises('POST', `${at}/send-acceptance`, stale)).toEqual([]);
  expect([stale.status, stale.body.code]).toEqual([412, 'version-changed']);
  const taken = await ground.service.post(
    'specialist',
    `${at}/send-acceptance`,
    {},
    { headers: { 'if-match': read.headers.get('etag') ?? '' } },
  );
  expect([taken.status, taken.headers.get('etag')]).toEqual([200, `"${read.body.version + 1}"`]);
  const any = await ground.service.post('specialist', `${at}/send-outcome`, { outcome: '治疗完成' }, { headers: { 'if-match': '*' } });
  expect(any.status).toBe(200);
});
