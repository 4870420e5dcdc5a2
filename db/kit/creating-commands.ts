/** Commands that create pathways and that no request waits for: stored with what calls for the pathway, sent by the relay. */
import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Actor } from '../../domain/kit/pathway.ts';
import { findDecider, type PathwayKind } from '../../domain/kit/registry.ts';
import type { Database } from './database.ts';

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

/**
 * The part `created` of a `with`: it stores all of them and gives `id` and `pathway_id` of those that are new. A pathway that is being created already is
 * not created twice.
 */
export function insertCreatingCommands(commands: readonly CreatingCommand[]): RawBuilder<unknown> {
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
  return sql`
    created as (
      insert into command (id, account_id, idempotency_key, request_hash, operation, request_id, pathway_id, pathway_kind, name, actor, input, texts, relay_at)
      select (row ->> 'id')::uuid, row ->> 'accountId', row ->> 'key', decode(row ->> 'hash', 'hex'), row ->> 'name', row ->> 'requestId',
        (row ->> 'pathwayId')::uuid, row ->> 'kind', row ->> 'name', row -> 'actor', row -> 'input', row -> 'texts', now()
      from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) as row
      on conflict (account_id, idempotency_key) do nothing
      returning id, pathway_id
    )`;
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
