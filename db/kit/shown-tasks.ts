/** Everything that somebody sees in their worklist, as conditions: for the questions that few tasks answer, and for counts. */
import { type RawBuilder, sql } from 'kysely';
import type { MeantByQuery } from '../directory/named-patients.ts';
import type { Scope, WorklistFilter } from './worklist-order.ts';

/** What is asked of tasks, with what is written in a question looked up. */
export interface TaskFilter extends Omit<WorklistFilter, 'mine' | 'query'> {
  /** The patients and pathways that a query means: a task of either is meant. */
  meant?: MeantByQuery | undefined;
}

const isAnyOf = (column: RawBuilder<unknown>, values: readonly string[]) => sql<boolean>`${column} = any(${[...values]}::text[])`;

export const all = (conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> => sql<boolean>`${sql.join(conditions, sql` and `)}`;

/** The conditions on a row of task, at an instant. A task that rests is on no list. */
export function conditionsOfFilter(filter: TaskFilter, at: Date): RawBuilder<boolean>[] {
  const { kinds, patientId, ownerId, teamId, dueBefore, overdue, emergency, meant } = filter;
  const conditions = [sql<boolean>`task.status = 'open'`, sql<boolean>`task.held_since is null`];
  if (kinds) conditions.push(isAnyOf(sql`task.name`, kinds));
  // A task that was open at a merger has gone over to the record that survives.
  if (patientId !== undefined)
    conditions.push(sql<boolean>`task.patient_id = any(array(select id from records_of_resident(${patientId})))`);
  if (ownerId !== undefined) conditions.push(sql<boolean>`task.owner_id = ${ownerId}`);
  if (teamId !== undefined)
    conditions.push(sql<boolean>`exists (select from patient where patient.id = task.patient_id and patient.team_id = ${teamId})`);
  if (dueBefore !== undefined) conditions.push(sql<boolean>`task.due_at < ${dueBefore}`);
  if (overdue !== undefined) conditions.push(sql<boolean>`${isOverdueAt(at)} = ${overdue}`);
  if (emergency !== undefined) conditions.push(sql<boolean>`task.emergency = ${emergency}`);
  if (meant)
    conditions.push(
      sql<boolean>`(${isAnyOf(sql`task.patient_id`, meant.patientIds)} or task.pathway_id = any(${[...meant.pathwayIds]}::uuid[]))`,
    );
  return conditions;
}

export const isOverdueAt = (at: Date) =>
  sql<boolean>`coalesce(task.due_at <= ${at}::timestamptz + task.clock_offset_ms * interval '1 millisecond', false)`;

/**
 * The tasks of all scopes as conditions of which at most one holds for a task, so that each is counted once. What the reader was called about is the
 * last, because only that asks another table.
 */
export function disjointConditions(scopes: readonly Scope[], at: Date): RawBuilder<boolean>[] {
  const { own, called } = partOf(scopes, at);
  const conditions = called ? [...own, sql<boolean>`task.id in (select call.id from task_escalation as call where ${called})`] : own;
  return conditions.map((condition, index) =>
    all([condition, ...conditions.slice(0, index).map((before) => sql<boolean>`(${before}) is not true`)]),
  );
}

/** Says of a task whether it is of one of the scopes. */
export function isShown(scopes: readonly Scope[], at: Date): RawBuilder<boolean> {
  const { own, called } = partOf(scopes, at);
  // Of each task that is read its own few calls are looked up.
  const conditions = called
    ? [...own, sql<boolean>`exists (select from task_escalation as call where call.id = task.id and (${called}))`]
    : own;
  return any(conditions);
}

const any = (conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> =>
  sql<boolean>`(${sql.join(
    conditions.map((condition) => sql`(${condition})`),
    sql` or `,
  )})`;

/** The conditions on a task's own row, and the one on the calls of a task; undefined where no scope asks for calls. */
function partOf(scopes: readonly Scope[], at: Date): { own: RawBuilder<boolean>[]; called: RawBuilder<boolean> | undefined } {
  const calls = scopes.flatMap((scope) => ('calledRole' in scope ? [isOfCalled(scope)] : []));
  return {
    own: scopes.flatMap((scope) => ('calledRole' in scope ? [] : [conditionOf(scope, at)])),
    called: calls.length === 0 ? undefined : any(calls),
  };
}

const isIn = (institutionId: string) => sql<boolean>`task.institution_id = ${institutionId}`;

const isOfDepartment = (table: 'task' | 'call', departmentId: string | null) => {
  const column = sql.ref(`${table}.department_id`);
  return departmentId === null ? sql<boolean>`${column} is null` : sql<boolean>`${column} = ${departmentId}`;
};

function conditionOf(scope: Exclude<Scope, { calledRole: string }>, at: Date): RawBuilder<boolean> {
  if ('isOverdue' in scope) return isOverdueAt(at);
  const conditions = [isIn(scope.institutionId)];
  if ('ownerId' in scope) conditions.push(sql<boolean>`task.owner_id = ${scope.ownerId}`);
  if ('isCarried' in scope) conditions.push(sql<boolean>`task.message_id is not null`);
  if ('departmentId' in scope) {
    conditions.push(isOfDepartment('task', scope.departmentId));
    if (scope.role !== undefined) conditions.push(sql<boolean>`task.role = ${scope.role}`);
  }
  if ('name' in scope && scope.name !== undefined) conditions.push(sql<boolean>`task.name = ${scope.name}`);
  return all(conditions);
}

/** Whatever is in time or not: what is overdue is of another scope too where it matters. */
const isOfCalled = ({ calledRole, institutionId, departmentId }: Extract<Scope, { calledRole: string }>): RawBuilder<boolean> =>
  sql<boolean>`call.institution_id = ${institutionId} and ${isOfDepartment('call', departmentId)} and call.role = ${calledRole}`;
