/** What the tasks of follow-ups are about, as the states of their follow-ups have it. */
import { sql } from 'kysely';
import type { Episode, VisitPlan } from '../../domain/follow-up/state.ts';
import type { Database } from '../kit/database.ts';

export interface TaskGround {
  pathwayId: string;
  plan: VisitPlan | null;
  episodes: Pick<Episode, 'id' | 'rule'>[];
}

/** By the id of the follow-up. */
export async function listTaskGrounds(db: Database, pathwayIds: readonly string[]): Promise<ReadonlyMap<string, TaskGround>> {
  const { rows } = await sql<TaskGround>`
    select id as "pathwayId", nullif(state -> 'plan', 'null') as plan, coalesce(nullif(state -> 'episodes', 'null'), '[]') as episodes
    from pathway where id = any(${[...pathwayIds]}::uuid[]) and kind = 'follow-up'`.execute(db);
  return new Map(rows.map((row) => [row.pathwayId, row]));
}
