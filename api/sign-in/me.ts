/** Who one is, what one may do, and how one wants to be told. */
import { z } from '@hono/zod-openapi';
import { chooseStaffChannel, findPerson } from '../../db/directory/directory.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { findSignInBefore } from '../../db/sign-in/sessions.ts';
import { isRole } from '../../domain/alliance/roles.ts';
import { staffChannels } from '../../domain/messages/channels.ts';
import { PostSchema } from '../directory/institutions.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Instant, pendingAnswer } from '../kit/schemas.ts';
import { operationsOpenTo } from '../policy.ts';
import { PersonSchema, tag } from './sessions.ts';

const MeSchema = z
  .strictObject({
    ...PersonSchema.shape,
    /** all that the caller holds, of every institution; `roles` are those of `institutionId`, by which they are signed in */
    posts: z.array(PostSchema),
    /** the ids of the operations that the policy opens to these roles; whether it may be done to one object depends on the object */
    may: z.array(z.string()),
    /** the sign-in before this one; null for the first */
    lastSignInAt: Instant.nullable(),
  })
  .openapi('Me');

const ChannelSchema = z.strictObject({ channel: z.enum(staffChannels) });

const getMe = operation({
  id: 'getMe',
  method: 'get',
  path: '/v1/me',
  tag,
  summary: '我是谁 / Who I am',
  answers: { 200: { description: 'The caller', schema: MeSchema } },
  async handle({ deps, caller, session }) {
    const [person, lastSignInAt] = await Promise.all([
      findPerson(deps.db, caller.personId),
      session ? findSignInBefore(deps.db, session) : null,
    ]);
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
        may: operationsOpenTo(caller.roles),
        lastSignInAt: lastSignInAt?.toISOString() ?? null,
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

export const meOperations: Operation[] = [getMe, chooseChannel];
