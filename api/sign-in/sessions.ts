/** Sessions of one's own: begun with a password, listed, ended. */
import { z } from '@hono/zod-openapi';
import type { Account } from '../../db/directory/directory.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { endSession, listSessionsOfPerson } from '../../db/sign-in/sessions.ts';
import { RoleSchema } from '../kit/codes.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Id, Instant } from '../kit/schemas.ts';
import { checkSecondFactor } from './check-second-factor.ts';
import { type Credentials, checkCredentials, type SignInRequest } from './credentials.ts';

export const tag = 'session';

export const PersonSchema = z
  .strictObject({ id: z.string(), name: z.string(), roles: z.array(RoleSchema), institutionId: z.string() })
  .openapi('Person');

export const credentialFields = {
  username: z.string().min(1).max(100),
  password: z.string().min(1).max(200),
  institutionId: Id.optional(),
};

/** Six digits of the clock, or a recovery code. */
export const secondFactorField = z.string().trim().min(6).max(40);

/** `secondFactor` and `code` are two names of the same field. */
export const signInFields = { ...credentialFields, secondFactor: secondFactorField.optional(), code: secondFactorField.optional() };

/** The post that somebody signs in by. */
export interface ChosenPost {
  institutionId: string;
  roles: string[];
}

const createSession = operation({
  id: 'createSession',
  method: 'post',
  path: '/v1/sessions',
  tag,
  summary: '登录 / Sign in',
  keyless: true,
  locksOut: true,
  body: z.strictObject(signInFields).openapi('NewSession'),
  answers: {
    201: { description: 'Signed in', schema: z.strictObject({ token: z.string(), expiresAt: Instant, person: PersonSchema }) },
  },
  async handle(request) {
    const { account, post } = await signIn(request, request.body);
    const { token, expiresAt, sessionId } = await request.deps.tokens.issue({ personId: account.id, ...post });
    await auditSession(request, { account, post, sessionId });
    return { status: 201, body: { token, expiresAt: expiresAt.toISOString(), person: { id: account.id, name: account.name, ...post } } };
  },
});

interface SignInBody extends Credentials {
  institutionId?: string | undefined;
  secondFactor?: string | undefined;
  code?: string | undefined;
}

/** Throws Problem 401 and 423. Whoever knows the password and gives no code is told that one is missing; a wrong one is like a wrong password. */
export async function signIn(request: SignInRequest, body: SignInBody): Promise<{ account: Account; post: ChosenPost }> {
  const account = await checkCredentials(request, body, async (found) => {
    const factor = await checkSecondFactor(request.deps, found.id, body.secondFactor ?? body.code);
    if (factor === 'missing') throw new Problem('second-factor-required');
    return factor === 'right' && postOf(found, body.institutionId) !== undefined;
  });
  const post = postOf(account, body.institutionId);
  if (!post) throw new Error('Whoever holds no post was let in.');
  return { account, post };
}

/** The posts at one institution, by default the first; undefined where the person has none there. */
export function postOf({ posts }: Account, chosen: string | undefined): ChosenPost | undefined {
  const institutionId = chosen ?? posts[0]?.institutionId;
  const roles = [...new Set(posts.filter((post) => post.institutionId === institutionId).map(({ role }) => role))];
  return institutionId === undefined || roles.length === 0 ? undefined : { institutionId, roles };
}

export async function auditSession(
  { deps, requestId }: SignInRequest,
  { account, post, sessionId }: { account: Account; post: ChosenPost; sessionId: string },
): Promise<void> {
  const actor = { personId: account.id, institutionId: post.institutionId, role: post.roles[0] ?? 'none' };
  await auditWrite(deps.db, { actor, action: 'session.create', targetType: 'session', targetId: sessionId, requestId, patientId: null });
}

const SessionSchema = z
  .strictObject({
    id: z.uuid(),
    kind: z.enum(['bearer', 'browser']),
    institutionId: z.string(),
    begunAt: Instant,
    expiresAt: Instant,
    /** the one that this request came by */
    current: z.boolean(),
  })
  .openapi('Session');

const listMySessions = operation({
  id: 'listMySessions',
  method: 'get',
  path: '/v1/me/sessions',
  tag,
  summary: '我的登录会话 / My sessions',
  answers: { 200: { description: 'Those that can be used now, newest first', schema: z.strictObject({ items: z.array(SessionSchema) }) } },
  async handle({ deps, caller, session }) {
    const sessions = await listSessionsOfPerson(deps.db, caller.personId, { at: new Date(deps.tokens.now()) });
    return {
      status: 200,
      body: {
        items: sessions.map(({ id, kind, institutionId, begunAt, expiresAt }) => ({
          id,
          kind,
          institutionId,
          begunAt: begunAt.toISOString(),
          expiresAt: expiresAt.toISOString(),
          current: id === session?.id,
        })),
      },
    };
  },
});

const endMySession = operation({
  id: 'endMySession',
  method: 'delete',
  path: '/v1/me/sessions/{id}',
  tag,
  summary: '结束我的一个登录会话 / End one of my sessions',
  params: z.strictObject({ id: z.uuid() }),
  answers: { 204: { description: 'Ended: its token is refused within 5 s', schema: z.undefined() } },
  async handle({ deps, caller, actor, params, requestId }) {
    const { personId } = caller;
    const ended = await inTransaction(deps.db, actor, async (trx) => {
      if (!(await endSession(trx, { id: params.id, personId, at: new Date(deps.tokens.now()) }))) return false;
      await auditWrite(trx, { actor, action: 'session.end', targetType: 'session', targetId: params.id, requestId, patientId: null });
      return true;
    });
    deps.tokens.sessions.forgetPerson(personId);
    if (!ended) throw new Problem('not-found');
    return { status: 204, body: undefined };
  },
});

export const sessionOperations: Operation[] = [createSession, listMySessions, endMySession];
