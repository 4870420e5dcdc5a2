/** Who calls, by what the request brings. */
import type { Context } from 'hono';
import { ruleOf } from '../policy.ts';
import { needsSecondFactor } from '../sign-in/required-second-factor.ts';
import type { SignedIn } from './auth.ts';
import type { ApiDependencies, Operation } from './operation.ts';
import { Problem } from './problem.ts';
import { findCookieSecret, refuseOtherSites } from './session-cookie.ts';

type Deps = Pick<ApiDependencies, 'tokens' | 'config'>;

const challenge = { headers: { 'www-authenticate': 'Bearer' } };

/** Resolves with undefined for an operation that asks nobody who they are. Throws Problem 401, and 403 for a page of another site. */
export async function authenticate(
  context: Context,
  operation: Pick<Operation, 'id' | 'sameSite'>,
  deps: Deps,
): Promise<SignedIn | undefined> {
  if (operation.sameSite) refuseOtherSites(context, deps.config);
  if (ruleOf(operation.id).roles === 'public') return undefined;
  const authorization = context.req.header('authorization');
  // Beside that header the cookie is not read, so that no page can make a browser add its session to the request of something else.
  const signedIn = authorization === undefined ? await checkCookie(context, deps) : await checkHeader(authorization, deps);
  if (signedIn === 'ended') throw new Problem('session-ended', challenge);
  if (!signedIn) throw new Problem('not-authenticated', challenge);
  const { caller, session } = signedIn;
  if (!session.hasSecondFactor && needsSecondFactor(deps.config, { roles: caller.roles, operationId: operation.id }))
    throw new Problem('second-factor-required', challenge);
  return signedIn;
}

async function checkHeader(authorization: string, { tokens }: Deps): Promise<SignedIn | 'ended' | undefined> {
  const [scheme, token, ...more] = authorization.split(' ');
  return scheme?.toLowerCase() === 'bearer' && token && more.length === 0 ? tokens.check(token) : undefined;
}

async function checkCookie(context: Context, { tokens, config }: Deps): Promise<SignedIn | 'ended' | undefined> {
  const secret = findCookieSecret(context);
  if (!secret) return undefined;
  refuseOtherSites(context, config);
  return tokens.checkCookie(secret);
}
