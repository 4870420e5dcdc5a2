/** A death that another system reports answers the question whether the resident has died; until it is answered everything about the resident rests. */
import type { Trx } from '../kit/transaction.ts';
import { decideCheck, lockOpenCheck } from './decide-check.ts';
import { holdTasks } from './hold.ts';

/** The caller holds the lock of the resident. */
export async function settleReportedDeath(trx: Trx, recordIds: readonly string[], factId: string): Promise<void> {
  const check = await lockOpenCheck(trx, { kind: 'death', recordIds });
  if (check) await decideCheck(trx, check, { confirmed: true, decision: { factId }, by: null, closedBy: 'patient-died' });
}

/** Two records have become one: what rested for the one rests for both as long as the question is open. The caller holds the lock of the resident. */
export async function restWhileDeathIsAsked(trx: Trx, recordIds: readonly string[]): Promise<void> {
  if (await lockOpenCheck(trx, { kind: 'death', recordIds })) await holdTasks(trx, recordIds);
}
