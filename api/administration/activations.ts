/** Whoever has an activation link chooses the password of their account by it. */
import { z } from '@hono/zod-openapi';
import { findActivated, useActivation } from '../../db/administration/activations.ts';
import { findPerson } from '../../db/directory/directory.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { setPassword } from '../../db/sign-in/passwords.ts';
import { endSessionsOfPerson } from '../../db/sign-in/sessions.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';

const activate = operation({
  id: 'activateAccount',
  method: 'post',
  path: '/v1/activations',
  tag: 'session',
  summary: '激活账号并设置密码 / Choose the password of an account by its activation link',
  keyless: true,
  body: z
    .strictObject({ token: z.string().min(1).max(200), password: z.string().min(1).max(1_000) })
    .openapi('AccountActivation', { example: { token: '…', password: '…' } }),
  answers: { 204: { description: 'The account can sign in; the link is used up', schema: z.undefined() } },
  async handle({ deps, actor: nobody, body: { token, password }, requestId }) {
    const now = new Date();
    const personId = await findActivated(deps.db, token, now);
    const person = personId === undefined ? undefined : await findPerson(deps.db, personId);
    if (!person) throw new Problem('not-found');
    const [post] = person.posts;
    const actor = { personId: person.id, institutionId: post?.institutionId ?? '', role: post?.role ?? 'none' };
    await inTransaction(deps.db, nobody, async (trx) => {
      if (!(await useActivation(trx, token, now))) throw new Problem('not-found');
      const refused = await setPassword(trx, { personId: person.id, password });
      if (refused) throw invalidRequestProblem('password', refused.flaw);
      // Whoever has lost their password may have lost a session as well.
      await endSessionsOfPerson(trx, person.id, { at: now });
      await auditWrite(trx, { actor, action: 'account.activate', targetType: 'person', targetId: person.id, patientId: null, requestId });
    });
    deps.tokens.sessions.forgetPerson(person.id);
    return { status: 204, body: undefined };
  },
});

export const activationOperations: Operation[] = [activate];
