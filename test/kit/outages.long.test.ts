/** With Postgres or Temporal away every answer is still one of the contract. The tests wait at the same time: what is away is away for long. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, createApp } from '../../api/app.ts';
import type { Caller } from '../../api/kit/auth.ts';
import { createGate } from '../../api/kit/gate.ts';
import { createDatabase, createPool } from '../../db/kit/database.ts';
import { createLog } from '../../platform/log.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { createTemporalClient } from '../../platform/temporal.ts';
import { makeObjects, type Objects } from '../support/oracles/access.ts';
import { type Contract, contractOf, readAnswer } from '../support/oracles/contract.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

const NOWHERE = '127.0.0.1:1';

let service: Service;
let contract: Contract;
let objects: Objects;
beforeAll(async () => {
  service = await startService();
  contract = await contractOf(service.app);
  objects = await makeObjects(service);
});
afterAll(() => service?.stop());

const people = {
  gp: { personId: 'person-gp', institutionId: 'inst-c01', roles: ['gp'] },
  specialist: { personId: 'person-specialist', institutionId: 'inst-h1', roles: ['specialist'] },
  sysadmin: { personId: 'person-sysadmin', institutionId: 'inst-h1', roles: ['sysadmin'] },
} satisfies Record<string, Caller>;

interface Cut {
  app: App;
  ask(caller: Caller, method: 'GET' | 'POST', path: string, body?: string): Promise<Answer>;
  stop(): Promise<void>;
}

/** The same API whose Temporal, and perhaps whose Postgres, cannot be reached. */
function cutOff({ postgres }: { postgres: boolean }): Cut {
  const { tokens } = service;
  const away = { TEMPORAL_ADDRESS: NOWHERE, ...(postgres ? { DATABASE_URL: `postgres://nobody@${NOWHERE}/none` } : {}) };
  const config = { ...service.config, ...away };
  const db = createDatabase(createPool(config.DATABASE_URL));
  const client = createTemporalClient(config);
  const parts = { config, db, client, tokens, log: createLog('api', 'silent'), metrics: createMetrics(), gate: createGate(7) };
  const app = createApp({ ...parts, checkAnswers: true });
  return {
    app,
    async ask(caller, method, path, body) {
      const { token } = await tokens.issue(caller);
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': 'away' };
      return readAnswer(await app.request(path, { method, headers, ...(body === undefined ? {} : { body }) }));
    },
    async stop() {
      await client.connection.close();
      await db.destroy();
    },
  };
}

test.concurrent('with Postgres and Temporal away: 503 with Retry-After, and the process says that it is not ready', async () => {
  const { app, ask, stop } = cutOff({ postgres: true });
  for (const [method, path, body] of [
    ['GET', '/v1/patients', undefined],
    ['GET', '/v1/worklist', undefined],
    ['POST', '/v1/patients', '{"name":"赵𬱖","birthDate":"1944-02-29","sex":"male"}'],
    ['POST', '/v1/sessions', '{"username":"gp","password":"x"}'],
  ] as const) {
    const answer = await ask(people.gp, method, path, body);
    expect(answer.status).toBe(503);
    expect(contract.findBrokenPromises(method, path, answer)).toEqual([]);
  }
  expect((await app.request('/healthz')).status).toBe(200);
  const ready = await app.request('/readyz');
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'not-ready', checks: { postgres: false, temporal: false } }]);
  await stop();
});

test.concurrent('with only Temporal away: the demo clock says 503', async () => {
  const { ask, stop } = cutOff({ postgres: false });
  const body = JSON.stringify({ pathwayId: objects.referralId, duration: 'PT1H' });
  const jump = await ask(people.sysadmin, 'POST', '/v1/demo/fast-forward', body);
  expect([jump.status, contract.findBrokenPromises('POST', '/v1/demo/fast-forward', jump)]).toEqual([503, []]);
  await stop();
});

test.concurrent('with only Temporal away: a command is kept and answered 202', async () => {
  const { ask, stop } = cutOff({ postgres: false });
  const path = `/v1/referrals/${objects.referralId}/send-acceptance`;
  const kept = await ask(people.specialist, 'POST', path, '{}');
  expect([kept.status, kept.headers.get('location'), contract.findBrokenPromises('POST', path, kept)]).toEqual([
    202,
    `/v1/commands/${kept.body.id}`,
    [],
  ]);
  const state = await service.get('specialist', `/v1/commands/${kept.body.id}`);
  // Whoever can reach Temporal may have brought it there meanwhile.
  expect(['pending', 'done']).toContain(state.body.state);
  expect(contract.findBrokenPromises('GET', `/v1/commands/${kept.body.id}`, state)).toEqual([]);
  await stop();
});

test.concurrent('without Temporal the list of pathways still answers, a pathway and its history say 503 and when to come again', async () => {
  const { ask, stop } = cutOff({ postgres: false });
  expect((await ask(people.sysadmin, 'GET', '/v1/pathways')).status).toBe(200);
  for (const path of [`/v1/pathways/${objects.referralId}`, `/v1/pathways/${objects.referralId}/history`]) {
    const answer = await ask(people.sysadmin, 'GET', path);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  }
  await stop();
});
