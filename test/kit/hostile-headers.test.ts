/** Headers and origins that callers make up: each gets a clear 4xx, and nothing is written. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp, operations } from '../../api/app.ts';
import { createGate } from '../../api/kit/gate.ts';
import { createLog } from '../../platform/log.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { addressOf, refusalOf } from '../support/oracles/access.ts';
import { contentsOf } from '../support/oracles/contents.ts';
import type { Answer } from '../support/oracles/contract.ts';
import { type HostileGround, startHostileGround } from '../support/oracles/hostile-ground.ts';

let ground: HostileGround;

beforeAll(async () => {
  ground = await startHostileGround();
});
afterAll(() => ground?.service.stop());

function post(account: string, path: string, headers: Record<string, string | undefined> = {}, body = '{}'): Promise<Answer> {
  const all = { 'content-type': 'application/json', 'idempotency-key': 'a-key-of-this-test', ...headers };
  const given = Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined);
  return ground.send('POST', path, { ...ground.as(account, Object.fromEntries(given)), body });
}

describe('headers', () => {
  const path = () => `/v1/referrals/${ground.objects.referralId}/send-acceptance`;

  test.each<[string, string | undefined]>([
    ['missing', undefined],
    ['empty', ''],
    ['201 characters', 'k'.repeat(201)],
    ['with a space', 'two words'],
    ['two of them', 'one, two'],
    ['with a tab', 'a\tb'],
    ['not ASCII', 'clé'],
    ['a soft hyphen', 'a\u00adb'],
  ])('an Idempotency-Key that is none: %s', async (_, key) => {
    const posts = operations.filter(({ method, keyless }) => method === 'post' && !keyless);
    for (const operation of posts) {
      const holder = ground.holders.find((one) => refusalOf(operation, one) === undefined);
      if (!holder) continue;
      const { status, body } = await post(holder.account, addressOf(operation, ground.objects), { 'idempotency-key': key });
      expect([operation.id, status, body.code]).toEqual([operation.id, 400, 'idempotency-key-required']);
    }
  });

  test.each(
    ['1', '"a"', '""', 'W/"1"', '"1', '"-1"', '"1.5"', '"9999999999"', '"1", "2"', '"1e3"', "'1'", '"１"', '', ' '].map((value) => [value]),
  )('an If-Match that is no version: %s', async (value) => {
    if ([...value].some((character) => character > 'ÿ')) return; // no header can hold it
    const { status, body } = await post('specialist', path(), { 'if-match': value });
    expect([status, body.code]).toEqual([400, 'malformed-precondition']);
  });

  test('a stale If-Match: 412, and nothing happens', async () => {
    const { status, body } = await post('specialist', `/v1/tasks/${ground.objects.taskId}/claim`, { 'if-match': '"999999999"' });
    expect([status, body.code]).toEqual([412, 'version-changed']);
  });

  test.each<[string, string | undefined]>([
    ['none', undefined],
    ['text', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['a form with files', 'multipart/form-data; boundary=x'],
    ['almost JSON', 'application/jsonp'],
    ['a patch', 'application/merge-patch+json'],
    ['another charset', 'application/json; charset=gb18030'],
    ['UTF-16', 'application/json; charset=utf-16'],
    ['two types', 'application/json, text/plain'],
  ])('a media type that is not JSON in UTF-8: %s', async (_, type) => {
    const { status, body } = await post('specialist', path(), { 'content-type': type });
    expect([status, body.code]).toEqual([415, 'unsupported-media-type']);
  });

  test.each(['gzip', 'br', 'deflate', 'identity, gzip', 'made-up'])('a packed body is not unpacked: %s', async (encoding) => {
    expect((await post('specialist', path(), { 'content-encoding': encoding })).status).toBe(415);
  });

  test.each(['application/json', 'application/json;charset=utf-8', 'Application/JSON ; Charset="UTF-8"'])(
    '%s is JSON: the request gets as far as its body',
    async (type) => {
      expect((await post('specialist', path(), { 'content-type': type }, '{"unknown":1}')).status).toBe(422);
    },
  );

  test.each([
    ['short', false],
    ['a'.repeat(65), false],
    ['with space', false],
    ['<script>', false],
    ['trace-0123456789', true],
    ['0af7651916cd43dd8448eb211c80319c', true],
  ])('X-Request-Id %s: taken over %s', async (id, taken) => {
    const answer = await ground.get('gp', '/v1/me', { 'x-request-id': id });
    const given = answer.headers.get('x-request-id');
    expect(given === id).toBe(taken);
    expect(given).toMatch(/^[A-Za-z0-9._-]{8,64}$/);
  });

  test.each<[string | undefined, string]>([
    [undefined, 'zh-CN'],
    ['', 'zh-CN'],
    ['en', 'en'],
    ['en-GB,en;q=0.9', 'en'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
    ['en;q=0.8, zh-CN', 'zh-CN'],
    ['en;q=0.8, zh;q=0.7', 'en'],
    ['fr, en;q=0.1', 'en'],
    ['fr', 'zh-CN'],
    ['*', 'zh-CN'],
    ['en;q=0', 'zh-CN'],
    ['en;q=oops', 'zh-CN'],
    [',,;;q==', 'zh-CN'],
    ['en,'.repeat(2_000), 'en'],
  ])('Accept-Language %s: %s', async (wanted, language) => {
    const answer = await ground.send('GET', '/v1/me', wanted === undefined ? {} : { headers: { 'accept-language': wanted } });
    expect(answer.headers.get('content-language')).toBe(language);
    expect(/[\u4e00-\u9fff]/.test(answer.body.title)).toBe(language === 'zh-CN');
  });

  test('what is wrong with a field is said in the same language', async () => {
    const inZh = await post('specialist', path(), {}, '{"unknown":1,"patientId":1}');
    const inEn = await post('specialist', path(), { 'accept-language': 'en' }, '{"unknown":1,"patientId":1}');
    for (const { message } of inZh.body.errors) expect(message).toMatch(/[\u4e00-\u9fff]/);
    for (const { message } of inEn.body.errors) expect(message).not.toMatch(/[\u4e00-\u9fff]/);
  });
});

describe('origins', () => {
  const other = 'https://evil.example';
  const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization, content-type' };
  const allowed = (answer: Answer) => [...answer.headers.keys()].filter((name) => name.startsWith('access-control'));

  test.each([other, 'null', 'http://localhost', 'http://127.0.0.1:8080', ''])('none is let in by default: %s', async (origin) => {
    expect(allowed(await ground.get('gp', '/v1/me', { origin }))).toEqual([]);
    const asked = await ground.send('OPTIONS', '/v1/me', { headers: { origin, ...preflight } });
    expect([asked.status, allowed(asked)]).toEqual([405, []]);
  });

  test('a configured one is let in, by its whole name only, and without credentials', async () => {
    const { db, client, tokens: issuer } = ground.service;
    const config = { ...ground.service.config, CAREPATH_CORS_ORIGINS: 'https://console.example, https://desk.example:8443' };
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
    const ask = (origin: string) => app.request('/v1/me', { method: 'OPTIONS', headers: { origin, ...preflight } });
    for (const origin of ['https://console.example', 'https://desk.example:8443']) {
      const response = await ask(origin);
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
      const read = await app.request('/v1/me', { headers: { origin } });
      expect(read.headers.get('access-control-allow-origin')).toBe(origin);
    }
    for (const origin of [
      'https://console.example.evil',
      'http://console.example',
      'https://evil-console.example',
      'https://desk.example',
      'HTTPS://CONSOLE.EXAMPLE',
      '*',
      'null',
    ]) {
      const response = await ask(origin);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
      expect(response.status).toBe(405);
    }
  });
});

test('nothing was written by all this', async () => {
  expect(await contentsOf(ground.service.db)).toEqual(ground.before);
});
