/**
 * The first tasks of a worklist, read along the indexes of open tasks.
 *
 * Tasks of one budget on one clock stand in the order of their due instants at every hour, and paused ones in the order of the share that they had used.
 * So each index is sorted by such groups, and the page is merged from them: of each group only the tasks of the page are read, and the one after them.
 */
import { type RawBuilder, sql } from 'kysely';
import { sharedTaskNames } from '../../domain/kit/shared-tasks.ts';
import { isMessageTask } from '../../domain/messages/task-title.ts';

/** Whoever of them is free calls the patient or hands the letter over. */
export const carryingRoles = ['nurse', 'gp'] as const;

/**
 * Where a task stands in the worklist: emergency, overdue, share of the budget used, due instant, id. Sorted by an instant, the first three say nothing
 * but that what is paused comes last.
 */
export type Place = [emergencyFirst: number, overdueFirst: number, shareNegated: number, epochSeconds: number, id: string];

export type WorklistSort = 'rank' | 'dueAt' | 'openedAt';

/** What is asked of a worklist's tasks. What is left out is not asked. */
export interface WorklistFilter {
  mine?: boolean | undefined;
  /** The names of tasks, any of which is meant. */
  kinds?: readonly string[] | undefined;
  patientId?: string | undefined;
  ownerId?: string | undefined;
  teamId?: string | undefined;
  /** Before this instant, on the task's own clock. */
  dueBefore?: Date | undefined;
  overdue?: boolean | undefined;
  emergency?: boolean | undefined;
  /** A short number, a part of the patient's name, or the end of their telephone number. */
  query?: string | undefined;
}

/** Whose worklist it is. */
export interface WorklistReader {
  institutionId: string;
  roles: readonly string[];
  personId: string;
  /** Adds what is overdue at other institutions. */
  overdueEverywhere?: boolean | undefined;
}

export interface WorklistQuestion extends WorklistReader, WorklistFilter {
  /** The instant by which tasks are ordered. It stays the same on every page, so that no task is shown twice. */
  at: Date;
  limit: number;
  after?: Place | undefined;
  sort?: WorklistSort | undefined;
}

export interface Post {
  departmentId: string | null;
  role: string;
}

/** The institution of those who were called for the whole alliance. */
const ALLIANCE = '';

/** Open tasks that one index gives in order, as the function first_tasks_of_worklist of the database takes them (migration 0033). */
export type Scope =
  | { institutionId: string; name?: string }
  | { institutionId: string; departmentId: string | null; role?: string; name?: string }
  | { institutionId: string; isCarried: true; name?: string }
  | { institutionId: string; ownerId: string }
  | { isOverdue: true; name?: string }
  | { calledRole: string; institutionId: string; departmentId: string | null; isInTime?: true; name?: string };

/** Gives the columns of the first tasks after `after`, one more than `limit` when there are more, and their `ordinality`. */
export function selectFirstTasks(question: WorklistQuestion, posts: readonly Post[]): RawBuilder<unknown> {
  const { at, limit, after, sort, kinds, teamId, dueBefore, overdue, emergency } = question;
  const place = after ? sql`row(${sql.join(after)})::task_place` : sql`null`;
  const scopes = scopesOf(question, posts).flatMap((scope) => ofKinds(scope, kinds));
  const filter = { sort, names: kinds, teamId, dueBefore: dueBefore?.toISOString(), overdue, emergency };
  return sql`first_tasks_of_worklist(${JSON.stringify(scopes)}::jsonb, ${JSON.stringify(filter)}::jsonb, ${at}::timestamptz, ${place}, ${limit + 1})
    with ordinality`;
}

/** What a reader sees; the tasks that they hold themselves stand first. */
export function scopesOf({ institutionId, roles, personId, overdueEverywhere }: WorklistReader, posts: readonly Post[]): Scope[] {
  const held: Scope = { institutionId, ownerId: personId };
  const elsewhere: Scope[] = overdueEverywhere ? [{ isOverdue: true }] : [];
  const called = scopesOfCalled({ institutionId, roles, overdueEverywhere }, posts);
  const heads = posts.filter(({ role }) => role === 'head');
  if (heads.some(({ departmentId }) => departmentId === null)) return [held, { institutionId }, ...elsewhere, ...called];
  const ofOwnDepartments = posts.filter(({ departmentId, role }) => departmentId !== null && role !== 'head' && roles.includes(role));
  const headed = heads.length === 0 ? [] : [...new Set([...heads.map(({ departmentId }) => departmentId), null])];
  return [
    held,
    ...roles.map((role) => ({ institutionId, departmentId: null, role })),
    ...ofOwnDepartments.map(({ departmentId, role }) => ({ institutionId, departmentId, role })),
    ...headed.map((departmentId) => ({ institutionId, departmentId })),
    ...(carryingRoles.some((role) => roles.includes(role)) ? [{ institutionId, isCarried: true } as const] : []),
    ...sharedTaskNames(roles).map((name) => ({ institutionId, name })),
    ...elsewhere,
    ...called,
  ];
}

/**
 * What the reader was called about, in their departments and in all. A head sees all of the department's tasks, and whoever sees what is overdue sees that,
 * without having been called.
 */
function scopesOfCalled(
  { institutionId, roles, overdueEverywhere }: Pick<WorklistReader, 'institutionId' | 'roles' | 'overdueEverywhere'>,
  posts: readonly Post[],
): Scope[] {
  const inTime = overdueEverywhere ? ({ isInTime: true } as const) : {};
  return roles.flatMap((calledRole): Scope[] => {
    if (calledRole === 'office') return [{ calledRole, institutionId: ALLIANCE, departmentId: null, ...inTime }];
    const ofRole = posts.filter(({ role }) => role === calledRole && role !== 'head');
    const departmentIds = new Set([null, ...ofRole.map(({ departmentId }) => departmentId)]);
    return [...departmentIds].map((departmentId) => ({ calledRole, institutionId, departmentId, ...inTime }));
  });
}

/** Every scope has an index for the tasks of one name, but those that somebody holds, who are few. */
function ofKinds(scope: Scope, kinds: readonly string[] | undefined): Scope[] {
  if (!kinds || 'ownerId' in scope) return [scope];
  if (scope.name !== undefined) return kinds.includes(scope.name) ? [scope] : [];
  // Nothing else is carried, so that no other tasks are read for it.
  if ('isCarried' in scope) return kinds.filter(isMessageTask).map((name) => ({ ...scope, name }));
  return kinds.map((name) => ({ ...scope, name }));
}
