/** One sweep of sterile supply, in one transaction. */
import type { Database } from '../../db/kit/database.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { runSweep, type SweepResult } from '../../db/sterile-supply/sweeps.ts';
import type { SweepRequest } from '../../workflows/sterile-supply-sweep.ts';

/** May be tried again: a second run at the same instant changes nothing. */
export const sweepSupply = (db: Database, { name, at }: SweepRequest): Promise<SweepResult> =>
  inTransaction(db, { system: true, part: 'commits' }, (trx) => runSweep(trx, name, new Date(at)));
