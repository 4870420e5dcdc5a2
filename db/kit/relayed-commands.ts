/** Commands that a transaction leaves for a pathway, in the name of whoever acts in it: neither is there without the other, whoever dies. */
import { createHash } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { PathwayKind } from '../../domain/kit/registry.ts';
import { storeCommand } from './commands.ts';
import type { Trx } from './transaction.ts';

export interface RelayedCommand {
  /** Names the step that leaves the command, so that the step leaves it once. */
  key: string;
  /** A random one unless it is given. */
  id?: string;
  /** The operation of the API that asks for the same. */
  operation: string;
  requestId: string;
  pathwayId: string;
  pathwayKind: PathwayKind;
  name: string;
  actor: Actor;
  /** Ids, codes and instants, which the workflow gets. */
  input: unknown;
  /** Free text, which stays in the command's row. */
  texts?: Record<string, unknown>;
}

/** Nobody waits for the answer: the relay sends the command when the transaction has ended. */
export async function storeRelayedCommand(trx: Trx, { key, id = uuid(), actor, texts = {}, ...command }: RelayedCommand): Promise<void> {
  await storeCommand(trx, {
    ...command,
    id,
    actor,
    texts,
    accountId: actor.personId,
    idempotencyKey: key,
    requestHash: createHash('sha256').update(key).digest(),
    ifVersion: null,
    forRelay: true,
  });
}
