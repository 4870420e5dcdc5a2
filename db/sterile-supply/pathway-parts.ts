/** What the resources of sterile supply show of their pathways: how far the clock was pushed, the running timers, the open tasks. */
import { sql } from 'kysely';
import type { Timer } from '../../domain/sterile-supply/timers.ts';
import type { Database } from '../kit/database.ts';

export interface OpenPathwayTask {
  id: string;
  name: string;
  role: string;
  institutionId: string;
  ownerId: string | null;
  dueAt: Date | null;
}

export interface PathwayParts {
  clockOffsetMs: number;
  timers: Timer[];
  tasks: OpenPathwayTask[];
}

/** A pathway that its workflow has not begun yet runs on the server's clock and owes nothing. */
const notBegun: PathwayParts = { clockOffsetMs: 0, timers: [], tasks: [] };

/** Of one pathway; of one that does not exist yet as of one that owes nothing. */
export async function findPathwayParts(db: Database, pathwayId: string): Promise<PathwayParts> {
  return (await listPathwayParts(db, [pathwayId])).get(pathwayId) ?? notBegun;
}

/** Of any number of pathways by their ids, in two statements. Every id has an entry. */
export async function listPathwayParts(db: Database, pathwayIds: readonly string[]): Promise<Map<string, PathwayParts>> {
  if (pathwayIds.length === 0) return new Map();
  const pathways = await db
    .selectFrom('pathway')
    .select([
      'id',
      sql<number>`clock_offset_ms::float8`.as('clockOffsetMs'),
      sql<Timer[]>`case when status = 'open' then coalesce(state -> 'timers', '[]') else '[]' end`.as('timers'),
    ])
    .where('id', 'in', [...pathwayIds])
    .execute();
  const tasks = await db
    .selectFrom('task')
    .select(['id', 'name', 'role', 'pathway_id as pathwayId', 'institution_id as institutionId', 'owner_id as ownerId', 'due_at as dueAt'])
    .where('pathway_id', 'in', [...pathwayIds])
    .where('status', '=', 'open')
    .orderBy('due_at')
    .orderBy('id')
    .execute();
  const tasksById = Map.groupBy(tasks, ({ pathwayId }) => pathwayId);
  const begun = new Map(pathways.map(({ id, ...parts }) => [id, parts]));
  return new Map(
    pathwayIds.map((id) => {
      const ofPathway = (tasksById.get(id) ?? []).map(({ pathwayId: _, ...task }) => task);
      return [id, { ...notBegun, ...begun.get(id), tasks: ofPathway }];
    }),
  );
}
