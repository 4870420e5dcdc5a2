/** deploy/README.md as it stands, against real processes outside of demo mode: from an empty server to the first referral, with three files. */

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import writeXlsxFile from 'write-excel-file/node';
import { isAdministratorRole } from '../../domain/alliance/administrators.ts';
import { findFreePort } from '../../tools/ports.ts';
import { type Service, spawnService } from '../../tools/service.ts';
import { root } from '../../tools/setup/paths.mjs';
import { codeShown } from '../support/builders/second-factor.ts';
import { demoDatabase, testDatabase } from '../support/service/database.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const node = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'];
const publicUrl = 'https://carepath.example';

let folder: string;
let apiUrl: string;
let environment: NodeJS.ProcessEnv;
let running: Service[] = [];
let requests = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carepath-first-day-'));
  const [apiPort, workerPort] = [await findFreePort(), await findFreePort()];
  apiUrl = `http://127.0.0.1:${apiPort}`;
  environment = {
    ...process.env,
    DATABASE_URL: await testDatabase(),
    TEMPORAL_ADDRESS: process.env.CAREPATH_TEST_TEMPORAL_ADDRESS,
    CAREPATH_TASK_QUEUE: `first-day-${randomUUID()}`,
    CAREPATH_TOKEN_SECRET: 'the secret of an alliance that has just begun',
    CAREPATH_DEMO: '0',
    CAREPATH_PUBLIC_URL: publicUrl,
    CAREPATH_API_PORT: String(apiPort),
    CAREPATH_WORKER_PORT: String(workerPort),
    CAREPATH_LOG_LEVEL: 'warn',
    CAREPATH_CACHE_FOLDER: join(root, '.carepath', 'cache'),
  };
  running = (['api', 'worker'] as const).map((name) =>
    spawnService({
      name,
      command: process.execPath,
      args: [...node, join(root, name, 'main.ts')],
      cwd: root,
      env: environment,
      log: join(folder, `${name}.log`),
    }),
  );
  await Promise.all([apiPort, workerPort].map((port) => vi.waitUntil(() => isReady(port), { timeout: 180_000, interval: 100 })));
});
afterAll(async () => {
  await Promise.all(running.map((service) => service.stop()));
  await rm(folder, { recursive: true, force: true });
});

const isReady = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok;
    },
    () => false,
  );

async function setUp(): Promise<{ code: number | null; out: string; err: string }> {
  const names = ['--hospital-zh', '临澜市人民医院', '--hospital-en', 'Linlan Hospital', '--system', 'li.wei', '--security', 'zhou.jie'];
  const child = spawn(process.execPath, [...node, join(root, 'worker/cli.ts'), 'setup', ...names], { env: environment });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, out, err };
}

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  body: any;
}

async function ask(
  method: string,
  path: string,
  body: string | Uint8Array<ArrayBuffer> | undefined,
  headers: Record<string, string> = {},
): Promise<Answer> {
  requests += 1;
  const response = await fetch(`${apiUrl}${path}`, {
    method,
    headers: { ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const content = await response.text();
  return { status: response.status, body: content === '' ? '' : JSON.parse(content) };
}

const json = { 'content-type': 'application/json' };

async function activate(url: string, password: string): Promise<void> {
  expect(new URL(url).origin).toBe(publicUrl);
  const token = new URL(url).hash.replace('#token=', '');
  expect((await ask('POST', '/v1/activations', JSON.stringify({ token, password }), json)).status).toBe(204);
}

/** Somebody of the alliance, signed in. */
async function signIn(username: string, password: string) {
  const { status, body } = await ask('POST', '/v1/sessions', JSON.stringify({ username, password }), json);
  expect([username, status]).toEqual([username, 201]);
  const authorization = { authorization: `Bearer ${body.token}` };
  const post = (path: string, content: object) => ask('POST', path, JSON.stringify(content), { ...json, ...authorization });
  // Both administrators need a second factor before they can do anything.
  if (body.person.roles.some(isAdministratorRole)) {
    const begun = await post('/v1/me/second-factor', {});
    const code = codeShown(begun.body.secret, Date.now());
    expect((await post('/v1/me/second-factor/confirm', { code })).status).toBe(204);
  }
  return {
    get: (path: string) => ask('GET', path, undefined, authorization),
    post,
    /** Uploads a file, finds no flaw in it, and applies it. */
    async fill(kind: string, file: Uint8Array, type = 'text/csv'): Promise<Answer> {
      const shown = await ask('POST', `/v1/imports?kind=${kind}`, new Uint8Array(file), { 'content-type': type, ...authorization });
      expect([kind, shown.status, shown.body.items?.filter(({ result }: { result: string }) => result === 'refused')]).toEqual([
        kind,
        201,
        [],
      ]);
      return post(`/v1/imports/${shown.body.id}/apply`, {});
    },
  };
}

const institutions = `机构编号,中文名称,英文名称,级别,类别
h2,临澜市第二医院,Linlan Second Hospital,二级,医院
c01,青石社康中心,Qingshi Centre,基层,社康中心
c02,柳湾社康中心,Liuwan Centre,基层,社康中心
`;

const roles = ['gp', 'nurse', 'head', 'gp', 'nurse'];
const staff = [
  ['id', 'name', 'username', 'phone', 'institutionId', 'role'],
  ...['h1', 'h2', 'c01', 'c02'].flatMap((place) =>
    Array.from({ length: 5 }, (_, index) => {
      const role = place.startsWith('h') ? ['specialist', 'desk', 'office', 'head', 'nurse'][index] : roles[index];
      return [
        `${place}-${index + 1}`,
        `人员${place}${index + 1}`,
        `${place}-${role}-${index + 1}`,
        `138000${place === 'h1' ? 1 : 2}${String(index).padStart(4, '0')}`,
        place,
        role,
      ];
    }),
  ),
] as string[][];

const given = '甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉';
const family = '赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔';
const residents = [
  'localIdSystem,localIdValue,name,birthDate,sex,homeInstitutionId,phone',
  ...Array.from({ length: 500 }, (_, index) => {
    const name = `${family[index % 25]}${given[Math.floor(index / 25)]}`;
    const birthDate = `19${50 + (index % 40)}-0${1 + (index % 9)}-15`;
    return `c01-his,R${index},${name},${birthDate},${index % 2 ? 'female' : 'male'},c0${1 + (index % 2)},139${String(10_000_000 + index)}`;
  }),
].join('\n');

test('from an empty server to the first referral, by the two administrators, the office and the GP', async () => {
  const startedAt = performance.now();
  const made = await setUp();
  expect([made.code, made.err]).toEqual([0, '']);
  const [forSystem = '', forSecurity = ''] = [...made.out.matchAll(/https:\S+/g)].map(([url]) => url);

  await activate(forSystem, 'the system pass phrase');
  await activate(forSecurity, 'the security pass phrase');
  const system = await signIn('li.wei', 'the system pass phrase');
  await signIn('zhou.jie', 'the security pass phrase');

  expect((await system.fill('institutions', iconv.encode(institutions, 'gb18030'))).body.counts.create).toBe(3);
  const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
  const sheet = await writeXlsxFile(staff.map((row) => row.map((value) => ({ value, type: String }))) as never).toBuffer();
  expect((await system.fill('staff', sheet, xlsx)).body.counts.create).toBe(20);

  for (const [id, password] of [
    ['h1-3', 'the pass phrase of the office'],
    ['c01-1', 'the pass phrase of a doctor'],
  ] as const)
    await activate((await system.post(`/v1/staff/${id}/activation`, {})).body.url, password);

  const office = await signIn('h1-office-3', 'the pass phrase of the office');
  expect((await office.fill('residents', Buffer.from(residents))).body.counts.create).toBe(500);
  const { configuration } = (await office.get('/v1/configurations/1')).body;
  const referral = { ...configuration.referral, rerouteInstitutionIds: { up: ['h1', 'h2'], down: [] } };
  const draft = await system.post('/v1/configurations', { configuration: { ...configuration, referral }, basedOn: 1, note: '转诊顺序' });
  expect((await office.post(`/v1/configurations/${draft.body.version}/preview`, {})).body.flaws).toEqual([]);
  expect((await office.post(`/v1/configurations/${draft.body.version}/publish`, {})).status).toBe(200);

  const gp = await signIn('c01-gp-1', 'the pass phrase of a doctor');
  const found = await gp.get('/v1/patients?query=R0');
  expect(found.body.items).toMatchObject([{ name: '赵甲', homeInstitutionId: 'c01' }]);
  const sent = await gp.post('/v1/referrals', {
    patientId: found.body.items[0].id,
    direction: 'up',
    urgency: 'routine',
    toInstitutionId: 'h2',
    reason: '活动后胸痛两周',
    consent: { given: true, recordedAt: new Date().toISOString() },
  });
  // On a busy machine the answer may take longer than a caller waits.
  const answered =
    sent.status === 202
      ? await vi.waitUntil(() => gp.get(`/v1/commands/${sent.body.id}`).then(({ body }) => body.response), { timeout: 60_000 })
      : sent;
  expect(answered).toMatchObject({ status: 201, body: { status: 'received' } });
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(`From an empty database to the first referral: ${requests} requests in ${seconds} s.`);
});

test('outside of demo mode there is no demo account, no demo operation and no other start over this database', async () => {
  const { body: contract } = await ask('GET', '/openapi.json', undefined);
  const paths = Object.keys(contract.paths);
  expect([paths.length > 100, paths.filter((path) => path.includes('demo'))]).toEqual([true, []]);
  for (const path of ['/v1/demo/outbox', '/v1/demo/fast-forward']) expect((await ask('GET', path, undefined)).status).toBe(404);
  const demoAccount = JSON.stringify({ username: 'sysadmin', password: 'carepath-demo' });
  expect((await ask('POST', '/v1/sessions', demoAccount, json)).status).toBe(401);
});

test.each([
  ['api', 'a demonstration over a real alliance', () => ({ CAREPATH_DEMO: '1' }), /holds a real alliance/],
  ['worker', 'a demonstration over a real alliance', () => ({ CAREPATH_DEMO: '1' }), /holds a real alliance/],
  ['api', 'a real alliance over a demonstration', async () => ({ DATABASE_URL: await demoDatabase() }), /holds the demonstration/],
])('%s does not run %s: one sentence, exit 1', async (name, _, over, sentence) => {
  const env = { ...environment, CAREPATH_API_PORT: '0', CAREPATH_WORKER_PORT: '0', CAREPATH_LOG_LEVEL: 'info', ...(await over()) };
  const child = spawn(process.execPath, [...node, join(root, name, 'main.ts')], { env });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect([await ended, out.split('\n').filter((line) => sentence.test(line)).length]).toEqual([1, 1]);
});
