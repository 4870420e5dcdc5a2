/** Command rows: stored before they are sent, answered once, kept for ever. */
import { sql } from 'kysely';
import type { Actor, Refusal } from '../../domain/kit/pathway.ts';
import { appendAuditSelected } from './audit.ts';
import type { Database } from './database.ts';
import { storeDocumentsOf } from './documents.ts';
import { afterSeconds, type LeasedQueue, selectDueRows } from './leased-queue.ts';
import { queueCadences } from './queue-cadences.ts';
import type { Trx } from './transaction.ts';

export interface NewCommand {
  id: string;
  accountId: string;
  idempotencyKey: string;
  requestHash: Buffer;
  operation: string;
  requestId: string;
  pathwayId: string | null;
  pathwayKind: string | null;
  name: string | null;
  actor: Actor;
  input: unknown;
  texts: Record<string, unknown>;
  ifVersion: number | null;
  /** No request waits for the answer, so the relay may send the command at once. */
  forRelay?: boolean;
}

export interface CommandRow {
  id: string;
  requestId: string;
  requestHash: Buffer;
  accountId: string;
  pathwayId: string | null;
  pathwayKind: string | null;
  name: string | null;
  actor: Actor;
  input: unknown;
  ifVersion: number | null;
  outcome: StoredOutcome | null;
  createdAt: Date;
  ackedAt: Date | null;
  responseStatus: number | null;
  responseBody: unknown;
}

/** A command that a pathway refuses, with who asked. */
export interface RefusedCommand {
  pathwayId: string;
  name: string;
  actor: Actor;
  input: unknown;
  requestId: string;
  /** On the clock of the pathway. */
  at: Date;
}

export type StoredOutcome = { ok: true; version: number } | { ok: false; refusal: Refusal };

const columns = [
  'id',
  'request_id as requestId',
  'request_hash as requestHash',
  'account_id as accountId',
  'pathway_id as pathwayId',
  'pathway_kind as pathwayKind',
  'name',
  'actor',
  'input',
  'if_version as ifVersion',
  'outcome',
  'created_at as createdAt',
  'acked_at as ackedAt',
  'response_status as responseStatus',
  'response_body as responseBody',
] as const;

export async function findCommandByKey(db: Database, accountId: string, idempotencyKey: string): Promise<CommandRow | undefined> {
  const row = await db
    .selectFrom('command')
    .select(columns)
    .where('account_id', '=', accountId)
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirst();
  return row as CommandRow | undefined;
}

export async function findCommand(db: Database, id: string): Promise<CommandRow | undefined> {
  return (await db.selectFrom('command').select(columns).where('id', '=', id).executeTakeFirst()) as CommandRow | undefined;
}

/** The record of a patient as a check has read it. */
export interface PatientVersion {
  patientId: string;
  patientVersion: number;
}

/**
 * False when the key is taken: read the row that holds it. With `reliesOn` also when the patient is not any more as a check has read it: a fact
 * that is being recorded at this moment is waited for. One that comes later finds the row and is owed to its pathway.
 */
export async function storeCommand(db: Database, command: NewCommand, reliesOn?: PatientVersion): Promise<boolean> {
  const {
    id,
    accountId,
    idempotencyKey,
    requestHash,
    operation,
    requestId,
    pathwayId,
    pathwayKind,
    name,
    ifVersion,
    forRelay = false,
  } = command;
  const input = await storeDocumentsOf(db, pathwayKind ?? '', command.input);
  const unchanged = reliesOn
    ? sql`(select from patient where id = ${reliesOn.patientId} and version = ${reliesOn.patientVersion} for share) as unchanged`
    : sql`(select) as unchanged`;
  const { numAffectedRows } = await sql`
    insert into command (id, account_id, idempotency_key, request_hash, operation, request_id, pathway_id, pathway_kind, name, actor, input, texts,
      if_version, relay_at)
    select ${id}::uuid, ${accountId}, ${idempotencyKey}, ${requestHash}::bytea, ${operation}, ${requestId}, ${pathwayId}::uuid, ${pathwayKind}, ${name},
      ${JSON.stringify(command.actor)}::jsonb, ${JSON.stringify(input)}::jsonb, ${JSON.stringify(command.texts)}::jsonb, ${ifVersion}::integer,
      case when ${forRelay}::boolean then now() end
    from ${unchanged}
    on conflict (account_id, idempotency_key) do nothing`.execute(db);
  return (numAffectedRows ?? 0n) > 0n;
}

/** The part of a command's row that the commit needs. */
export interface CommandToCommit {
  outcome: StoredOutcome | null;
  /** The free text, which stays in the row. */
  texts: Record<string, unknown>;
  requestId: string;
}

export async function findCommandToCommit(trx: Trx, id: string): Promise<CommandToCommit | undefined> {
  const row = await trx
    .selectFrom('command')
    .select(['outcome', 'texts', 'request_id as requestId'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row && { outcome: row.outcome as StoredOutcome | null, texts: row.texts ?? {}, requestId: row.requestId };
}

export async function storeOutcome(trx: Trx, id: string, outcome: StoredOutcome, decidedAt: Date): Promise<void> {
  await trx
    .updateTable('command')
    .set({ outcome: JSON.stringify(outcome), decided_at: decidedAt })
    .where('id', '=', id)
    .execute();
}

/**
 * Writes a refusal that the workflow gave without a trace, with its audit entry. An outcome that stands already stays.
 * Returns the outcome that stands.
 */
export async function recordRefusal(db: Database, commandId: string, refusal: Refusal): Promise<StoredOutcome> {
  const outcome = JSON.stringify({ ok: false, refusal });
  const audited = appendAuditSelected({
    from: sql`refused`,
    happenedAt: sql`now()`,
    actor: sql`refused.actor`,
    institutionId: sql`refused.actor ->> 'institutionId'`,
    action: sql`refused.pathway_kind || '.' || refused.name`,
    targetType: sql`refused.pathway_kind`,
    targetId: sql`refused.pathway_id`,
    patientId: sql`(select patient_id from pathway where id = refused.pathway_id)`,
    outcome: 'refused',
    code: refusal.code,
    requestId: sql`refused.request_id`,
  });
  const { rows } = await sql<{ outcome: StoredOutcome }>`
    with refused as (
      update command set outcome = ${outcome}, decided_at = now() where id = ${commandId} and outcome is null returning *
    ), audited as (${audited})
    select outcome from refused
    union all select outcome from command where id = ${commandId} and outcome is not null`.execute(db);
  // Neither row: the commit wrote the outcome in between.
  return rows[0]?.outcome ?? ((await findCommand(db, commandId))?.outcome as StoredOutcome);
}

/** Temporal has returned the Update (or no open workflow is left to return it). */
export async function markAcked(db: Database, commandId: string): Promise<void> {
  await sql`update command set acked_at = coalesce(acked_at, now()) where id = ${commandId}`.execute(db);
}

/** Keeps the first answer; returns the one that is kept. */
export async function storeResponse(
  db: Database,
  commandId: string,
  response: { status: number; body: unknown },
  { acked }: { acked: boolean },
): Promise<{ status: number; body: unknown }> {
  const { rows } = await sql<{ status: number; body: unknown }>`
    update command set
      response_body = case when response_status is null then ${JSON.stringify(response.body)}::json else response_body end,
      response_status = coalesce(response_status, ${response.status}),
      acked_at = case when ${acked} then coalesce(acked_at, now()) else acked_at end
    where id = ${commandId} returning response_status as status, response_body as body`.execute(db);
  return rows[0] as { status: number; body: unknown };
}

/** May be called only for a row whose effect did not happen and that was never answered. */
export async function forgetCommand(db: Database, commandId: string): Promise<void> {
  await db.deleteFrom('command').where('id', '=', commandId).where('pathway_id', 'is', null).where('response_status', 'is', null).execute();
}

const queue: LeasedQueue = {
  table: 'command',
  key: ['id'],
  doneAt: 'acked_at',
  together: ['pathway_id'],
  order: ['created_at', 'id'],
};

/** Rows that nobody has had an answer for, oldest first, leased so that two relays do not take the same; one a pathway at a time, in order. */
export async function leaseUnanswered(db: Database, { olderThanMs, limit }: { olderThanMs: number; limit: number }): Promise<CommandRow[]> {
  const due = sql`waiting.pathway_id is not null
    and coalesce(waiting.relay_at, waiting.created_at + ${olderThanMs} * interval '1 millisecond') < now()`;
  const { rows } = await sql<CommandRow>`
    update command set relay_at = ${afterSeconds(queueCadences.commands.leaseSeconds)}, relay_attempts = relay_attempts + 1
    where id in (${selectDueRows(queue, { due, first: ['created_at'], limit })})
    returning id, request_id as "requestId", request_hash as "requestHash", account_id as "accountId", pathway_id as "pathwayId", pathway_kind as "pathwayKind", name, actor, input, if_version as "ifVersion", outcome,
      created_at as "createdAt", acked_at as "ackedAt", response_status as "responseStatus", response_body as "responseBody"`.execute(db);
  return rows;
}
