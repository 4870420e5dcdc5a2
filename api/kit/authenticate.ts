/** Who calls, by what the request brings. */
import type { Context } from 'hono';
import { ruleOf } from '../policy.ts';
import { needsSecondFactor } from '../sign-in/required-second-factor.ts';
import type { SignedIn } from './auth.ts';
import type { ApiDependencies, Operation } from './operation.ts';
import { Problem } from './problem.ts';

const challenge = { headers: { 'www-authenticate': 'Bearer' } };

/** Resolves with undefined for an operation that asks nobody who they are. Throws Problem 401. */
export async function authenticate(
  context: Context,
  operation: Pick<Operation, 'id'>,
  { tokens, config }: Pick<ApiDependencies, 'tokens' | 'config'>,
): Promise<SignedIn | undefined> {
  if (ruleOf(operation.id).roles === 'public') return undefined;
  const [scheme, token, ...more] = (context.req.header('authorization') ?? '').split(' ');
  const signedIn = scheme?.toLowerCase() === 'bearer' && token && more.length === 0 ? await tokens.check(token) : undefined;
  if (signedIn === 'ended') throw new Problem('session-ended', challenge);
  if (!signedIn) throw new Problem('not-authenticated', challenge);
  const { caller, session } = signedIn;
  if (!session.hasSecondFactor && needsSecondFactor(config, { roles: caller.roles, operationId: operation.id }))
    throw new Problem('second-factor-required', challenge);
  return signedIn;
}
