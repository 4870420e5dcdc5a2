/** The activities of the worker and what they need. */
import type { Database } from '../db/kit/database.ts';
import { commit } from './kit/commit.ts';

export interface ActivityDependencies {
  db: Database;
}

export function createActivities({ db }: ActivityDependencies) {
  return { commit: (request: Parameters<typeof commit>[1]) => commit(db, request) };
}
