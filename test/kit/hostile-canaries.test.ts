/** Personal data planted everywhere a person can write it: none of it may come out again in logs, metrics, error texts, audit entries or in what Temporal stores. */
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { createGate } from '../../api/kit/gate.ts';
import { createDatabase, createPool } from '../../db/kit/database.ts';
import { createLog } from '../../platform/log.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { createTemporalClient } from '../../platform/temporal.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { payloadText } from '../support/oracles/payload-text.ts';
import { type Service, startService } from '../support/service/service.ts';

/** One of each kind of personal data, as found nowhere else. */
const canary = {
  name: '金丝雀𬱖',
  phone: '13987654321',
  localId: 'CANARY-440301195001011234',
  text: '卡纳利综合征',
  password: 'Canary-Passw0rd',
};
const canaries = Object.values(canary);
const leaks = (text: string): string[] => canaries.filter((each) => text.includes(each));

let service: Service;
let written = '';
/** A real stream behind a real pino. */
const destination = new Writable({
  write(chunk, _, done) {
    written += String(chunk);
    done();
  },
});
const log = createLog('api', 'trace', destination);
const metrics = createMetrics();

type Ask = (
  account: string,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<{ status: number; text: string }>;
let ask: Ask;
let askWithoutDatabase: Ask;
let closeAway: () => Promise<void>;

function asker(app: ReturnType<typeof createApp>): Ask {
  let keys = 0;
  return async (account, method, path, body, headers = {}) => {
    const holder = {
      gp: ['inst-c01', 'gp'],
      specialist: ['inst-h1', 'specialist'],
      office: ['inst-h1', 'office'],
      gateway: ['inst-h1', 'gateway'],
      driver: ['inst-cssd', 'driver'],
    }[account];
    const [institutionId = '', role = ''] = holder ?? [];
    const { token } = await service.tokens.issue({ personId: `person-${account}`, institutionId, roles: [role] });
    const response = await app.request(path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': `canary-${++keys}-${account}`,
        ...headers,
      },
      ...(method === 'POST' ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
    });
    return { status: response.status, text: await response.text() };
  };
}

beforeAll(async () => {
  service = await startService();
  const { config, db, client, tokens } = service;
  const common = { tokens, log, metrics, gate: createGate(7), checkAnswers: true };
  ask = asker(createApp({ ...common, config, db, client }));
  const away = { DATABASE_URL: 'postgres://canary:Canary-Passw0rd@127.0.0.1:1/none', TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const awayDb = createDatabase(createPool(away.DATABASE_URL));
  const awayClient = createTemporalClient({ ...config, ...away });
  askWithoutDatabase = asker(createApp({ ...common, config: { ...config, ...away }, db: awayDb, client: awayClient }));
  closeAway = async () => {
    await awayClient.connection.close();
    await awayDb.destroy();
  };
});
afterAll(async () => {
  await closeAway?.();
  await service?.stop();
});

const patient = {
  name: canary.name,
  birthDate: '1950-01-01',
  sex: 'male',
  phone: canary.phone,
  contacts: [{ name: canary.name, relation: '配偶', phone: canary.phone }],
  localIds: [{ system: 'urn:canary', value: canary.localId }],
};
let patientId: string;
let at: string;

test('the canaries are in: what is stored for people to read shows them', async () => {
  const created = await ask('gp', 'POST', '/v1/patients', patient);
  expect([created.status, leaks(created.text).length]).toEqual([201, 3]);
  patientId = JSON.parse(created.text).id;
  const referral = {
    ...(await newReferral(service, { toDepartmentId: 'dept-h1-cardiology' })),
    patientId,
    reason: canary.text,
    summary: canary.text,
  };
  const sent = await ask('gp', 'POST', '/v1/referrals', referral);
  // Whoever may read a referral is told whose it is.
  expect([sent.status, leaks(sent.text)]).toEqual([201, [canary.name, canary.text]]);
  at = `/v1/referrals/${JSON.parse(sent.text).id}`;
  const steps: [string, string, object][] = [
    ['specialist', 'request-information', { question: canary.text }],
    ['gp', 'answer-information', { answer: canary.text }],
    ['specialist', 'send-acceptance', {}],
    ['specialist', 'send-interim-note', { note: canary.text }],
    ['specialist', 'send-outcome', { outcome: canary.text }],
  ];
  for (const [account, trigger, body] of steps) expect((await ask(account, 'POST', `${at}/${trigger}`, body)).status, trigger).toBe(200);
  for (const path of [at, `${at}/timeline`, `${at}/why`, '/v1/worklist', '/v1/patients'])
    expect((await ask('gp', 'GET', path)).status).toBe(200);
  expect((await ask('gp', 'GET', `/v1/patients?query=${encodeURIComponent(canary.name)}`)).text).toContain(patientId);
  expect((await ask('gp', 'GET', `${at}/timeline`)).text).toContain(canary.text);
});

describe('error texts repeat nothing of what was sent', () => {
  const wrong: [what: string, account: string, path: string | (() => string), body: unknown][] = [
    [
      'values of the wrong kind',
      'gp',
      '/v1/patients',
      { ...patient, birthDate: canary.name, sex: canary.text, phone: canary.name, homeInstitutionId: canary.localId },
    ],
    [
      'values in lists',
      'gp',
      '/v1/patients',
      { ...patient, contacts: [canary.name, { name: 1, relation: canary.text }], localIds: [canary.localId] },
    ],
    // Somebody else than the patient who is registered: born on another day.
    ['a local id that is taken', 'gp', '/v1/patients', { ...patient, birthDate: '1931-02-03' }],
    [
      'ids that are none',
      'gp',
      '/v1/referrals',
      { patientId: canary.name, toInstitutionId: canary.text, direction: canary.text, urgency: canary.phone, reason: canary.text },
    ],
    ['what is no JSON', 'gp', '/v1/patients', `{"name":"${canary.name}", ${canary.phone}`],
    ['what is no UTF-8', 'gp', '/v1/patients', `${canary.name}\ud800`],
    ['too much', 'gp', '/v1/patients', { ...patient, name: canary.name.repeat(100_000) }],
    ['what the state does not allow', 'specialist', () => `${at}/send-acceptance`, {}],
    ['another patient', 'specialist', () => `${at}/send-interim-note`, { note: canary.text, patientId: 'patient-0300' }],
    ['a wrong password', 'gp', '/v1/sessions', { username: canary.name, password: canary.password }],
    ['a role that may not', 'driver', '/v1/patients', patient],
    ['a duration', 'gp', '/v1/demo/fast-forward', { pathwayId: '0199a000-0000-7000-8000-000000000000', duration: canary.phone }],
  ];
  test.each(wrong)('%s', async (_, account, path, body) => {
    for (const language of ['zh', 'en']) {
      const { status, text } = await ask(account, 'POST', typeof path === 'function' ? path() : path, body, {
        'accept-language': language,
      });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      // A taken local id is named by the one who sent it, to tell which of several it was.
      expect(leaks(text).filter((leak) => !(status === 409 && leak === canary.localId))).toEqual([]);
    }
  });

  test('a query, an address, a header', async () => {
    const encoded = encodeURIComponent(canary.name);
    for (const path of [
      `/v1/referrals?status=${encoded}`,
      `/v1/patients/${encoded}`,
      `/v1/patients?limit=${encoded}`,
      `/v1/patients?cursor=${encoded}`,
      `/v1/${encoded}`,
    ]) {
      const { status, text } = await ask('gp', 'GET', path);
      expect([path, status >= 400 && status < 500, leaks(text)]).toEqual([path, true, []]);
    }
    const { status, text } = await ask('gp', 'POST', '/v1/patients', patient, { 'if-match': canary.phone, 'content-type': canary.phone });
    expect([status, leaks(text)]).toEqual([415, []]);
  });

  test('with Postgres away, whose address holds a password', async () => {
    for (const [method, path, body] of [
      ['GET', `/v1/patients?query=${encodeURIComponent(canary.name)}`, undefined],
      ['POST', '/v1/patients', patient],
      ['POST', '/v1/sessions', { username: canary.name, password: canary.password }],
    ] as const) {
      const { status, text } = await askWithoutDatabase('gp', method, path, body);
      expect([status, leaks(text)]).toEqual([503, []]);
    }
  });

  test('with the database refusing what it is given', async () => {
    // A value that passes every check of the form, in a database that has changed under the service.
    await service.pool.query(`alter table patient add constraint canary check (name <> '${canary.name}') not valid`);
    const { status, text } = await ask('gp', 'POST', '/v1/patients', { ...patient, birthDate: '1931-02-04', localIds: [] });
    expect([status, leaks(text)]).toEqual([500, []]);
    expect(written).toContain('"constraint":"canary"');
  });
});

test('the log of all this, down to its finest level, holds none of them', () => {
  expect(written.split('\n').length).toBeGreaterThan(40);
  expect(written).toContain('"operation":"createReferral"');
  expect(leaks(written)).toEqual([]);
});

test('the metrics of all this hold none of them, and no ids', async () => {
  const text = await metrics.registry.metrics();
  expect(text).toContain('carepath_http_request_seconds_count{operation="createPatient",status="201"}');
  expect(leaks(text)).toEqual([]);
  expect(text).not.toContain(patientId);
  expect(text).not.toContain(at.split('/').at(-1));
});

test('the audit names people by their ids only', async () => {
  const entries = JSON.stringify(await service.db.selectFrom('audit').selectAll().execute());
  expect(entries).toContain(patientId);
  expect(leaks(entries)).toEqual([]);
});

test('decisions, states and messages carry ids and codes; free text stays in the command’s row and the referral’s', async () => {
  for (const table of ['decision', 'pathway', 'task', 'message'] as const)
    expect([table, leaks(JSON.stringify(await service.db.selectFrom(table).selectAll().execute()))]).toEqual([table, []]);
  const inputs = await service.db.selectFrom('command').select(['input', 'outcome', 'actor']).execute();
  expect(leaks(JSON.stringify(inputs))).toEqual([]);
});

test('what Temporal stores of the pathway holds none of them', async () => {
  const handle = service.client.workflow.getHandle(`referral/${at.split('/').at(-1)}`);
  const history = await handle.fetchHistory();
  const stored = Buffer.concat(
    (history.events ?? []).map((event) =>
      Buffer.from(JSON.stringify(event, (_, value) => (value instanceof Uint8Array ? payloadText(value) : value))),
    ),
  ).toString();
  expect(stored.length).toBeGreaterThan(1_000);
  expect(leaks(stored)).toEqual([]);
  expect(leaks(JSON.stringify((await handle.describe()).raw))).toEqual([]);
});
