import { expect, test } from 'vitest';
import { createTokens } from '../../../api/kit/auth.ts';
import type { SessionWatch } from '../../../api/kit/session-watch.ts';
import type { SignInSession } from '../../../db/sign-in/sessions.ts';

const caller = { personId: 'person-gp', institutionId: 'inst-c01', roles: ['gp'] };
const HOUR_MS = 3_600_000;

/** Sessions that stand until the test ends them. */
function keepSessions() {
  const kept = new Map<string, SignInSession>();
  const watch: SessionWatch = {
    async begin({ cookieHash: _, roles, ...session }) {
      const begun = {
        ...session,
        roles: [...roles],
        kind: 'bearer' as const,
        seenAt: session.begunAt,
        stands: true,
        hasSecondFactor: false,
      };
      kept.set(session.id, begun);
      return begun;
    },
    find: async (id) => kept.get(id),
    findByCookie: async () => undefined,
    async touch() {},
    forgetPerson() {},
    stop() {},
  };
  const end = () => {
    for (const session of kept.values()) session.stands = false;
  };
  return { watch, end };
}

test('a token that was checked before is refused from the second on at which it expires', async () => {
  let now = Date.UTC(2026, 0, 1);
  const tokens = createTokens('a secret that only this test knows, long enough', keepSessions().watch, () => now);
  const { token, expiresAt } = await tokens.issue(caller);
  expect(await tokens.check(token)).toMatchObject({ caller });
  now = expiresAt.getTime() - 1;
  expect(await tokens.check(token)).toMatchObject({ caller });
  now = expiresAt.getTime();
  expect(await tokens.check(token)).toBeUndefined();
  now += HOUR_MS;
  expect(await tokens.check(token)).toBeUndefined();
});

test('a token that was checked before is refused once its session has ended', async () => {
  const { watch, end } = keepSessions();
  const tokens = createTokens('a secret that only this test knows, long enough', watch);
  const { token } = await tokens.issue(caller);
  expect(await tokens.check(token)).toMatchObject({ caller });
  end();
  expect(await tokens.check(token)).toBe('ended');
});

test('a token with a character changed is refused, also after the true one was checked', async () => {
  const { watch } = keepSessions();
  const tokens = createTokens('a secret that only this test knows, long enough', watch);
  const { token } = await tokens.issue(caller);
  expect(await tokens.check(token)).toMatchObject({ caller });
  const [head, body, signature = ''] = token.split('.');
  const forged = [head, body, (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)].join('.');
  expect(await tokens.check(forged)).toBeUndefined();
  expect(await createTokens('another secret that nobody else knows, long enough', watch).check(token)).toBeUndefined();
});
