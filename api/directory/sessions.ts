/** Signing in, and who one is. */

import { z } from '@hono/zod-openapi';
import { verify } from '@node-rs/argon2';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { chooseStaffChannel, findAccount, findPerson } from '../../db/directory/directory.ts';
import { auditDenied, auditWrite } from '../../db/kit/audit.ts';
import { isRole } from '../../domain/alliance/roles.ts';
import { staffChannels } from '../../domain/messages/channels.ts';
import { RoleSchema } from '../kit/codes.ts';
import { tooManyProblem } from '../kit/edge.ts';
import { createGate } from '../kit/gate.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Id, Instant, pendingAnswer } from '../kit/schemas.ts';
import { PostSchema } from './institutions.ts';

const tag = 'session';

const PersonSchema = z
  .strictObject({ id: z.string(), name: z.string(), roles: z.array(RoleSchema), institutionId: z.string() })
  .openapi('Person');

const MeSchema = z
  .strictObject({
    ...PersonSchema.shape,
    /** all that the caller holds, of every institution; `roles` are those of `institutionId`, by which they are signed in */
    posts: z.array(PostSchema),
  })
  .openapi('Me');

/** Guessing is slow: so many wrong passwords a name in five minutes, over all callers. */
const wrongPasswords = new RateLimiterMemory({ points: 10, duration: 300 });
/** Guesses at one name are tried one after another, so that each is counted before the next begins, even if a hundred arrive at the same moment. */
const oneAtATime = createGate(1);

/** A hash of nothing anybody knows: an unknown name takes as long as a wrong password. */
const nobodysHash = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zr5qWcTsXzvcsmEVBeqZqvLpRKe8BSkxvBEMKSxlO1Q';

const createSession = operation({
  id: 'createSession',
  method: 'post',
  path: '/v1/sessions',
  tag,
  summary: '登录 / Sign in',
  keyless: true,
  body: z
    .strictObject({ username: z.string().min(1).max(100), password: z.string().min(1).max(200), institutionId: Id.optional() })
    .openapi('NewSession'),
  answers: {
    201: { description: 'Signed in', schema: z.strictObject({ token: z.string(), expiresAt: Instant, person: PersonSchema }) },
  },
  handle: (request) => oneAtATime.pass(request.body.username, () => signIn(request)),
});

interface Credentials {
  username: string;
  password: string;
  institutionId?: string | undefined;
}

async function signIn({
  deps,
  body,
  requestId,
}: Pick<OperationRequest<unknown, unknown, Credentials>, 'deps' | 'body' | 'requestId'>): Promise<Reply> {
  await refuseGuessing(body.username);
  const account = await findAccount(deps.db, body.username);
  const right = await verify(account?.passwordHash ?? nobodysHash, body.password).catch(() => false);
  const institutionId = body.institutionId ?? account?.posts[0]?.institutionId;
  const roles = [...new Set(account?.posts.filter((post) => post.institutionId === institutionId).map((post) => post.role))];
  if (!account || !right || !institutionId || roles.length === 0) {
    await wrongPasswords.consume(body.username).catch(() => {});
    const actor = { personId: account?.id ?? '', institutionId: '', role: 'none' };
    await auditDenied(deps.db, { actor, action: 'session.create', targetId: null, code: 'wrong-credentials', requestId });
    throw new Problem('wrong-credentials');
  }
  const { token, expiresAt } = await deps.tokens.issue({ personId: account.id, institutionId, roles });
  return {
    status: 201,
    body: { token, expiresAt: expiresAt.toISOString(), person: { id: account.id, name: account.name, roles, institutionId } },
  };
}

async function refuseGuessing(username: string): Promise<void> {
  const tried = await wrongPasswords.get(username);
  if (tried instanceof RateLimiterRes && tried.remainingPoints <= 0) throw tooManyProblem(tried);
}

const ChannelSchema = z.strictObject({ channel: z.enum(staffChannels) });

const getMe = operation({
  id: 'getMe',
  method: 'get',
  path: '/v1/me',
  tag,
  summary: '我是谁 / Who I am',
  answers: { 200: { description: 'The caller', schema: MeSchema } },
  async handle({ deps, caller }) {
    const person = await findPerson(deps.db, caller.personId);
    if (!person?.active) throw new Problem('not-authenticated', { headers: { 'www-authenticate': 'Bearer' } });
    // A token of other code may name a role that there is none of here; it opens nothing.
    return {
      status: 200,
      body: {
        id: person.id,
        name: person.name,
        roles: caller.roles.filter(isRole),
        institutionId: caller.institutionId,
        posts: person.posts.flatMap(({ role, ...post }) => (isRole(role) ? { ...post, role } : [])),
      },
    };
  },
});

const chooseChannel = operation({
  id: 'chooseMyChannel',
  method: 'post',
  path: '/v1/me/channel',
  tag,
  summary: '选择我接收消息的方式 / How I want to be told',
  body: z.strictObject({ channel: z.enum(staffChannels) }).openapi('MyChannel', { example: { channel: 'wecom' } }),
  answers: { 200: { description: 'The choice; messages that wait go as they were', schema: ChannelSchema }, 202: pendingAnswer },
  async handle(request) {
    const { actor, caller, body, requestId } = request;
    return runOnce(request, async (trx) => {
      if (!(await chooseStaffChannel(trx, caller.personId, body.channel)))
        throw new Problem('not-authenticated', { headers: { 'www-authenticate': 'Bearer' } });
      await auditWrite(trx, {
        actor,
        action: 'person.channel',
        targetType: 'person',
        targetId: caller.personId,
        requestId,
        patientId: null,
      });
      return { status: 200, body: { channel: body.channel } };
    });
  },
});

export const sessionOperations: Operation[] = [createSession, getMe, chooseChannel];
