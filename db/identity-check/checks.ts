/** Identity checks as they are read. */
import type { IdentityCheckKind } from '../../domain/identity-check/events.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { Database } from '../kit/database.ts';

export interface IdentityCheck {
  id: string;
  kind: IdentityCheckKind;
  patientId: string;
  mergerId: string | null;
  /** Who has asked. */
  openedBy: string;
}

export async function listChecks(db: Database, ids: readonly string[]): Promise<IdentityCheck[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('identity_check')
    .select(['id', 'kind', 'patient_id as patientId', 'merger_id as mergerId', 'opened_by as openedBy'])
    .where('id', 'in', ids)
    .execute();
  return rows.map((row) => ({ ...row, openedBy: (row.openedBy as Actor).personId }));
}
