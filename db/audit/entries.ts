/** Entries of the audit as lists, exports and hashes have them. */
import { type RawBuilder, sql } from 'kysely';
import { isReadAction } from '../audit-actions.ts';
import type { ChainedEntry } from './chain.ts';

/** The chain of what nobody did, as people write it; in the tables its name is empty. */
export const allianceChain = 'alliance';
export const toChainName = (chain: string): string => (chain === '' ? allianceChain : chain);
export const toStoredChain = (name: string): string => (name === allianceChain ? '' : name);

/** Instants with all that Postgres keeps of them: a change of a microsecond is a change. */
const instant = (column: RawBuilder<unknown>): RawBuilder<string> =>
  sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** What is selected of the table `audit` for `toChainedEntry`. */
export const entryColumns = sql`audit.id, audit.institution_id, ${instant(sql`audit.happened_at`)} as at,
  ${instant(sql`audit.recorded_at`)} as recorded_at, audit.actor, audit.action, audit.target_type, audit.target_id, audit.patient_id,
  audit.patient_ids, audit.outcome, audit.code, audit.request_id, audit.reason`;

export interface EntryRow {
  id: string;
  institution_id: string | null;
  at: string;
  recorded_at: string;
  actor: unknown;
  action: string;
  target_type: string;
  target_id: string | null;
  patient_id: string | null;
  patient_ids: string[] | null;
  outcome: 'done' | 'refused' | 'denied';
  code: string | null;
  request_id: string | null;
  reason: string | null;
}

/** The form that is hashed: it never changes. Who needs another one gives it a number and leaves this one for what was sealed by it. */
export function toChainedEntry(row: EntryRow, chain: string, seq: number): ChainedEntry {
  const denied = row.outcome === 'denied';
  return {
    seq,
    institutionId: toChainName(chain),
    targetInstitutionId: row.institution_id,
    at: row.at,
    recordedAt: row.recorded_at,
    actor: row.actor,
    action: row.action,
    target: { type: row.target_type, id: row.target_id },
    patientId: row.patient_id,
    patientIds: row.patient_ids,
    outcome: row.outcome === 'done' ? (isReadAction(row.action) ? 'read' : 'done') : 'refused',
    denied,
    code: row.code,
    requestId: row.request_id,
    reason: row.reason,
  };
}

/** The chain of an entry follows from who acted. */
export const chainOf = ({ actor }: EntryRow): string =>
  typeof actor === 'object' && actor !== null && 'institutionId' in actor && typeof actor.institutionId === 'string'
    ? actor.institutionId
    : '';
