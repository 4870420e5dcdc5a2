/** The activities of the worker and what they need. */
import type { Database } from '../db/kit/database.ts';
import { followUpProjection } from './follow-up/projection.ts';
import { commit } from './kit/commit.ts';
import { referralProjection } from './referral/projection.ts';

export interface ActivityDependencies {
  db: Database;
}

/** One projection a pathway: what its own tables show of a decision. */
const projections = { referral: referralProjection, 'follow-up': followUpProjection };

export function createActivities({ db }: ActivityDependencies) {
  return { commit: (request: Parameters<typeof commit>[2]) => commit(db, projections, request) };
}
