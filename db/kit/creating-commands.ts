/** Commands that create pathways and that no request waits for: stored with what calls for the pathway, sent by the relay. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Actor } from '../../domain/kit/pathway.ts';
import { findDecider, type PathwayKind } from '../../domain/kit/registry.ts';
import type { Database } from './database.ts';
import type { Trx } from './transaction.ts';

export interface CreatingCommand {
  kind: PathwayKind;
  pathwayId: string;
  /** The decider's `creation`. */
  name: string;
  actor: Actor;
  /** Ids, codes and instants, which the workflow gets. */
  input: unknown;
  /** Free text, which stays in the command's row. */
  texts?: Record<string, unknown>;
  requestId: string;
}

/** One statement for all of them. A pathway that is being created already is not created twice. */
export async function storeCreatingCommands(trx: Trx, commands: readonly CreatingCommand[]): Promise<void> {
  if (commands.length === 0) return;
  const rows = commands.map(({ kind, pathwayId, name, actor, input, texts = {}, requestId }) => ({
    id: uuid(),
    accountId: actor.personId,
    key: `${kind}:${pathwayId}`,
    hash: createHash('sha256').update(pathwayId).digest('hex'),
    requestId,
    pathwayId,
    kind,
    name,
    actor,
    input,
    texts,
  }));
  await sql`
    insert into command (id, account_id, idempotency_key, request_hash, operation, request_id, pathway_id, pathway_kind, name, actor, input, texts, relay_at)
    select (row ->> 'id')::uuid, row ->> 'accountId', row ->> 'key', decode(row ->> 'hash', 'hex'), row ->> 'name', row ->> 'requestId',
      (row ->> 'pathwayId')::uuid, row ->> 'kind', row ->> 'name', row -> 'actor', row -> 'input', row -> 'texts', now()
    from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) as row
    on conflict (account_id, idempotency_key) do nothing`.execute(trx);
}

/** Whether a pathway's creating command is stored and not decided yet. */
export async function isBeingCreated(db: Database, { pathwayId, kind }: { pathwayId: string; kind: string }): Promise<boolean> {
  const row = await db
    .selectFrom('command')
    .select('id')
    .where('pathway_id', '=', pathwayId)
    .where('name', '=', findDecider(kind)?.creation ?? '')
    .where('outcome', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}
