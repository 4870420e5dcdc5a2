/** Taking a reading back that was entered in error: by whoever recorded it within a day, by the head, and of a machine's by the doctor. */
import { z } from '@hono/zod-openapi';
import type { Trx } from '../../db/kit/transaction.ts';
import {
  findReadingOrigin,
  markReadingEnteredInError,
  type RecordedReadingOrigin,
  type WhatWasUndone,
} from '../../db/readings/entered-in-error.ts';
import type { Caller } from '../kit/auth.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { reaches, reachOf } from '../kit/reach.ts';
import { Text } from '../kit/schemas.ts';

/** The recorder may take back what they have just written; later somebody else has to look at it too. */
const OWN_WITHIN_MS = 24 * 3_600_000;

type Origin = Pick<RecordedReadingOrigin, 'homeInstitutionId' | 'senderId' | 'isOfMachine' | 'receivedAt'>;

export function mayMark(
  { homeInstitutionId, senderId, isOfMachine, receivedAt }: Origin,
  { personId, roles, institutionId }: Caller,
): boolean {
  if (senderId === personId && receivedAt.getTime() > Date.now() - OWN_WITHIN_MS) return true;
  if (institutionId !== homeInstitutionId) return false;
  return roles.includes('head') || (isOfMachine && roles.includes('gp'));
}

/** Throws Problem 409 for a reading that is marked already. */
async function markInError(
  trx: Trx,
  { actor, requestId }: Pick<OperationRequest, 'actor' | 'requestId'>,
  reading: Pick<RecordedReadingOrigin, 'id' | 'patientId'>,
  reason: string,
): Promise<WhatWasUndone> {
  const undone = await markReadingEnteredInError(trx, reading, { reason, at: new Date(), by: { actor, requestId } });
  if (!undone) throw new Problem('transition-not-allowed', { members: { state: 'entered-in-error', allowed: [] } });
  return undone;
}

const Undone = z
  .strictObject({
    /** a reading moves no visit and starts no referral by itself, so both are null */
    visitPlan: z.null(),
    referral: z.null(),
    episodes: z.array(z.string()).openapi({ description: 'closed because nothing else has raised them' }),
    tasks: z.array(z.string()).openapi({ description: 'withdrawn because nothing else has called for them' }),
  })
  .openapi('ReadingMarkedInError');

async function findVisibleReading(
  request: OperationRequest<{ id: string }, unknown, unknown, undefined>,
): Promise<RecordedReadingOrigin | undefined> {
  const reading = await findReadingOrigin(request.deps.db, request.params.id);
  return reading && reaches(await reachOf(request), reading.homeInstitutionId) ? reading : undefined;
}

export const markReadingInError: Operation = operation({
  id: 'markReadingEnteredInError',
  method: 'post',
  path: '/v1/readings/{id}/mark-entered-in-error',
  tag: 'reading',
  summary:
    '标记读数为误录：此后不再采用，仅由它引起的待办随之撤回 / Mark a reading as entered in error: it counts for nothing from then on',
  params: z.object({ id: z.uuid() }),
  body: z.strictObject({ reason: Text(2_000) }),
  answers: { 200: { description: 'Marked; what that has undone', schema: Undone } },
  find: findVisibleReading,
  may: ({ resource, caller }) => mayMark(resource, caller),
  async handle(request) {
    return runOnce(request, async (trx) => ({
      status: 200,
      body: { visitPlan: null, referral: null, ...(await markInError(trx, request, request.resource, request.body.reason)) },
    }));
  },
});
