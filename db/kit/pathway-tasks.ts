/** The rows of a pathway's own tasks: kept equal to what its state asks for. */
import type { Selectable } from 'kysely';
import type { PathwayTask } from '../../domain/kit/pathway.ts';
import { instantOf } from '../../domain/time/sla-clock.ts';
import type { TaskTable } from './tables.ts';
import type { Trx } from './transaction.ts';

export interface TasksOfPathway {
  pathwayId: string;
  patientId: string | null;
  tasks: PathwayTask[];
  at: Date;
  /** The name of the event after which a task is no longer needed. */
  by: string;
  closedAs: 'done' | 'withdrawn';
}

/** Opens what is missing, moves what has changed, closes the rest. Who had claimed the work keeps it when the next step is theirs too. */
export async function reconcileTasks(trx: Trx, { pathwayId, patientId, tasks, at, by, closedAs }: TasksOfPathway): Promise<void> {
  const open = await trx
    .selectFrom('task')
    .selectAll()
    .where('pathway_id', '=', pathwayId)
    .where('status', '=', 'open')
    .where('message_id', 'is', null) // Calls and letters are left alone, because their messages open and close them.
    .forUpdate()
    .execute();
  const idOf = (task: PathwayTask) => `${pathwayId}.${task.id}`;
  const wanted = new Set(tasks.map(idOf));
  const closed = open.filter((task) => !wanted.has(task.id));
  if (closed.length > 0)
    await trx
      .updateTable('task')
      .set(({ eb }) => ({ status: closedAs, closed_at: at, closed_by: by, version: eb('version', '+', 1) }))
      .where(
        'id',
        'in',
        closed.map((task) => task.id),
      )
      .execute();
  for (const task of tasks) {
    const due = instantOf(task.clock, 100);
    const moving = { clock: JSON.stringify(task.clock), due_at: due === undefined ? null : new Date(due) };
    const place = { role: task.role, institution_id: task.institutionId, department_id: task.departmentId, patient_id: patientId };
    const standing = open.find((row) => row.id === idOf(task));
    if (standing) {
      if (JSON.stringify(standing.clock) !== JSON.stringify(task.clock))
        await trx.updateTable('task').set(moving).where('id', '=', standing.id).execute();
      await moveTask(trx, standing, place);
      continue;
    }
    const before = closed.find(
      (row) => row.owner_id !== null && row.institution_id === task.institutionId && row.department_id === task.departmentId,
    );
    await trx
      .insertInto('task')
      .values({
        id: idOf(task),
        pathway_id: pathwayId,
        name: task.name,
        ...place,
        owner_id: before?.owner_id ?? null,
        claimed_at: before?.claimed_at ?? null,
        urgency: task.urgency,
        emergency: task.emergency,
        opened_at: at,
        closed_at: null,
        closed_by: null,
        ...moving,
      })
      .execute();
  }
}

type Place = Pick<Selectable<TaskTable>, 'role' | 'institution_id' | 'department_id' | 'patient_id'>;

/** The patient has moved or turned out to be another record: the task goes along. Who held it elsewhere holds it no more. */
async function moveTask(trx: Trx, standing: Selectable<TaskTable>, place: Place): Promise<void> {
  const moved = standing.institution_id !== place.institution_id || standing.department_id !== place.department_id;
  if (!moved && standing.role === place.role && standing.patient_id === place.patient_id) return;
  await trx
    .updateTable('task')
    .set(({ eb }) => ({ ...place, version: eb('version', '+', 1), ...(moved ? { owner_id: null, claimed_at: null } : {}) }))
    .where('id', '=', standing.id)
    .execute();
}

/** Says whether one of these tasks of the pathway has an owner. It locks them, so that none is claimed before the transaction ends. */
export async function lockClaimedTasks(trx: Trx, pathwayId: string, taskIds: readonly string[]): Promise<boolean> {
  if (taskIds.length === 0) return false;
  const ids = taskIds.map((id) => `${pathwayId}.${id}`);
  const tasks = await trx.selectFrom('task').select('owner_id').where('id', 'in', ids).forUpdate().execute();
  return tasks.some((task) => task.owner_id !== null);
}
