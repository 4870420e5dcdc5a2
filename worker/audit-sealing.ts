/** Seals what was written to the audit, and signs every hour how far its chains have come. Any number of workers may do so. */
import { type AuditKey, makeCheckpoints } from '../db/audit/checkpoints.ts';
import { sealAudit } from '../db/audit/seal.ts';
import type { Database } from '../db/kit/database.ts';
import type { Log } from '../platform/log.ts';
import { createRounds, type Idle, idleFor, type Rounds } from '../platform/rounds.ts';

export interface AuditSealingDependencies {
  db: Database;
  key: AuditKey;
  log: Pick<Log, 'info' | 'warn'>;
  /** Until when it rests after a round; by default two seconds. */
  idle?: Idle;
}

const IDLE_MS = 2_000;
const HOUR_MS = 3_600_000;

export function createAuditSealing({ db, key, log, idle = idleFor(IDLE_MS) }: AuditSealingDependencies): Rounds {
  let signedAt = Number.NEGATIVE_INFINITY;
  return createRounds(async () => {
    try {
      await sealAudit(db);
      if (performance.now() - signedAt >= HOUR_MS) {
        // The log leaves this database: whoever cuts a chain off and signs it anew contradicts it.
        for (const checkpoint of await makeCheckpoints(db, key, new Date())) log.info(checkpoint, 'audit checkpoint');
        signedAt = performance.now();
      }
    } catch (error) {
      log.warn({ err: error }, 'the audit could not be sealed');
    }
    return 'idle';
  }, idle);
}
