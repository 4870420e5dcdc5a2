/** A request with an Idempotency-Key, and what was answered to it before: the same key and request always get the first answer. */
import { type CommandRow, findCommandByKey } from '../../db/kit/commands.ts';
import type { OperationRequest, Reply } from './operation.ts';
import { Problem } from './problem.ts';

/** The part of a request that storing and answering it needs. A facade that brings a key of its own makes one of these too. */
export type KeyedRequest = Pick<
  OperationRequest,
  'deps' | 'caller' | 'actor' | 'requestId' | 'idempotencyKey' | 'requestHash' | 'ifVersion' | 'operationId' | 'language'
>;

/** A caller waits at most this long, which is less than the time-outs of browsers and gateways; then 202 and the command's address. */
export const ANSWER_WITHIN_MS = 5_000;

/** The row of the same request that came before; undefined when the key is free. Throws Problem 422 when it stands for another request. */
export async function findSameRequest({
  deps,
  caller,
  idempotencyKey,
  requestHash,
}: Pick<KeyedRequest, 'deps' | 'caller' | 'idempotencyKey' | 'requestHash'>): Promise<CommandRow | undefined> {
  const row = await findCommandByKey(deps.db, caller.personId, idempotencyKey);
  if (row && !row.requestHash.equals(requestHash)) throw new Problem('idempotency-key-reused');
  return row;
}

export const replayedHeader = { 'idempotency-replayed': 'true' };

/** Gives the answer that the row keeps, or undefined when the first request with this key has not been answered yet. */
export const storedReply = ({ responseStatus, responseBody }: CommandRow): Reply | undefined =>
  responseStatus === null ? undefined : { status: responseStatus, body: responseBody, headers: replayedHeader };

export const pendingReply = (id: string): Reply => ({
  status: 202,
  body: { id, state: 'pending' },
  headers: { location: `/v1/commands/${id}` },
});
