/** The activities of the worker and what they need. */
import type { Database } from '../db/kit/database.ts';
import type { SweepRequest } from '../workflows/sterile-supply-sweep.ts';
import { commit } from './kit/commit.ts';
import { sweepSupply } from './sterile-supply/sweep.ts';

export interface ActivityDependencies {
  db: Database;
}

export function createActivities({ db }: ActivityDependencies) {
  return {
    commit: (request: Parameters<typeof commit>[1]) => commit(db, request),
    sweepSupply: (request: SweepRequest) => sweepSupply(db, request),
  };
}
