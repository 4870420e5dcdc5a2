/** Sessions of browsers: begun, unlocked, moved to another post, ended. */
import { randomBytes } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { type Account, findAccountOfPerson } from '../../db/directory/directory.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { endSession, moveSession, type SignInSession } from '../../db/sign-in/sessions.ts';
import { isRole } from '../../domain/alliance/roles.ts';
import { PostSchema } from '../directory/institutions.ts';
import { SESSION_LIFETIME_MS } from '../kit/auth.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Id, Instant } from '../kit/schemas.ts';
import { hashCookieSecret, writeCookie } from '../kit/session-cookie.ts';
import { checkSecondFactor } from './check-second-factor.ts';
import { checkCredentials } from './credentials.ts';
import {
  auditSession,
  type ChosenPost,
  credentialFields,
  PersonSchema,
  postOf,
  secondFactorField,
  signIn,
  signInFields,
  tag,
} from './sessions.ts';

const SECRET_BYTES = 32;

/** Where several people share one screen it is left alone sooner. */
const stationRoles: readonly string[] = ['technician', 'checker', 'releaser', 'headnurse'];
const LOCK_AFTER_SECONDS = { station: 5 * 60, desk: 15 * 60 };

const BrowserSessionSchema = z
  .strictObject({
    person: PersonSchema,
    posts: z.array(PostSchema),
    expiresAt: Instant,
    /** after so long without a touch a page asks who is there */
    lockAfterSeconds: z.int(),
  })
  .openapi('BrowserSession');

const answer = (account: Account, { institutionId, roles }: ChosenPost, expiresAt: Date): z.infer<typeof BrowserSessionSchema> => ({
  person: { id: account.id, name: account.name, roles: roles.filter(isRole), institutionId },
  posts: account.posts.flatMap(({ role, ...post }) => (isRole(role) ? { ...post, role } : [])),
  expiresAt: expiresAt.toISOString(),
  lockAfterSeconds: roles.some((role) => stationRoles.includes(role)) ? LOCK_AFTER_SECONDS.station : LOCK_AFTER_SECONDS.desk,
});

const createBrowserSession = operation({
  id: 'createBrowserSession',
  method: 'post',
  path: '/v1/browser-sessions',
  tag,
  summary: '在浏览器中登录 / Sign in with a browser',
  keyless: true,
  locksOut: true,
  sameSite: true,
  body: z.strictObject(signInFields).openapi('NewBrowserSession'),
  answers: { 201: { description: 'Signed in; the cookie has the session', schema: BrowserSessionSchema } },
  async handle(request) {
    const { sessions, now } = request.deps.tokens;
    const { account, post } = await signIn(request, request.body);
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const sessionId = uuid();
    const [begunAt, expiresAt] = [new Date(now()), new Date(now() + SESSION_LIFETIME_MS)];
    await sessions.begin({ id: sessionId, personId: account.id, ...post, cookieHash: hashCookieSecret(secret), begunAt, expiresAt });
    await auditSession(request, { account, post, sessionId });
    return {
      status: 201,
      headers: { 'set-cookie': writeCookie(secret, SESSION_LIFETIME_MS / 1_000) },
      body: answer(account, post, expiresAt),
    };
  },
});

/** Nothing for whoever has come by a bearer token. */
const findBrowserSession = async ({ session }: Pick<OperationRequest, 'session'>): Promise<SignInSession | undefined> =>
  session?.kind === 'browser' ? session : undefined;

const unlockBrowserSession = operation({
  id: 'unlockBrowserSession',
  method: 'post',
  path: '/v1/browser-sessions/current/unlock',
  tag,
  summary: '解锁浏览器会话 / Unlock the session of this browser',
  keyless: true,
  locksOut: true,
  body: z
    .strictObject({ password: credentialFields.password, secondFactor: secondFactorField.optional(), code: secondFactorField.optional() })
    .openapi('Unlock'),
  answers: { 200: { description: 'It is the same person', schema: BrowserSessionSchema } },
  find: findBrowserSession,
  async handle(request) {
    const { deps, resource: session, body, actor, caller, requestId } = request;
    const account = await accountOf(request);
    await checkCredentials(request, { username: account.username, password: body.password }, async ({ id }) => {
      const code = body.secondFactor ?? body.code;
      // Who has the cookie has shown the factor; a code that is given all the same has to be right.
      return id === session.personId && (code === undefined || (await checkSecondFactor(deps, id, code)) === 'right');
    });
    await auditWrite(deps.db, { actor, action: 'session.unlock', targetType: 'session', targetId: session.id, requestId, patientId: null });
    return { status: 200, body: answer(account, caller, session.expiresAt) };
  },
});

const switchBrowserSession = operation({
  id: 'switchBrowserSession',
  method: 'post',
  path: '/v1/browser-sessions/current/switch',
  tag,
  summary: '切换到另一机构的岗位 / Go on by the posts at another institution',
  keyless: true,
  body: z.strictObject({ institutionId: Id }).openapi('PostSwitch'),
  answers: { 200: { description: 'By these posts from now on', schema: BrowserSessionSchema } },
  find: findBrowserSession,
  async handle(request) {
    const { deps, resource: session, body, actor, requestId } = request;
    const account = await accountOf(request);
    const post = postOf(account, body.institutionId);
    if (!post) throw new Problem('role-may-not');
    await inTransaction(deps.db, actor, async (trx) => {
      await moveSession(trx, session.id, post);
      await auditWrite(trx, { actor, action: 'session.switch', targetType: 'session', targetId: session.id, requestId, patientId: null });
    });
    deps.tokens.sessions.forgetPerson(account.id);
    return { status: 200, body: answer(account, post, session.expiresAt) };
  },
});

const endBrowserSession = operation({
  id: 'endBrowserSession',
  method: 'delete',
  path: '/v1/browser-sessions/current',
  tag,
  summary: '退出浏览器会话 / Sign out of this browser',
  answers: { 204: { description: 'Ended; the cookie is gone', schema: z.undefined() } },
  find: findBrowserSession,
  async handle({ deps, resource: { id, personId }, actor, requestId }): Promise<Reply> {
    await inTransaction(deps.db, actor, async (trx) => {
      await endSession(trx, { id, personId, at: new Date(deps.tokens.now()) });
      await auditWrite(trx, { actor, action: 'session.end', targetType: 'session', targetId: id, requestId, patientId: null });
    });
    deps.tokens.sessions.forgetPerson(personId);
    return { status: 204, body: undefined, headers: { 'set-cookie': writeCookie('', 0) } };
  },
});

async function accountOf({ deps, caller }: Pick<OperationRequest, 'deps' | 'caller'>): Promise<Account> {
  const account = await findAccountOfPerson(deps.db, caller.personId);
  if (!account) throw new Problem('session-ended');
  return account;
}

export const browserSessionOperations: Operation[] = [createBrowserSession, unlockBrowserSession, switchBrowserSession, endBrowserSession];
