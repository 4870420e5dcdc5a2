/** The rows of a pathway's own tasks: kept equal to what its state asks for. */
import { isDeepStrictEqual } from 'node:util';
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Escalation } from '../../domain/kit/escalations.ts';
import type { PathwayTask } from '../../domain/kit/pathway.ts';
import { instantOf } from '../../domain/time/sla-clock.ts';
import { noteEscalations } from './note-escalations.ts';
import type { TaskTable } from './tables.ts';
import type { Trx } from './transaction.ts';

export interface TasksOfPathway {
  pathwayId: string;
  patientId: string | null;
  tasks: PathwayTask[];
  /** The roles that this decision calls about tasks. */
  escalations: readonly Escalation[];
  at: Date;
  /** The name of the event after which a task is no longer needed. */
  by: string;
  closedAs: 'done' | 'withdrawn';
}

/** Opens what is missing, moves what has changed, closes the rest. Who had claimed the work keeps it when the next step is theirs too. */
export async function reconcileTasks(
  trx: Trx,
  { pathwayId, patientId, tasks, escalations, at, by, closedAs }: TasksOfPathway,
): Promise<void> {
  const open = await trx
    .selectFrom('task')
    .selectAll()
    .where('pathway_id', '=', pathwayId)
    .where('status', '=', 'open')
    .where('message_id', 'is', null) // Calls and letters are left alone, because their messages open and close them.
    .where('delivery_seq', 'is', null) // So are those of messages that another system does not take.
    .forUpdate()
    .execute();
  const idOf = (task: PathwayTask) => `${pathwayId}.${task.id}`;
  const wanted = new Set(tasks.map(idOf));
  const closed = open.filter((task) => !wanted.has(task.id));
  const placeOf = (task: PathwayTask): Place => ({
    role: task.role,
    institution_id: task.institutionId,
    department_id: task.departmentId,
    patient_id: patientId,
  });
  const standing = (task: PathwayTask) => open.find((row) => row.id === idOf(task));
  const held = (task: PathwayTask) =>
    closed.find((row) => row.owner_id !== null && row.institution_id === task.institutionId && row.department_id === task.departmentId);
  await Promise.all([
    closeTasks(trx, closed, { at, by, closedAs }),
    ...tasks.map(async (task) => {
      const row = standing(task);
      if (row)
        await Promise.all([
          moveClock(trx, row, task),
          changeUrgency(trx, row, task),
          changeAbout(trx, row, task),
          moveTask(trx, row, placeOf(task)),
        ]);
    }),
    openTasks(
      trx,
      tasks
        .filter((task) => !standing(task))
        .map((task) => ({
          id: idOf(task),
          pathway_id: pathwayId,
          name: task.name,
          ...placeOf(task),
          owner_id: held(task)?.owner_id ?? null,
          claimed_at: held(task)?.claimed_at ?? null,
          urgency: task.urgency,
          emergency: task.emergency,
          opened_at: at,
          closed_at: null,
          closed_by: null,
          about: aboutOf(task),
          ...clockOf(task),
        })),
    ),
    // After the tasks that are opened: a task may open at the instant at which others are called about it.
    noteEscalations(trx, pathwayId, escalations, at),
  ]);
}

async function closeTasks(
  trx: Trx,
  tasks: readonly { id: string }[],
  { at, by, closedAs }: Pick<TasksOfPathway, 'at' | 'by' | 'closedAs'>,
): Promise<void> {
  if (tasks.length === 0) return;
  const ids = tasks.map(({ id }) => id);
  await trx
    .updateTable('task')
    .set(({ eb }) => ({ status: closedAs, closed_at: at, closed_by: by, version: eb('version', '+', 1) }))
    .where('id', '=', sql<string>`any(${ids}::text[])`)
    .execute();
}

/** Work that was done or had become needless may be owed again, under the id that it had: a holder of recalled packs gains more of them. */
async function openTasks(trx: Trx, rows: readonly Insertable<TaskTable>[]): Promise<void> {
  if (rows.length === 0) return;
  await trx
    .insertInto('task')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(({ ref, eb }) => ({
        role: ref('excluded.role'),
        institution_id: ref('excluded.institution_id'),
        department_id: ref('excluded.department_id'),
        patient_id: ref('excluded.patient_id'),
        owner_id: ref('excluded.owner_id'),
        claimed_at: ref('excluded.claimed_at'),
        status: 'open',
        urgency: ref('excluded.urgency'),
        emergency: ref('excluded.emergency'),
        clock: ref('excluded.clock'),
        opened_at: ref('excluded.opened_at'),
        due_at: ref('excluded.due_at'),
        closed_at: null,
        closed_by: null,
        outcome: null,
        note: null,
        about: ref('excluded.about'),
        escalated_to: '[]',
        version: eb('task.version', '+', 1),
      })),
    )
    .execute();
}

function clockOf({ clock }: PathwayTask) {
  const due = instantOf(clock, 100);
  return { clock: JSON.stringify(clock), due_at: due === undefined ? null : new Date(due) };
}

/** A draft that was changed to urgent is urgent on the list too. */
async function changeUrgency(trx: Trx, row: Selectable<TaskTable>, { urgency, emergency }: PathwayTask): Promise<void> {
  if (row.urgency === urgency && row.emergency === emergency) return;
  await trx
    .updateTable('task')
    .set(({ eb }) => ({ urgency, emergency, version: eb('version', '+', 1) }))
    .where('id', '=', row.id)
    .execute();
}

async function moveClock(trx: Trx, row: Selectable<TaskTable>, task: PathwayTask): Promise<void> {
  if (JSON.stringify(row.clock) === JSON.stringify(task.clock)) return;
  await trx.updateTable('task').set(clockOf(task)).where('id', '=', row.id).execute();
}

const aboutOf = ({ about }: PathwayTask): string | null => (about === undefined ? null : JSON.stringify(about));

/** A task that stands open may come to be about more: a second value joins the one that somebody has to confirm. */
async function changeAbout(trx: Trx, row: Selectable<TaskTable>, task: PathwayTask): Promise<void> {
  if (isDeepStrictEqual(row.about, task.about ?? null)) return;
  await trx
    .updateTable('task')
    .set(({ eb }) => ({ about: aboutOf(task), version: eb('version', '+', 1) }))
    .where('id', '=', row.id)
    .execute();
}

type Place = Pick<Selectable<TaskTable>, 'role' | 'institution_id' | 'department_id' | 'patient_id'>;

/** The patient has moved or turned out to be another record: the task goes along. Who held it elsewhere, or was called there, has it no more. */
async function moveTask(trx: Trx, standing: Selectable<TaskTable>, place: Place): Promise<void> {
  const moved = standing.institution_id !== place.institution_id || standing.department_id !== place.department_id;
  if (!moved && standing.role === place.role && standing.patient_id === place.patient_id) return;
  await trx
    .updateTable('task')
    .set(({ eb }) => ({
      ...place,
      version: eb('version', '+', 1),
      ...(moved ? { owner_id: null, claimed_at: null, escalated_to: '[]' } : {}),
    }))
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
