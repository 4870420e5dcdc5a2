/** What the resources of sterile supply show of their pathways: how far the clock was pushed, the running timers, the open tasks. */
import { type RawBuilder, sql } from 'kysely';
import type { Timer } from '../../domain/sterile-supply/timers.ts';

export interface OpenPathwayTask {
  id: string;
  name: string;
  role: string;
  institutionId: string;
  ownerId: string | null;
  /** As JSON of Postgres writes an instant. */
  dueAt: string | null;
}

export interface PathwayParts {
  clockOffsetMs: number;
  timers: Timer[];
  tasks: OpenPathwayTask[];
}

/**
 * The parts as a column of the row whose pathway it is, so that reading a resource is one statement. A pathway that its workflow has not begun yet runs
 * on the server's clock and owes nothing.
 */
export const pathwayPartsOf = (pathwayId: RawBuilder<unknown>): RawBuilder<PathwayParts> => sql<PathwayParts>`
  jsonb_build_object(
    'clockOffsetMs', coalesce((select clock_offset_ms from pathway where pathway.id = ${pathwayId}), 0),
    'timers', coalesce((select state -> 'timers' from pathway where pathway.id = ${pathwayId} and status = 'open'), '[]'),
    'tasks', coalesce((
      select jsonb_agg(jsonb_build_object('id', task.id, 'name', name, 'role', role, 'institutionId', institution_id, 'ownerId', owner_id,
        'dueAt', due_at) order by due_at, task.id)
      from task where task.pathway_id = ${pathwayId} and task.status = 'open'), '[]'))`;
