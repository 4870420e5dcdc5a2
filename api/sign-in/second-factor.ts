/** A second factor of one's own: begun, confirmed, taken away. */
import { z } from '@hono/zod-openapi';
import { findUsername } from '../../db/directory/directory.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import {
  activateSecondFactor,
  beginSecondFactor as beginStored,
  findSecondFactor,
  removeSecondFactor,
} from '../../db/sign-in/second-factors.ts';
import { hashRecoveryCode, newRecoveryCodes, newSecondFactorSecret } from '../../platform/one-time-codes.ts';
import { createSecretBox } from '../../platform/secret-box.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { checkSecondFactor, useTimeCode } from './check-second-factor.ts';
import { attempt } from './credentials.ts';
import { secondFactorField, tag } from './sessions.ts';

const codeBody = (name: string) => z.strictObject({ code: secondFactorField }).openapi(name);

const beginSecondFactor = operation({
  id: 'beginSecondFactor',
  method: 'post',
  path: '/v1/me/second-factor',
  tag,
  summary: '设置第二验证因素 / Set up a second factor',
  // A stored answer would hold the secret.
  keyless: true,
  body: z.strictObject({}).openapi('NewSecondFactor'),
  answers: {
    201: {
      description: 'Shown this once; active after it is confirmed',
      schema: z.strictObject({ secret: z.string(), uri: z.string(), recoveryCodes: z.array(z.string()) }),
    },
  },
  async handle({ deps, caller, actor, requestId }) {
    const { personId } = caller;
    const username = await findUsername(deps.db, personId);
    if (username === undefined) throw new Problem('transition-not-allowed');
    const { secret, uri } = newSecondFactorSecret(username);
    const recoveryCodes = newRecoveryCodes();
    await inTransaction(deps.db, actor, async (trx) => {
      const begun = await beginStored(trx, {
        personId,
        sealedSecret: createSecretBox(deps.config).seal(secret, personId),
        recoveryHashes: recoveryCodes.map(hashRecoveryCode),
        at: new Date(deps.tokens.now()),
      });
      if (!begun) throw new Problem('already-exists');
      await auditWrite(trx, { actor, action: 'second-factor.begin', targetType: 'person', targetId: personId, requestId, patientId: null });
    });
    return { status: 201, body: { secret, uri, recoveryCodes } };
  },
});

const confirmSecondFactor = operation({
  id: 'confirmSecondFactor',
  method: 'post',
  path: '/v1/me/second-factor/confirm',
  tag,
  summary: '启用第二验证因素 / Confirm my second factor',
  keyless: true,
  locksOut: true,
  body: codeBody('SecondFactorCode'),
  answers: { 204: { description: 'Active from now on', schema: z.undefined() } },
  async handle(request) {
    const { deps, caller, actor, body, requestId } = request;
    const { personId } = caller;
    const [username, factor] = await Promise.all([findUsername(deps.db, personId), findSecondFactor(deps.db, personId)]);
    if (username === undefined || !factor || factor.isActive) throw new Problem('transition-not-allowed');
    await attempt(request, { username, personId }, () =>
      useTimeCode(deps, { personId, sealedSecret: factor.sealedSecret, code: body.code }),
    );
    await inTransaction(deps.db, actor, async (trx) => {
      await activateSecondFactor(trx, personId, new Date(deps.tokens.now()));
      await auditWrite(trx, {
        actor,
        action: 'second-factor.confirm',
        targetType: 'person',
        targetId: personId,
        requestId,
        patientId: null,
      });
    });
    deps.tokens.sessions.forgetPerson(personId);
    return { status: 204, body: undefined };
  },
});

const removeMySecondFactor = operation({
  id: 'removeSecondFactor',
  method: 'delete',
  path: '/v1/me/second-factor',
  tag,
  summary: '停用第二验证因素 / Remove my second factor',
  locksOut: true,
  body: codeBody('SecondFactorRemoval'),
  answers: { 204: { description: 'Removed', schema: z.undefined() } },
  async handle(request) {
    const { deps, caller, actor, body, requestId } = request;
    const { personId } = caller;
    const [username, factor] = await Promise.all([findUsername(deps.db, personId), findSecondFactor(deps.db, personId)]);
    if (username === undefined || !factor?.isActive) throw new Problem('transition-not-allowed');
    await attempt(request, { username, personId }, async () => (await checkSecondFactor(deps, personId, body.code)) === 'right');
    await inTransaction(deps.db, actor, async (trx) => {
      await removeSecondFactor(trx, personId);
      await auditWrite(trx, {
        actor,
        action: 'second-factor.remove',
        targetType: 'person',
        targetId: personId,
        requestId,
        patientId: null,
      });
    });
    deps.tokens.sessions.forgetPerson(personId);
    return { status: 204, body: undefined };
  },
});

export const secondFactorOperations: Operation[] = [beginSecondFactor, confirmSecondFactor, removeMySecondFactor];
