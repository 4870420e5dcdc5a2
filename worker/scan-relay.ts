/** Applies scans that had waited for a number before theirs, and seals what was appended to the custody ledger. Any number of relays may run. */
import type { Database } from '../db/kit/database.ts';
import { sealLedger } from '../db/sterile-supply/custody-seal.ts';
import { applyWaitingScans } from '../db/sterile-supply/waiting-scans.ts';
import type { Log } from '../platform/log.ts';
import { createRounds, type Idle, idleFor, type Rounds } from '../platform/rounds.ts';

export interface ScanRelayDependencies {
  db: Database;
  log: Pick<Log, 'warn'>;
  /** Until when it rests after a round; by default two seconds. */
  idle?: Idle;
}

export interface ScanRelay extends Rounds {
  /** Resolves with how many scans it applied and entries it sealed; rejects when Postgres does not answer. */
  relayOnce(): Promise<number>;
}

/** Nobody waits for a seal, and what waits for a gap waits a quarter of an hour. */
const IDLE_MS = 2_000;

export function createScanRelay({ db, log, idle = idleFor(IDLE_MS) }: ScanRelayDependencies): ScanRelay {
  const relayOnce = async (): Promise<number> => (await applyWaitingScans(db, new Date())) + (await sealLedger(db));
  const rounds = createRounds(async () => {
    await relayOnce().catch((error: unknown) => log.warn({ err: error }, 'scans could not be relayed'));
    return 'idle';
  }, idle);
  return { relayOnce, ...rounds };
}
