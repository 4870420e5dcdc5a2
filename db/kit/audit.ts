/** The only door to the audit: who saw, changed or was refused what, one entry after the other, never changed. */
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { ReadAction, StepAction, WriteAction } from '../audit-actions.ts';
import type { Database } from './database.ts';
import type { AuditTable } from './tables.ts';

/** No person acted: time came, or a fact. */
export const system = { system: true } as const;

/** Of a pathway's step, of what was looked at, or of what was changed. `denied` names the operation that was asked for. */
type Action = { action: ReadAction | WriteAction | StepAction; outcome: 'done' | 'refused' } | { action: string; outcome: 'denied' };

export type AuditEntry = Action & {
  happenedAt: Date;
  actor: Actor | typeof system;
  institutionId: string | null;
  targetType: string;
  targetId: string | null;
  patientId: string | null;
  /** Of a read that showed more than one patient; then `patientId` is null. */
  patientIds?: string[];
  /** The code of the refusal; for some changes, what was changed. */
  code: string | null;
  requestId: string | null;
  /** Why, where whoever acts has to say so. */
  reason?: string;
};

/** One statement; none without entries. */
export async function appendAudit(db: Database, ...entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map((entry) => ({
    happened_at: entry.happenedAt,
    actor: JSON.stringify(entry.actor),
    institution_id: entry.institutionId,
    action: entry.action,
    target_type: entry.targetType,
    target_id: entry.targetId,
    patient_id: entry.patientId,
    patient_ids: entry.patientIds ?? null,
    outcome: entry.outcome,
    code: entry.code,
    request_id: entry.requestId,
    reason: entry.reason ?? null,
  }));
  await db.insertInto('audit').values(rows).execute();
}

/** A value, or the SQL that selects it. */
type Selected<T> = T | RawBuilder<T>;

export interface SelectedAuditEntry {
  /** what stands after `from`, with its conditions; without it there is one entry */
  from?: RawBuilder<unknown>;
  happenedAt: Selected<Date>;
  actor: Actor | RawBuilder<unknown>;
  institutionId: Selected<string | null>;
  action: Selected<ReadAction | WriteAction | StepAction>;
  targetType: Selected<string>;
  targetId: Selected<string | null>;
  patientId: Selected<string | null>;
  outcome: 'done' | 'refused';
  code: Selected<string | null>;
  requestId: Selected<string | null>;
}

/** The same as a part of a larger statement, `with audited as (…)`: one entry for each row that `from` gives. */
export function appendAuditSelected({ from, actor, ...entry }: SelectedAuditEntry): RawBuilder<unknown> {
  const who = 'personId' in actor ? JSON.stringify(actor) : actor;
  return sql`
    insert into audit (happened_at, actor, institution_id, action, target_type, target_id, patient_id, outcome, code, request_id)
    select ${entry.happenedAt}, ${who}, ${entry.institutionId}, ${entry.action}, ${entry.targetType}, ${entry.targetId}, ${entry.patientId},
      ${entry.outcome}, ${entry.code}, ${entry.requestId}
    ${from ? sql`from ${from}` : sql``}`;
}

interface AskedFor {
  actor: Actor;
  targetType: string;
  targetId: string | null;
  requestId: string;
}

/** Writes one entry with all patients whose data was shown, and none when no patient's was. */
export async function auditRead(
  db: Database,
  { actor, patientIds, ...asked }: AskedFor & { action: ReadAction; patientIds: readonly string[] },
): Promise<void> {
  const shown = [...new Set(patientIds)];
  const [first] = shown;
  if (first === undefined) return;
  await appendAudit(db, {
    ...asked,
    happenedAt: new Date(),
    actor,
    institutionId: actor.institutionId,
    outcome: 'done',
    code: null,
    ...(shown.length === 1 ? { patientId: first } : { patientId: null, patientIds: shown }),
  });
}

/** A change that somebody asked for. `patientId`: whom it concerns; null where it concerns no patient. */
export async function auditWrite(
  db: Database,
  { actor, patientId, ...asked }: AskedFor & { action: WriteAction; patientId: string | null; code?: string; reason?: string },
): Promise<void> {
  await appendAudit(db, {
    code: null,
    ...asked,
    happenedAt: new Date(),
    actor,
    institutionId: actor.institutionId,
    patientId,
    outcome: 'done',
  });
}

export interface Denied {
  actor: Actor;
  /** The id of the operation that was asked for. */
  action: string;
  targetId: string | null;
  code: string;
  requestId: string;
}

export async function auditDenied(db: Database, { actor, ...denied }: Denied): Promise<void> {
  await appendAudit(db, {
    ...denied,
    happenedAt: new Date(),
    actor,
    // Nobody has signed in yet where the institution is empty.
    institutionId: actor.institutionId || null,
    targetType: 'operation',
    patientId: null,
    outcome: 'denied',
  });
}

/**
 * Who saw or changed what of a patient, newest first: entries that concern this patient alone, and reads that showed others beside. `before`: the id of
 * the last entry of the page before this one.
 */
export async function listAuditOfPatient(
  db: Database,
  patientId: string,
  { limit, before }: { limit: number; before?: string },
): Promise<Selectable<AuditTable>[]> {
  const earlier = before === undefined ? sql`true` : sql`id < ${before}::bigint`;
  const newest = sql`order by id desc limit ${limit}`;
  // offset 0: all that the index has of the patient and then the newest, where the planner would rather go through the newest of everybody.
  const { rows } = await sql<Selectable<AuditTable>>`
    select * from (
      (select * from audit where patient_id = ${patientId} and ${earlier} ${newest})
      union all
      (select * from (select * from audit where patient_ids @> array[${patientId}]::text[] and patient_ids is not null offset 0) as read where ${earlier} ${newest})
    ) as entry ${newest}`.execute(db);
  return rows;
}
