/** Whoever has lost telephone and recovery codes gets in again when two administrators agree. */
import { randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { findPerson } from '../../db/directory/directory.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { completeReset, findOpenReset, proposeReset } from '../../db/sign-in/second-factor-resets.ts';
import { findSecondFactor, removeSecondFactor } from '../../db/sign-in/second-factors.ts';
import { endSessionsOfPerson } from '../../db/sign-in/sessions.ts';
import { runOnce } from '../kit/once.ts';
import { operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Id, pendingAnswer } from '../kit/schemas.ts';
import { tag } from './sessions.ts';

const ResetSchema = z.strictObject({ personId: z.string(), state: z.enum(['proposed', 'done']) }).openapi('SecondFactorReset');

export const resetSecondFactor = operation({
  id: 'resetSecondFactor',
  method: 'post',
  path: '/v1/accounts/{id}/reset-second-factor',
  tag,
  summary: '重置他人的第二验证因素 / Reset somebody’s second factor',
  params: z.strictObject({ id: Id }),
  body: z.strictObject({ reason: z.string().trim().min(1).max(500) }).openapi('SecondFactorResetReason'),
  answers: {
    200: { description: 'Done: the factor is gone and all sessions of the person have ended', schema: ResetSchema },
    201: { description: 'Proposed: another administrator has to ask for the same', schema: ResetSchema },
    202: pendingAnswer,
  },
  find: async ({ deps, params }) => findPerson(deps.db, params.id),
  async handle(request) {
    const { deps, caller, actor, resource: person, body, requestId } = request;
    const personId = person.id;
    const at = new Date(deps.tokens.now());
    const reply = await runOnce(request, async (trx) => {
      const audit = (action: 'second-factor.propose-reset' | 'second-factor.reset') =>
        auditWrite(trx, { actor, action, targetType: 'person', targetId: personId, requestId, patientId: null });
      if (!(await findSecondFactor(trx, personId))?.isActive) throw new Problem('transition-not-allowed');
      const open = await findOpenReset(trx, personId);
      if (!open) {
        const proposal = { id: randomUUID(), proposedBy: caller.personId, proposedRole: actor.role };
        await proposeReset(trx, { ...proposal, personId, reason: body.reason, at });
        await audit('second-factor.propose-reset');
        return { status: 201, body: { personId, state: 'proposed' } };
      }
      // One of the two is of security. Nobody agrees with themselves, and nobody to what concerns themselves.
      const isSecondPerson = open.proposedBy !== caller.personId && personId !== caller.personId;
      if (!isSecondPerson || ![open.proposedRole, actor.role].includes('secadmin')) throw new Problem('second-person-required');
      await completeReset(trx, { id: open.id, doneBy: caller.personId, at });
      await removeSecondFactor(trx, personId);
      await endSessionsOfPerson(trx, personId, { at });
      await audit('second-factor.reset');
      return { status: 200, body: { personId, state: 'done' } };
    });
    deps.tokens.sessions.forgetPerson(personId);
    return reply;
  },
});
