/** Any POST that is no pathway's command and must happen once all the same. */
import { v7 as uuid } from 'uuid';
import { forgetCommand, storeCommand, storeResponse } from '../../db/kit/commands.ts';
import type { Database } from '../../db/kit/database.ts';
import { inTransaction, type Trx } from '../../db/kit/transaction.ts';
import { ANSWER_WITHIN_MS, findSameRequest, type KeyedRequest, pendingReply, storedReply } from './keyed-request.ts';
import type { Reply } from './operation.ts';
import { Problem } from './problem.ts';

/** The effect and its answer are written in one transaction, once. A thrown Problem leaves the key unused. */
export async function runOnce(request: KeyedRequest, effect: (trx: Trx) => Promise<Reply>): Promise<Reply> {
  const reply = await inTransaction(request.deps.db, request.actor, async (trx) => {
    // A repeated request finds its key taken. Of equal requests at once the second waits here for the first one's transaction.
    const id = await storeRequest(trx, request);
    if (id === undefined) return undefined;
    const answer = await effect(trx);
    await storeResponse(trx, id, answer, { acked: true });
    return answer;
  });
  return reply ?? waitForFirstAnswer(request);
}

/** The same for an effect that takes long and lies outside Postgres: no transaction is held over it. */
export async function runOnceOutsideTransaction(request: KeyedRequest, effect: () => Promise<Reply>): Promise<Reply> {
  const { db } = request.deps;
  const id = (await findSameRequest(request)) ? undefined : await storeRequest(db, request);
  if (id === undefined) return waitForFirstAnswer(request);
  try {
    const reply = await effect();
    await storeResponse(db, id, reply, { acked: true });
    return reply;
  } catch (error) {
    await forgetCommand(db, id); // Nothing has been answered, so the key is given free for the next try.
    throw error;
  }
}

/** The row's id; undefined when the key is taken. */
async function storeRequest(db: Database, request: KeyedRequest): Promise<string | undefined> {
  const id = uuid();
  const stored = await storeCommand(db, {
    id,
    accountId: request.caller.personId,
    idempotencyKey: request.idempotencyKey,
    requestHash: request.requestHash,
    operation: request.operationId,
    requestId: request.requestId,
    pathwayId: null,
    pathwayKind: null,
    name: null,
    actor: request.actor,
    input: null,
    texts: {},
    ifVersion: null,
  });
  return stored ? id : undefined;
}

async function waitForFirstAnswer(request: KeyedRequest): Promise<Reply> {
  for (const deadline = Date.now() + ANSWER_WITHIN_MS; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const row = await findSameRequest(request);
    // The first request with this key has failed and given the key free, so the caller is asked to send this one again.
    if (!row) throw new Problem('unavailable', { headers: { 'retry-after': '1' } });
    const reply = storedReply(row);
    if (reply) return reply;
    if (Date.now() > deadline) return pendingReply(row.id);
  }
}
