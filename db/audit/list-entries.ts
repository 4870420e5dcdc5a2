/** The audit as those read it who have to: newest first, by who, whom, what and when. */
import { type RawBuilder, sql } from 'kysely';
import { readEndings } from '../audit-actions.ts';
import type { Database } from '../kit/database.ts';
import type { ChainedEntry } from './chain.ts';
import { chainOf, type EntryRow, entryColumns, toChainedEntry } from './entries.ts';

export interface AuditFilter {
  /** The institutions within reach; undefined: all of them. */
  within?: readonly string[] | undefined;
  actorId?: string | undefined;
  patientId?: string | undefined;
  action?: string | undefined;
  outcome?: ChainedEntry['outcome'] | undefined;
  institutionId?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
  targetId?: string | undefined;
}

/** `seq` is null until the entry is sealed, some seconds after it was written. */
export type ListedEntry = Omit<ChainedEntry, 'seq'> & { id: string; seq: number | null };

/** `before`: the id of the last entry of the page before this one. */
export async function listAudit(
  db: Database,
  filter: AuditFilter,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<ListedEntry[]> {
  const conditions = [before === undefined ? sql`true` : sql`audit.id < ${before}::bigint`, ...conditionsOf(filter)];
  const { rows } = await sql<EntryRow & { seq: string | null }>`
    select ${entryColumns}, audit_seal.seq from audit left join audit_seal on audit_id = audit.id
    where ${sql.join(conditions, sql` and `)} order by audit.id desc limit ${limit}`.execute(db);
  return rows.map((row) => ({ ...toChainedEntry(row, chainOf(row), 0), id: row.id, seq: row.seq === null ? null : Number(row.seq) }));
}

function conditionsOf({
  within,
  actorId,
  patientId,
  action,
  outcome,
  institutionId,
  from,
  to,
  targetId,
}: AuditFilter): RawBuilder<unknown>[] {
  return [
    ...(within === undefined ? [] : [sql`audit.institution_id = any(${[...within]}::text[])`]),
    ...(actorId === undefined ? [] : [sql`audit.actor ->> 'personId' = ${actorId}`]),
    // Two indexes, one answer each.
    ...(patientId === undefined
      ? []
      : [
          sql`audit.id in (
            select id from audit as of_one where of_one.patient_id = ${patientId}
            union all select id from audit as of_many where of_many.patient_ids @> array[${patientId}]::text[] and of_many.patient_ids is not null)`,
        ]),
    ...(action === undefined ? [] : [sql`audit.action = ${action}`]),
    ...(outcome === undefined ? [] : [conditionOfOutcome(outcome)]),
    ...(institutionId === undefined ? [] : [sql`audit.institution_id = ${institutionId}`]),
    ...(from === undefined ? [] : [sql`audit.happened_at >= ${from}`]),
    ...(to === undefined ? [] : [sql`audit.happened_at < ${to}`]),
    ...(targetId === undefined ? [] : [sql`audit.target_id = ${targetId}`]),
  ];
}

function conditionOfOutcome(outcome: ChainedEntry['outcome']): RawBuilder<unknown> {
  switch (outcome) {
    case 'refused':
      return sql`audit.outcome in ('refused', 'denied')`;
    case 'read':
      return sql`audit.outcome = 'done' and audit.action ~ ${readEndings.source}`;
    case 'done':
      return sql`audit.outcome = 'done' and audit.action !~ ${readEndings.source}`;
  }
}
