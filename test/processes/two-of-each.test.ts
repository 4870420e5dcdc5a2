import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';
import { findFreePort } from '../../tools/ports.ts';
import { type Service, spawnService } from '../../tools/service.ts';
import { root } from '../../tools/setup/paths.mjs';
import { demoDatabase } from '../support/service/database.ts';

let folder: string;
let db: Database;
let apis: string[];
let running: Service[];
let hospital: { server: Server; messages: string[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carepath-two-'));
  const databaseUrl = await demoDatabase();
  db = createDatabase(createPool(databaseUrl, { connections: 3 }));
  const shared = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: process.env.CAREPATH_TEST_TEMPORAL_ADDRESS,
    CAREPATH_TASK_QUEUE: `two-${randomUUID()}`,
    CAREPATH_TOKEN_SECRET: 'one secret for both of them, as they must have',
    CAREPATH_DEMO: '1',
    CAREPATH_API_PROCESSES: '2',
    CAREPATH_LOG_LEVEL: 'warn',
    CAREPATH_CACHE_FOLDER: join(root, '.carepath', 'cache'),
  };
  hospital = await startHospitalSystem();
  const endpoints = { CAREPATH_HL7V2_ENDPOINTS: `inst-h1=http://127.0.0.1:${(hospital.server.address() as AddressInfo).port}/` };
  const ports = await Promise.all(
    ['api', 'api', 'worker', 'worker'].map(async (name) => ({ name: name as 'api' | 'worker', port: await findFreePort() })),
  );
  running = ports.map(({ name, port }, index) =>
    spawnService({
      name,
      command: process.execPath,
      args: ['--experimental-strip-types', '--disable-warning=ExperimentalWarning', join(root, name, 'main.ts')],
      cwd: root,
      env: { ...shared, ...(name === 'api' ? { CAREPATH_API_PORT: String(port) } : { CAREPATH_WORKER_PORT: String(port), ...endpoints }) },
      log: join(folder, `${name}-${index}.log`),
    }),
  );
  await Promise.all(ports.map(({ port }) => vi.waitUntil(() => ready(port), { timeout: 60_000, interval: 100 })));
  apis = ports.filter(({ name }) => name === 'api').map(({ port }) => `http://127.0.0.1:${port}`);
});

afterAll(async () => {
  await Promise.all(running?.map((service) => service.stop()) ?? []);
  await db?.destroy();
  hospital?.server.close();
  await rm(folder, { recursive: true, force: true });
});

/** A hospital's own system, which takes every HL7 v2 message. */
async function startHospitalSystem(): Promise<typeof hospital> {
  const messages: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((message) => {
      messages.push(message);
      response.end(`MSH|^~\\&|HIS|inst-h1|CAREPATH|inst-c01|20260101080000+0800||ACK|1|P|2.5.1\rMSA|AA|${controlIdOf(message)}\r`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, messages };
}

const controlIdOf = (message: string): string => message.split('|')[9] ?? '';

const ready = async (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok;
    },
    () => false,
  );

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  body: any;
}

async function post(api: number, token: string, path: string, body: unknown, key: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const response = await fetch(`${apis[api % 2]}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

/** Asks again with the same key while the answer is that it is still under way, as a busy machine may give it. */
async function postUntilDone(...question: Parameters<typeof post>): Promise<Answer> {
  const patience = Date.now() + 60_000;
  for (;;) {
    const answer = await post(...question);
    if (answer.status !== 202 || Date.now() > patience) return answer;
  }
}

const signIn = async (username: string): Promise<string> =>
  (await post(0, '', '/v1/sessions', { username, password: 'carepath-demo' }, 'none')).body.token;

const form = (patient: number) => ({
  patientId: `patient-${String(patient).padStart(4, '0')}`,
  direction: 'up',
  urgency: 'routine',
  toInstitutionId: 'inst-h1',
  reason: '血压持续升高',
  consent: { given: true, recordedAt: '2026-01-01T00:00:00Z' },
});

test('two APIs and two workers do as one: one key, one referral, whichever API is asked', async () => {
  const gp = await signIn('gp');
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) => postUntilDone(index, gp, '/v1/referrals', form(1 + (index % 10)), `same-${index % 10}`)),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  for (const [index, { body }] of answers.entries()) expect(body).toEqual(answers[index % 10]?.body);
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(10);
  const { count } = await db
    .selectFrom('referral')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  expect(Number(count)).toBe(10);
});

test('40 commands on one pathway through both APIs at once: each happens once, nobody gets another’s answer', async () => {
  const [gp, specialist] = await Promise.all([signIn('gp'), signIn('specialist')]);
  const { body: created } = await postUntilDone(0, gp, '/v1/referrals', form(11), 'forty');
  const at = `/v1/referrals/${created.id}`;
  expect((await postUntilDone(1, specialist, `${at}/send-acceptance`, {}, 'accept')).status).toBe(200);
  const send = (index: number) => postUntilDone(index, specialist, `${at}/send-interim-note`, { note: `进展 ${index}` }, `note-${index}`);
  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => send(index)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  const notes = await db
    .selectFrom('timeline')
    .select('note')
    .where('pathway_id', '=', created.id)
    .where('event', '=', 'send-interim-note')
    .execute();
  expect(notes.map(({ note }) => note).sort()).toEqual(Array.from({ length: 40 }, (_, index) => `进展 ${index}`).sort());
});

test('two workers send a hospital’s own system each step of a referral once and in order', async () => {
  const configured = () => db.selectFrom('hl7v2_endpoint').select('institution_id').executeTakeFirst();
  await expect.poll(configured, { timeout: 20_000 }).toEqual({ institution_id: 'inst-h1' });
  const gp = await signIn('gp');
  const before = hospital.messages.length;
  const ofCentre = db.selectFrom('patient').select('id').where('home_institution_id', '=', 'inst-c01').where('deceased_at', 'is', null);
  const referred = db.selectFrom('referral').select('patient_id');
  const patients = await ofCentre.where('id', 'not in', referred).limit(5).execute();
  expect(patients.length).toBeGreaterThan(1);
  const ids = await Promise.all(
    patients.map(async ({ id: patientId }, index) => {
      const { body } = await postUntilDone(index, gp, '/v1/referrals', { ...form(0), patientId }, `told-${index}`);
      const withdrawal = [`/v1/referrals/${body.id}/withdraw`, { reason: '患者改变主意' }, `withdrawn-${index}`] as const;
      expect((await postUntilDone(index + 1, gp, ...withdrawal)).status).toBe(200);
      return body.id as string;
    }),
  );
  const steps = () =>
    db
      .selectFrom('hl7v2_delivery')
      .select(['outcome', 'version'])
      .where('pathway_id', 'in', ids)
      .orderBy('pathway_id')
      .orderBy('version')
      .execute();
  const [sent, withdrawn] = [
    { outcome: 'accepted', version: 1 },
    { outcome: 'accepted', version: 2 },
  ];
  await expect.poll(steps, { timeout: 30_000 }).toEqual(ids.flatMap(() => [sent, withdrawn]));
  const taken = hospital.messages.slice(before);
  expect(new Set(taken.map(controlIdOf)).size).toBe(taken.length);
  for (const id of ids)
    expect(
      taken.filter((message) => message.includes(id)).map((message) => /^ORC\|(\w\w)/m.exec(message.replaceAll('\r', '\n'))?.[1]),
    ).toEqual(['NW', 'DC']);
});
