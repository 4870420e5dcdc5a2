/** Changing one's password. */
import { z } from '@hono/zod-openapi';
import { findUsername } from '../../db/directory/directory.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { setPassword } from '../../db/sign-in/passwords.ts';
import { endSessionsOfPerson } from '../../db/sign-in/sessions.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { checkCredentials } from './credentials.ts';
import { credentialFields, tag } from './sessions.ts';

const changeMyPassword = operation({
  id: 'changeMyPassword',
  method: 'post',
  path: '/v1/me/password',
  tag,
  summary: '修改我的密码 / Change my password',
  // A row for a repetition would hold a hash of the body, by which a password could be guessed quickly.
  keyless: true,
  locksOut: true,
  body: z.strictObject({ old: credentialFields.password, new: z.string().max(1_000) }).openapi('NewPassword'),
  answers: { 204: { description: 'Changed; all other sessions have ended', schema: z.undefined() } },
  async handle(request) {
    const { deps, caller, actor, body, session, requestId } = request;
    const { personId } = caller;
    const username = await findUsername(deps.db, personId);
    if (username === undefined) throw new Problem('wrong-credentials');
    await checkCredentials(request, { username, password: body.old }, async ({ id }) => id === personId);
    await inTransaction(deps.db, actor, async (trx) => {
      const refused = await setPassword(trx, { personId, password: body.new });
      if (refused) throw invalidRequestProblem('new', refused.flaw);
      await endSessionsOfPerson(trx, personId, { at: new Date(deps.tokens.now()), exceptId: session?.id });
      await auditWrite(trx, { actor, action: 'password.change', targetType: 'person', targetId: personId, requestId, patientId: null });
    });
    deps.tokens.sessions.forgetPerson(personId);
    return { status: 204, body: undefined };
  },
});

export const passwordOperations: Operation[] = [changeMyPassword];
