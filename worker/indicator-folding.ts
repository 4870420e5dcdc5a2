/** Adds what the parts of referrals count to the sums of their months, as soon as enough has changed. Any number of workers may do so. */
import type { Database } from '../db/kit/database.ts';
import { foldReferralChanges, MOST_CHANGES_WAITING } from '../db/referral/month-figures.ts';
import type { Log } from '../platform/log.ts';
import { createRounds, type Idle, idleFor, type Rounds } from '../platform/rounds.ts';

export interface IndicatorFoldingDependencies {
  db: Database;
  log: Pick<Log, 'warn'>;
  /** Until when it rests; by default a minute. Figures are exact meanwhile. */
  idle?: Idle;
}

const IDLE_MS = 60_000;

export function createIndicatorFolding({ db, log, idle = idleFor(IDLE_MS) }: IndicatorFoldingDependencies): Rounds {
  return createRounds(async () => {
    try {
      // A full step is followed by the next one: the last step of many is not full.
      if ((await foldReferralChanges(db)) === MOST_CHANGES_WAITING) return 0;
    } catch (error) {
      log.warn({ err: error }, 'indicators could not be summed up');
    }
    return 'idle';
  }, idle);
}
