import { expect, test } from 'vitest';
import { createTokens } from '../../../api/kit/auth.ts';

const caller = { personId: 'person-gp', institutionId: 'inst-c01', roles: ['gp'] };
const HOUR_MS = 3_600_000;

test('a token that was checked before is refused from the second on at which it expires', async () => {
  let now = Date.UTC(2026, 0, 1);
  const tokens = createTokens('a secret that only this test knows, long enough', () => now);
  const { token, expiresAt } = await tokens.issue(caller);
  expect(await tokens.check(token)).toEqual(caller);
  now = expiresAt.getTime() - 1;
  expect(await tokens.check(token)).toEqual(caller);
  now = expiresAt.getTime();
  expect(await tokens.check(token)).toBeUndefined();
  now += HOUR_MS;
  expect(await tokens.check(token)).toBeUndefined();
});

test('a token with a character changed is refused, also after the true one was checked', async () => {
  const tokens = createTokens('a secret that only this test knows, long enough');
  const { token } = await tokens.issue(caller);
  expect(await tokens.check(token)).toEqual(caller);
  const [head, body, signature = ''] = token.split('.');
  const forged = [head, body, (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)].join('.');
  expect(await tokens.check(forged)).toBeUndefined();
  expect(await createTokens('another secret that nobody else knows, long enough').check(token)).toBeUndefined();
});
