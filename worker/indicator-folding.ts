/** Adds what the parts of referrals and of enrolments count to the sums of their months, as soon as enough has changed. Any number of workers may do so. */
import { extendFollowUpHorizon } from '../db/fills.ts';
import { foldFollowUpChanges } from '../db/follow-up/month-figures.ts';
import type { Database } from '../db/kit/database.ts';
import { MOST_CHANGES_WAITING } from '../db/kit/indicators.ts';
import { foldReferralChanges } from '../db/referral/month-figures.ts';
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
      const folded = [await foldReferralChanges(db), await foldFollowUpChanges(db)];
      if (folded.includes(MOST_CHANGES_WAITING)) return 0;
      await extendFollowUpHorizon(db, new Date());
    } catch (error) {
      log.warn({ err: error }, 'indicators could not be summed up');
    }
    return 'idle';
  }, idle);
}
