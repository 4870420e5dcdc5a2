/** Whoever has an activation link chooses the password of their account by it. */
import { z } from '@hono/zod-openapi';
import { hash } from '@node-rs/argon2';
import { findActivated, useActivation } from '../../db/administration/activations.ts';
import { setPasswordHash } from '../../db/administration/staff.ts';
import { findPerson } from '../../db/directory/directory.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';

const SHORTEST_PASSWORD = 12;

const activate = operation({
  id: 'activateAccount',
  method: 'post',
  path: '/v1/activations',
  tag: 'session',
  summary: '激活账号并设置密码 / Choose the password of an account by its activation link',
  keyless: true,
  body: z
    .strictObject({ token: z.string().min(1).max(200), password: z.string().min(1).max(200) })
    .openapi('AccountActivation', { example: { token: '…', password: '…' } }),
  answers: { 204: { description: 'The account can sign in; the link is used up', schema: z.null() } },
  async handle({ deps, actor: nobody, body: { token, password }, requestId }) {
    const now = new Date();
    const personId = await findActivated(deps.db, token, now);
    const person = personId === undefined ? undefined : await findPerson(deps.db, personId);
    if (!person) throw new Problem('not-found');
    if ([...password].length < SHORTEST_PASSWORD)
      throw invalidRequestProblem('password', {
        zh: `至少 ${SHORTEST_PASSWORD} 个字符`,
        en: `needs at least ${SHORTEST_PASSWORD} characters`,
      });
    const passwordHash = await hash(password);
    const [post] = person.posts;
    const actor = { personId: person.id, institutionId: post?.institutionId ?? '', role: post?.role ?? 'none' };
    await inTransaction(deps.db, nobody, async (trx) => {
      if (!(await useActivation(trx, token, now))) throw new Problem('not-found');
      await setPasswordHash(trx, person.id, passwordHash);
      await auditWrite(trx, { actor, action: 'account.activate', targetType: 'person', targetId: person.id, patientId: null, requestId });
    });
    return { status: 204, body: null };
  },
});

export const activationOperations: Operation[] = [activate];
