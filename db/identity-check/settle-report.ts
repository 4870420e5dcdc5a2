/** A death that another system reports answers the question whether the resident has died. */
import type { Trx } from '../kit/transaction.ts';
import { decideCheck, lockOpenCheck } from './decide-check.ts';

/** The caller holds the lock of the resident. */
export async function settleReportedDeath(trx: Trx, recordIds: readonly string[], factId: string): Promise<void> {
  const check = await lockOpenCheck(trx, { kind: 'death', recordIds });
  if (check) await decideCheck(trx, check, { confirmed: true, decision: { factId }, by: null, closedBy: 'patient-died' });
}
