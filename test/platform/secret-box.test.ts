import { expect, test } from 'vitest';
import { createSecretBox } from '../../platform/secret-box.ts';

const settings = { CAREPATH_TOKEN_SECRET: 'a secret that only this test knows, long enough', CAREPATH_SECRETS_KEY: undefined };
const box = createSecretBox(settings);

test('a secret is opened for its owner, never looks the same twice, and is not readable', () => {
  const [one, other] = [box.seal('JBSWY3DP', 'person-1'), box.seal('JBSWY3DP', 'person-1')];
  expect([box.open(one, 'person-1'), box.open(other, 'person-1')]).toEqual(['JBSWY3DP', 'JBSWY3DP']);
  expect(one).not.toBe(other);
  expect(one).toMatch(/^aes-256-gcm\.[\w-]{8}\.[\w-]+$/);
  expect(Buffer.from(one.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('JBSWY3DP');
});

test('what belongs to somebody else, or was changed, is not opened', () => {
  const sealed = box.seal('JBSWY3DP', 'person-1');
  expect(() => box.open(sealed, 'person-2')).toThrow();
  const [algorithm, keyId, content = ''] = sealed.split('.');
  const bytes = Buffer.from(content, 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => box.open([algorithm, keyId, changed.toString('base64url')].join('.'), 'person-1')).toThrow();
  }
});

test('a secret under another key says which one is missing', () => {
  const other = createSecretBox({ ...settings, CAREPATH_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64url') });
  const sealed = other.seal('JBSWY3DP', 'person-1');
  expect(() => box.open(sealed, 'person-1')).toThrow(`under the key ${sealed.split('.')[1]}: set CAREPATH_SECRETS_KEY`);
});
