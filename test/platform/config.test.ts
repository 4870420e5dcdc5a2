import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../platform/config.ts';

const good = {
  DATABASE_URL: 'postgres://carepath@localhost/carepath',
  TEMPORAL_ADDRESS: 'localhost:7233',
  CAREPATH_TOKEN_SECRET: 'a secret that only the tests know, long enough',
};

function failureOf(environment: NodeJS.ProcessEnv): string {
  try {
    loadConfig(environment);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('These settings were taken.');
}

test('three settings are enough; the rest has safe defaults', () => {
  expect(loadConfig(good)).toMatchObject({
    CAREPATH_DEMO: false,
    CAREPATH_CORS_ORIGINS: '',
    CAREPATH_API_HOST: '127.0.0.1',
    CAREPATH_API_PORT: 8080,
    CAREPATH_LOG_LEVEL: 'info',
  });
});

test('an empty setting is one that is not set', () => {
  expect(loadConfig({ ...good, CAREPATH_DEMO: '', CAREPATH_API_PORT: '' })).toMatchObject({
    CAREPATH_DEMO: false,
    CAREPATH_API_PORT: 8080,
  });
});

describe('a wrong setting stops the start, is named, and is never shown', () => {
  test.each([
    ['CAREPATH_TOKEN_SECRET', 'hunter2'],
    ['CAREPATH_API_PORT', 'canary-port'],
    ['CAREPATH_API_PORT', '65536'],
    ['CAREPATH_API_PORT', '-1'],
    ['CAREPATH_API_PROCESSES', '0'],
    ['CAREPATH_API_PROCESSES', '99'],
    ['CAREPATH_EVENT_CAP', '19'],
    ['CAREPATH_BYTE_CAP', '9999'],
    ['CAREPATH_DEMO', 'yes-canary'],
    ['CAREPATH_LOG_LEVEL', 'canary-level'],
    ['CAREPATH_SMS_URL', 'canary url with spaces'],
    ['CAREPATH_SMTP_URL', 'canary url with spaces'],
    ['CAREPATH_BUNDLE_KEY', 'canary, no JSON'],
    ['CAREPATH_BUNDLE_KEY', '{"kty": "EC", "crv": "P-256", "d": "canary"}'],
    ['CAREPATH_WECOM_ROBOTS', 'canary, no JSON'],
    ['CAREPATH_WECOM_ROBOTS', '{"*": "https://canary"}'],
    ['CAREPATH_WECOM_ROBOTS', '["canary"]'],
  ])('%s=%s', (name, value) => {
    const message = failureOf({ ...good, [name]: value });
    expect(message).toContain(name);
    expect(message).not.toContain(value);
  });

  test.each(Object.keys(good))('%s missing', (name) => {
    expect(failureOf({ ...good, [name]: undefined })).toContain(name);
  });

  test('all of them at once', () => {
    const message = failureOf({});
    for (const name of Object.keys(good)) expect(message).toContain(name);
  });
});

describe('a secret in a file', () => {
  function file(content: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'carepath-config-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'secret'), content);
    return join(folder, 'secret');
  }

  test('is read without the line break that editors leave', () => {
    const { CAREPATH_TOKEN_SECRET: secret, ...rest } = good;
    expect(loadConfig({ ...rest, CAREPATH_TOKEN_SECRET_FILE: file(`${secret}\n`) }).CAREPATH_TOKEN_SECRET).toBe(secret);
  });

  test('gives way to the setting itself', () => {
    expect(
      loadConfig({ ...good, CAREPATH_TOKEN_SECRET_FILE: file('another secret, just as long as the first one') }).CAREPATH_TOKEN_SECRET,
    ).toBe(good.CAREPATH_TOKEN_SECRET);
  });

  test('that cannot be read stops the start and is named', () => {
    const { CAREPATH_TOKEN_SECRET: _, ...rest } = good;
    expect(failureOf({ ...rest, CAREPATH_TOKEN_SECRET_FILE: '/no/such/file' })).toMatch(/CAREPATH_TOKEN_SECRET_FILE .*ENOENT/);
  });

  test('that is too short is refused without being shown', () => {
    const { CAREPATH_TOKEN_SECRET: _, ...rest } = good;
    const message = failureOf({ ...rest, CAREPATH_TOKEN_SECRET_FILE: file('hunter2') });
    expect(message).toContain('CAREPATH_TOKEN_SECRET');
    expect(message).not.toContain('hunter2');
  });
});
