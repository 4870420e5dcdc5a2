/** Audit entries that are not part of a commit: who read what of a patient, who was turned away. */
import type { Actor } from '../../domain/kit/pathway.ts';
import type { Database } from './database.ts';

export interface Read {
  actor: Actor;
  action: string;
  targetType: string;
  targetId: string | null;
  /** one entry for each patient whose data was shown */
  patientIds: readonly string[];
  requestId: string;
}

export async function auditRead(db: Database, { actor, action, targetType, targetId, patientIds, requestId }: Read): Promise<void> {
  if (patientIds.length === 0) return;
  const rows = [...new Set(patientIds)].map((patientId) => ({
    happened_at: new Date(),
    actor: JSON.stringify(actor),
    institution_id: actor.institutionId,
    action,
    target_type: targetType,
    target_id: targetId,
    patient_id: patientId,
    outcome: 'done' as const,
    request_id: requestId,
  }));
  await db.insertInto('audit').values(rows).execute();
}

export interface Denied {
  actor: Actor;
  action: string;
  targetId: string | null;
  code: string;
  requestId: string;
}

export async function auditDenied(db: Database, { actor, action, targetId, code, requestId }: Denied): Promise<void> {
  const row = {
    happened_at: new Date(),
    actor: JSON.stringify(actor),
    institution_id: actor.institutionId || null,
    action,
    target_type: 'operation',
    target_id: targetId,
    outcome: 'denied' as const,
    code,
    request_id: requestId,
  };
  await db.insertInto('audit').values(row).execute();
}

/** A change that concerns no patient. */
export async function auditChange(
  db: Database,
  { actor, action, targetType, targetId, requestId }: Omit<Read, 'patientIds'>,
): Promise<void> {
  const row = {
    happened_at: new Date(),
    actor: JSON.stringify(actor),
    institution_id: actor.institutionId,
    action,
    target_type: targetType,
    target_id: targetId,
    outcome: 'done' as const,
    request_id: requestId,
  };
  await db.insertInto('audit').values(row).execute();
}
