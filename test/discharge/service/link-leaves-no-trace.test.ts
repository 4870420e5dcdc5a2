/** What opens a patient's link, and whose it is, stands in no log line, metric or error: neither of the API nor of the page, whatever is tried. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, createApp } from '../../../api/app.ts';
import { createGate } from '../../../api/kit/gate.ts';
import { createLog } from '../../../platform/log.ts';
import { createMetrics } from '../../../platform/metrics.ts';
import { findSentCode, sendLinkAfterDischarge } from '../../support/builders/patient-links.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let app: App;
const written: string[] = [];
const metrics = createMetrics();

beforeAll(async () => {
  service = await startService();
  const { config, db, client, tokens } = service;
  const log = createLog('api', 'debug', { write: (line) => void written.push(line) });
  app = createApp({ config, db, client, tokens, log, metrics, gate: createGate(7), checkAnswers: true });
});
afterAll(() => service?.stop());

const phone = '13987650042';
const name = '欧阳绝无仅有';
const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };

interface Said {
  status: number;
  text: string;
  cookie: string;
}

async function ask(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Said> {
  const answer = await app.request(path, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: answer.status, text: await answer.text(), cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '' };
}

test('token, code, session, name and phone are in no log line, metric or error, with codes right and wrong, 404 and 429', {
  timeout: 120_000,
}, async () => {
  const orders = [{ kind: 'education', title: '每日称体重' }];
  const { id, token } = await sendLinkAfterDischarge(service, { phone, name, orders });
  const [api, page] = [`/v1/links/${token}`, `/l/${token}`];
  const errors: string[] = [];
  const seen = new Map<number, number>();
  const say = async (...given: Parameters<typeof ask>): Promise<Said> => {
    const said = await ask(...given);
    seen.set(said.status, (seen.get(said.status) ?? 0) + 1);
    // The page of an error leads back to itself, so only the API's errors are looked at for the token.
    if (said.status >= 400 && given[1].startsWith('/v1')) errors.push(said.text);
    return said;
  };
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    say('POST', `${api}${path}`, { ...json, ...headers }, JSON.stringify(body));

  expect((await post('/codes', {})).status).toBe(202);
  const first = await findSentCode(service, id);
  const wrong = String((Number(first) + 1) % 1_000_000).padStart(6, '0');
  expect((await post('/sessions', { code: wrong, birthYear: 1950 })).status).toBe(401);
  expect((await post('/sessions', { code: token, birthYear: 1950 })).status).toBe(422);
  const opened = await post('/sessions', { code: first, birthYear: 1950 });
  expect(opened.status).toBe(201);
  const { session } = JSON.parse(opened.text) as { session: string };
  expect((await say('GET', `${api}/orders`, { authorization: `Link ${session}` })).status).toBe(200);
  expect((await say('GET', `${api}/orders`, { authorization: `Link ${session}x` })).status).toBe(401);
  expect((await say('GET', `/v1/links/${token.slice(1)}x/orders`, {})).status).toBe(404);
  expect((await say('GET', `${api}/${first}`, {})).status).toBe(404);

  expect((await say('GET', page, {})).status).toBe(200);
  expect((await say('POST', `${page}/code`, form, 'key=one')).status).toBe(303);
  const second = await findSentCode(service, id);
  expect((await say('POST', `${page}/session`, form, `code=${wrong}&birthYear=1950`)).status).toBe(401);
  const { cookie } = await say('POST', `${page}/session`, form, `code=${second}&birthYear=1950`);
  expect((await say('GET', page, { cookie })).text).toContain('每日称体重');
  expect((await post('/codes', {})).status).toBe(202);
  expect((await post('/codes', {})).status).toBe(429);
  for (let n = 0; n < 30; n++) await say('GET', page, { cookie });
  expect([...seen.keys()].sort()).toEqual([200, 201, 202, 303, 401, 404, 422, 429]);

  const secrets = [token, first, second, await findSentCode(service, id), wrong, session, cookie.split('=')[1] ?? '', phone, name];
  expect(secrets.every((secret) => secret.length >= 6)).toBe(true);
  expect(written.length).toBeGreaterThan(40);
  // What a metric counts may by chance be the digits of a code: its name and labels are what could tell.
  const series = (await metrics.registry.metrics()).split('\n').map((line) => line.slice(0, line.lastIndexOf(' ')));
  const places = { log: written.join(''), metrics: series.join('\n'), errors: errors.join('') };
  for (const [place, text] of Object.entries(places))
    for (const [index, secret] of secrets.entries())
      expect(new RegExp(`(?<![\\w.-])${secret}(?![\\w-])`).test(text), `secret ${index} in ${place}`).toBe(false);
});
