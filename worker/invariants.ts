/** Watches what must never be so while the service runs. Any number of workers may do so. */
import { noteAskedAfterDeath } from '../db/identity-check/asked-after-death.ts';
import type { Database } from '../db/kit/database.ts';
import type { Log } from '../platform/log.ts';
import { createRounds, type Idle, idleFor, type Rounds } from '../platform/rounds.ts';

export interface InvariantWatchDependencies {
  db: Database;
  log: Pick<Log, 'warn' | 'error'>;
  /** Until when it rests; by default a minute, which is as long as something may be under way. */
  idle?: Idle;
}

const IDLE_MS = 60_000;

export function createInvariantWatch({ db, log, idle = idleFor(IDLE_MS) }: InvariantWatchDependencies): Rounds {
  return createRounds(async () => {
    try {
      const violations = await noteAskedAfterDeath(db);
      if (violations > 0) log.error({ violations }, 'somebody who has died is being asked for: see the table asked_after_death');
    } catch (error) {
      log.warn({ err: error }, 'the invariants could not be looked at');
    }
    return 'idle';
  }, idle);
}
