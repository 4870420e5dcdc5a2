/** Who reported a fact or decided about it, as the audit keeps it. */
import type { Actor } from '../../domain/kit/pathway.ts';
import type { WriteAction } from '../audit-actions.ts';
import { appendAudit } from '../kit/audit.ts';
import type { Trx } from '../kit/transaction.ts';

export interface RecordedBy {
  actor: Actor;
  requestId: string;
}

export interface FactAudit {
  action: WriteAction;
  factId: string;
  occurredAt: Date;
  patientId: string | null;
  code: string | null;
}

export async function auditFact(
  trx: Trx,
  { actor, requestId }: RecordedBy,
  { action, factId, occurredAt, patientId, code }: FactAudit,
): Promise<void> {
  await appendAudit(trx, {
    happenedAt: occurredAt,
    actor,
    institutionId: actor.institutionId,
    action,
    targetType: 'fact',
    targetId: factId,
    patientId,
    outcome: 'done',
    code,
    requestId,
  });
}
